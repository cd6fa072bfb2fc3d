"""Where the object is, for images that tell."""

from __future__ import annotations

import torch
from torch import Tensor

from striate.errors import ShapeError

NEAR = 8
FAR = 64
_EVEN = 32


def foreground(image: Tensor) -> Tensor | None:
    """Return where the object is, for grey images on an even background; None for all others.

    The background is the image's commonest value (the darker of equally common ones), if at least
    half of the pixels are within 8 of it. The object is every pixel that differs from it by at
    least 64, widened by one pixel to all eight sides.

    Args:
        image: uint8, shape (c, h, w), 0 … 255.

    Returns:
        bool, shape (h, w), True on the object. None if the image has several channels, no such
        background, or nothing that stands out from it.

    Raises:
        ShapeError: Not uint8 of three dimensions.

    When it misleads:
        A large even object on a busy background is taken for the background.

    Example:
        >>> import torch
        >>> image = torch.zeros(1, 5, 5, dtype=torch.uint8)
        >>> image[0, 0, 0] = 200
        >>> foreground(image).int().tolist()[:3]
        [[1, 1, 0, 0, 0], [1, 1, 0, 0, 0], [0, 0, 0, 0, 0]]
    """
    if image.dtype != torch.uint8 or image.ndim != 3:
        raise ShapeError("an image must be uint8 of shape (c, h, w)", got=tuple(image.shape))
    if image.shape[0] != 1 or image.numel() == 0:
        return None
    background = int(torch.bincount(image.flatten().to(torch.int64), minlength=256).argmax())
    distance = (image[0].to(torch.int16) - background).abs()
    if 2 * int((distance <= NEAR).sum()) < distance.numel():
        return None
    away = distance >= FAR
    if not bool(away.any()):
        return None
    wide = torch.nn.functional.max_pool2d(away[None, None].float(), 3, stride=1, padding=1)
    return wide[0, 0] > 0


def apart_from_border(image: Tensor) -> Tensor | None:
    """Return what differs from the border, for images in colour or grey on a background that is much the same all around.

    The background's colour is the median of each channel over the outermost pixels, if at least three quarters of these and
    half of all pixels are within 32 of it in every channel. The object is every pixel that differs by at least 64 in one
    channel, widened by one pixel to all eight sides.

    Args:
        image: uint8, shape (c, h, w), 0 … 255.

    Returns:
        bool, shape (h, w), True on the object. None if there is no such background, or nothing stands out from it.

    Raises:
        ShapeError: Not uint8 of three dimensions.

    When it misleads:
        A texture with a spot on it is taken for an object on a background.

    Example:
        >>> import torch
        >>> image = torch.full((3, 5, 5), 40, dtype=torch.uint8)
        >>> image[0, 2, 2] = 200
        >>> apart_from_border(image).int().tolist()[:2]
        [[0, 0, 0, 0, 0], [0, 1, 1, 1, 0]]
    """
    if image.dtype != torch.uint8 or image.ndim != 3:
        raise ShapeError("an image must be uint8 of shape (c, h, w)", got=tuple(image.shape))
    if image.numel() == 0:
        return None
    values = image.to(torch.int16)
    edge = torch.cat([values[:, 0], values[:, -1], values[:, :, 0], values[:, :, -1]], dim=1)
    colour = edge.median(dim=1).values
    distance = (values - colour[:, None, None]).abs().amax(dim=0)
    around = (edge - colour[:, None]).abs().amax(dim=0) <= _EVEN
    if 4 * int(around.sum()) < 3 * around.numel() or 2 * int((distance <= _EVEN).sum()) < distance.numel():
        return None
    away = distance >= FAR
    if not bool(away.any()):
        return None
    wide = torch.nn.functional.max_pool2d(away[None, None].float(), 3, stride=1, padding=1)
    return wide[0, 0] > 0
