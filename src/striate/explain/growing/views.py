"""An image as seen a little shifted, turned and scaled."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from striate.explain.growing.prior import USUAL


def random_views(
    generator: torch.Generator,
    count: int = USUAL.views,
    *,
    most_shift: float = USUAL.shift,
    most_turn: float = math.radians(USUAL.turn_degrees),
    most_scale: float = USUAL.scale,
) -> Tensor:
    """Return affine maps (count, 2, 3): shifts, turns and sizes within those of the usual prior, unless told else.

    Args:
        generator: Draws them.
        count: How many.
        most_shift: As a share of the side.
        most_turn: In radians.
        most_scale: 0.2 is 0.8 … 1.2.

    Example:
        >>> random_views(torch.Generator().manual_seed(0), 3).shape
        torch.Size([3, 2, 3])
    """
    angle, scale, down, across = torch.rand((4, count), generator=generator) * 2 - 1
    angle, scale = angle * most_turn, 1 + scale * most_scale
    # The grid runs from −1 to 1: a side is 2.
    cos, sin = scale * angle.cos(), scale * angle.sin()
    rows = torch.stack([cos, -sin, 2 * most_shift * across]), torch.stack([sin, cos, 2 * most_shift * down])
    return torch.stack(rows).permute(2, 0, 1)


def seen(images: Tensor, views: Tensor) -> Tensor:
    """Return every image under every view, (views · n, c, h, w): all images under the first, then the next.

    What is shifted in from outside repeats the border.
    """
    count, size = len(images), images.shape[1:]
    maps = views.to(images).repeat_interleave(count, dim=0)
    grid = functional.affine_grid(maps, [len(maps), *size], align_corners=False)
    many = images.repeat(len(views), 1, 1, 1)
    return functional.grid_sample(many, grid, padding_mode="border", align_corners=False)
