"""Where the object is, for images that tell."""

from __future__ import annotations

import torch
from torch import Tensor

from striate.errors import ShapeError

NEAR = 8
FAR = 64


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
