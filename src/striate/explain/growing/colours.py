"""Axes of colour that do not correlate in the user's own images."""

from __future__ import annotations

import torch
from torch import Tensor

_LEAST = 1e-10


def colour_axes(images: Tensor) -> Tensor:
    """Return the matrix (c, c) that turns uncorrelated values into colours that vary together as in real images.

    It is the square root U·√S of the covariance U·S·Uᵀ of the channels over all pixels, divided by the norm of its longest
    row, so that no channel moves more than in uncorrelated colour.

    Args:
        images: Real images (n, c, h, w), on the stored scale.

    When it misleads:
        Few images have few colours: axes along which they do not vary are hardly climbed at all.

    Source:
        Olah, Mordvintsev, Schubert, "Feature Visualization", Distill 2017, and `lucid/optvis/param/color.py`. Differs: the
        covariance is that of the user's images, not of ImageNet's; the longest row is 1, where Lucid takes the longest column.

    Example:
        >>> grey = torch.rand(4, 1, 5, 5).expand(4, 3, 5, 5)
        >>> (colour_axes(grey).abs() > 0.01).sum(0).sort().values.tolist()   # one axis, all channels together
        [0, 0, 3]
    """
    pixels = images.detach().double().movedim(1, 0).flatten(1)
    spread = torch.cov(pixels).view(len(pixels), len(pixels))
    sizes, axes = torch.linalg.eigh(spread)
    root = axes * sizes.clamp_min(_LEAST).sqrt()
    scaled: Tensor = (root / root.norm(dim=1).max()).float()
    return scaled
