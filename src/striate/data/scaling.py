"""Images and volumes to the size of an input; for pretrained networks as timm and torchvision do it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from striate.records import Preprocessing

# Of a longer strip only the middle is scaled: the rest would take memory and be cut off anyway.
LONGEST = 4


def scaled(images: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Return images scaled to `scaled_px`, and the middle of them as large as the input.

    Args:
        images: Floats (n, c, h, w), 0 … 1.
        preprocessing: With `scaled_px`; `crop` and `interpolation` say how.

    Returns:
        Floats (n, c, *preprocessing.shape[1:]), 0 … 1.

    Source:
        torchvision.transforms (Resize, CenterCrop) and timm.data.transforms (ResizeKeepRatio, CenterCropOrPad), from which
        sizes and rounding are taken. Differs: the values are not rounded to 1/255 after each axis, as Pillow rounds them.

    Example:
        >>> how = Preprocessing(shape=(1, 2, 2), mean=(0.5,), std=(1.0,), scaled_px=(4, 4))
        >>> scaled(torch.arange(16.0).reshape(1, 1, 4, 4) / 15, how).mul(15).tolist()
        [[[[5.0, 6.0], [9.0, 10.0]]]]
    """
    height, width = preprocessing.shape[-2:]
    if preprocessing.crop == "squash":
        resized = _interpolated(images, preprocessing.scaled_px, preprocessing)
    elif preprocessing.crop == "border":
        resized = _interpolated(images, _inside(images, preprocessing.scaled_px), preprocessing)
        resized = _bordered(resized, preprocessing)
    else:
        images = _shortened(images, preprocessing.scaled_px)
        resized = _interpolated(images, _covering(images, preprocessing.scaled_px), preprocessing)
    return centre_even(resized, height, width)


def covering(samples: Tensor, sides: tuple[int, ...]) -> Tensor:
    """Return images or volumes scaled, antialiased and linear along each axis, until they just cover the sides, then cut.

    Args:
        samples: Floats (n, c, h, w) or (n, c, d, h, w).
        sides: Height and width, or depth, height and width.

    Example:
        >>> covering(torch.arange(4.0).reshape(1, 1, 1, 4), (1, 2)).shape
        torch.Size([1, 1, 1, 2])
    """
    samples = centre(samples, _not_too_long(samples.shape[2:], sides))
    scale = max(wanted / have for wanted, have in zip(sides, samples.shape[2:], strict=True))
    size = tuple(max(wanted, round(have * scale)) for wanted, have in zip(sides, samples.shape[2:], strict=True))
    if len(size) == 2:
        resized = functional.interpolate(samples, size=size, mode="bilinear", antialias=True, align_corners=False)
    else:
        resized = _volumes_at(samples, size)
    return centre(resized, sides)


def _not_too_long(have: tuple[int, ...], sides: tuple[int, ...]) -> tuple[int, ...]:
    """Return what is scaled: of a very long strip only the middle, since the rest would take memory and be cut off anyway."""
    return tuple(
        min(
            length,
            LONGEST
            * max(
                -(-other * side // its) for at, (other, its) in enumerate(zip(have, sides, strict=True)) if at != axis
            ),
        )
        for axis, (length, side) in enumerate(zip(have, sides, strict=True))
    )


def _volumes_at(volumes: Tensor, size: tuple[int, ...]) -> Tensor:
    """Return volumes (n, c, d, h, w) at a size: slices as images are, then the depth, as images of one long row a slice."""
    count, channels, depth, *_ = volumes.shape
    if tuple(volumes.shape[-2:]) != size[1:]:
        slices = volumes.flatten(1, 2)
        slices = functional.interpolate(slices, size=size[1:], mode="bilinear", antialias=True, align_corners=False)
        volumes = slices.reshape(count, channels, depth, *size[1:])
    if depth != size[0]:
        rows = functional.interpolate(
            volumes.flatten(3), size=(size[0], size[1] * size[2]), mode="bilinear", antialias=True, align_corners=False
        )
        volumes = rows.reshape(count, channels, *size)
    return volumes


def centre(samples: Tensor, sides: tuple[int, ...]) -> Tensor:
    """Return the middle, (…, *sides); an odd remainder is cut at the end of each axis."""
    for axis, side in enumerate(sides, start=-len(sides)):
        samples = samples.narrow(axis, (samples.shape[axis] - side) // 2, side)
    return samples


def centre_even(images: Tensor, height: int, width: int) -> Tensor:
    """Return the middle; of an odd remainder so much is cut first that it is even, as torchvision's CenterCrop does."""
    top = round((images.shape[-2] - height) / 2)
    left = round((images.shape[-1] - width) / 2)
    return images[..., top : top + height, left : left + width]


def _covering(images: Tensor, target: tuple[int, ...]) -> tuple[int, int]:
    """Return the size at which an image just covers the target, in its own proportions."""
    tall, wide = images.shape[-2:]
    if target[0] == target[1]:
        # Resize with one number: the shorter side is it, the longer one is rounded down.
        side = target[0]
        return (side, int(side * wide / tall)) if tall <= wide else (int(side * tall / wide), side)
    ratio = min(tall / target[0], wide / target[1])
    return round(tall / ratio), round(wide / ratio)


def _inside(images: Tensor, target: tuple[int, ...]) -> tuple[int, int]:
    tall, wide = images.shape[-2:]
    ratio = max(tall / target[0], wide / target[1])
    return max(1, round(tall / ratio)), max(1, round(wide / ratio))


def _shortened(images: Tensor, target: tuple[int, ...]) -> Tensor:
    tall, wide = images.shape[-2:]
    return centre(
        images,
        (
            min(tall, LONGEST * -(-wide * target[0] // target[1])),
            min(wide, LONGEST * -(-tall * target[1] // target[0])),
        ),
    )


def _interpolated(images: Tensor, size: tuple[int, ...], preprocessing: Preprocessing) -> Tensor:
    """Return the images at a size; columns first, then rows, each kept in 0 … 1, as Pillow does."""
    for axis, side in ((1, size[1]), (0, size[0])):
        if images.shape[-2 + axis] != side:
            step = (images.shape[-2], side) if axis else (side, images.shape[-1])
            images = functional.interpolate(
                images, size=step, mode=preprocessing.interpolation, antialias=True, align_corners=False
            ).clamp(0, 1)
    return images


def _bordered(images: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Return the images in the middle of a ground of the mean, as it is in whole grey levels."""
    height, width = (max(have, want) for have, want in zip(images.shape[-2:], preprocessing.shape[-2:], strict=True))
    levels = torch.tensor([round(255 * value) / 255 for value in preprocessing.mean], dtype=images.dtype)
    ground = levels[None, :, None, None].repeat(len(images), 1, height, width)
    top, left = (height - images.shape[-2]) // 2, (width - images.shape[-1]) // 2
    ground[..., top : top + images.shape[-2], left : left + images.shape[-1]] = images
    return ground
