"""Coordinates as channels (CoordConv)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def coordinate_maps(x: Tensor, batch: int, *, radius: bool) -> list[Tensor]:
    """Return a map for each axis of space of (n, c, axes…), from −1 to 1; and the distance from the middle, if wanted."""
    lines = []
    for axis, length in enumerate(x.shape[2:]):
        shape = [1] * x.dim()
        shape[2 + axis] = length
        lines.append(torch.linspace(-1, 1, length, dtype=x.dtype, device=x.device).view(shape))
    maps = [line.expand(batch, 1, *x.shape[2:]) for line in lines]
    if radius:
        maps.append(torch.cat(maps, 1).square().sum(1, keepdim=True).sqrt())
    return maps


class Coordinates(nn.Module):
    """Puts the position along each axis, from −1 to 1, behind the channels; with `radius` the distance from the middle too."""

    def __init__(self, *, radius: bool = False) -> None:
        super().__init__()
        self.radius = radius

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, c + axes, …), or one channel more with the radius."""
        return torch.cat([x, *coordinate_maps(x, len(x), radius=self.radius)], 1)

    def extra_repr(self) -> str:
        """Return its settings for `print`."""
        return f"radius={self.radius}"
