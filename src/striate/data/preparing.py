"""Stored pixels to a network's input, and back for the eye."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from striate.data.scaling import LONGEST, centre, scaled
from striate.errors import InputError, ShapeError
from striate.records import Preprocessing

LUMA = (0.299, 0.587, 0.114)


def prepare(image: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Return one stored image as a network's input.

    In this order: channels (grey is repeated three times; colour becomes grey by ITU-R 601 luma,
    0.299 R + 0.587 G + 0.114 B), size (the image is scaled, antialiased bilinear, until it just
    covers the input, then its centre is cut out; nothing happens if the size already fits), scale 0
    … 1, (x − mean) / std. A pretrained network states another size to scale to, another crop or
    another interpolation in its preprocessing: then size is done as its zoo does it.

    Args:
        image: uint8, shape (1 or 3, h, w), 0 … 255.
        preprocessing: The input's shape, mean and std; how the size is reached.

    Returns:
        float32, shape `preprocessing.shape`.

    Raises:
        ShapeError: Not such an image; channels that cannot become the input's; an input that is not
            an image.

    Example:
        >>> import torch
        >>> from striate.records import Preprocessing
        >>> how = Preprocessing(shape=(1, 2, 2), mean=(0.5,), std=(0.25,))
        >>> prepare(torch.tensor([[[0, 255], [255, 0]]], dtype=torch.uint8), how).tolist()
        [[[-2.0, 2.0], [2.0, -2.0]]]
    """
    if image.dtype != torch.uint8 or image.ndim != 3 or image.numel() == 0:
        raise ShapeError("an image must be uint8 of shape (c, h, w)", got=tuple(image.shape))
    return prepare_stack(image[None], preprocessing)[0]


def normalise(image: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Return a stored image as a network's input at its own size: channels and scale as `prepare` does, nothing cut or scaled.

    Args:
        image: uint8, shape (1 or 3, h, w), 0 … 255.
        preprocessing: The input's channels, mean and std; its height and width do not matter.

    Returns:
        float32, shape (channels, h, w).

    Raises:
        ShapeError: Not such an image; channels that cannot become the input's.

    Example:
        >>> import torch
        >>> from striate.records import Preprocessing
        >>> how = Preprocessing(shape=(3, 8, 8), mean=(0.5,) * 3, std=(0.25,) * 3)
        >>> normalise(torch.tensor([[[0, 255]]], dtype=torch.uint8), how)[2].tolist()
        [[-2.0, 2.0]]
    """
    if image.dtype != torch.uint8 or image.ndim != 3 or image.numel() == 0:
        raise ShapeError("an image must be uint8 of shape (c, h, w)", got=tuple(image.shape))
    _check(preprocessing)
    unit = _adapt_channels(image[None].to(torch.float32) / 255, preprocessing.shape[0])[0]
    mean, std = _channelwise(preprocessing, unit)
    return (unit - mean) / std


def prepare_stack(images: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Return stored images, uint8 (n, c, h, w), as float32 (n, *preprocessing.shape)."""
    _check(preprocessing)
    if preprocessing.scaled_px:
        unit = scaled(_adapt_channels(images.to(torch.float32) / 255, preprocessing.shape[0]), preprocessing)
    else:
        unit = fit(images, preprocessing.shape)
    mean, std = _channelwise(preprocessing, unit)
    return (unit - mean) / std


def unprepare(tensor: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Return network inputs as pictures to look at: the normalisation undone, cut to 0 … 1.

    Args:
        tensor: Floats, shape (c, h, w) or (n, c, h, w).
        preprocessing: What the inputs were prepared with.

    Returns:
        Floats of the same shape, 0 … 1.

    Raises:
        ShapeError: Other channels than the preprocessing's.

    Example:
        >>> import torch
        >>> from striate.records import Preprocessing
        >>> how = Preprocessing(shape=(1, 1, 3), mean=(0.5,), std=(0.25,))
        >>> unprepare(torch.tensor([[[-2.0, 0.0, 9.0]]]), how).tolist()
        [[[0.0, 0.5, 1.0]]]
    """
    _check(preprocessing)
    if tensor.ndim not in {3, 4} or tensor.shape[-3] != len(preprocessing.mean):
        channels = len(preprocessing.mean)
        raise ShapeError(
            f"inputs must have shape ({channels}, h, w) or (n, {channels}, h, w)",
            got=tuple(tensor.shape),
        )
    mean, std = _channelwise(preprocessing, tensor)
    return (tensor * std + mean).clamp(0, 1)


def fit(images: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return uint8 images (n, c, h, w) as float32 (n, *shape), on the scale 0 … 1."""
    channels, height, width = shape
    floats = _adapt_channels(images.to(torch.float32) / 255, channels)
    tall, wide = floats.shape[-2:]
    if (tall, wide) == (height, width):
        return floats
    # Of a very long strip only the middle is scaled: the rest would take memory and be cut off
    # anyway.
    floats = centre(
        floats,
        min(tall, LONGEST * -(-wide * height // width)),
        min(wide, LONGEST * -(-tall * width // height)),
    )
    tall, wide = floats.shape[-2:]
    scale = max(height / tall, width / wide)
    size = (max(height, round(tall * scale)), max(width, round(wide * scale)))
    scaled = functional.interpolate(floats, size=size, mode="bilinear", antialias=True, align_corners=False)
    return centre(scaled, height, width)


def check_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape if images can be given it."""
    if len(shape) != 3 or shape[0] not in {1, 3} or min(shape) < 1:
        raise ShapeError("an image input must have shape (1 or 3, h, w)", got=tuple(shape))
    return tuple(shape)


def _check(preprocessing: Preprocessing) -> None:
    check_shape(preprocessing.shape)
    channels = preprocessing.shape[0]
    if len(preprocessing.mean) != channels or len(preprocessing.std) != channels:
        raise ShapeError(
            f"mean and std must have one number per channel, {channels}",
            got=(len(preprocessing.mean), len(preprocessing.std)),
        )
    said = preprocessing.scaled_px
    if said and (len(said) != 2 or said[0] < preprocessing.shape[1] or said[1] < preprocessing.shape[2]):
        raise ShapeError("scaled_px must be a height and a width, not below the input's", got=said)
    if min(preprocessing.std) <= 0:
        raise InputError("std must be above 0", got=min(preprocessing.std))


def _channelwise(preprocessing: Preprocessing, like: Tensor) -> tuple[Tensor, Tensor]:
    mean, std = (
        torch.tensor(numbers, dtype=like.dtype, device=like.device)[:, None, None]
        for numbers in (preprocessing.mean, preprocessing.std)
    )
    return mean, std


def _adapt_channels(images: Tensor, channels: int) -> Tensor:
    have = images.shape[1]
    if have == channels:
        return images
    if (have, channels) == (1, 3):
        return images.expand(-1, 3, -1, -1)
    if (have, channels) == (3, 1):
        weights = torch.tensor(LUMA, dtype=images.dtype)[None, :, None, None]
        return (images * weights).sum(1, keepdim=True)
    raise ShapeError("channels must be 1 or 3, or equal to the input's", got=have)
