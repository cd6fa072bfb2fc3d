"""Coordinates as channels (CoordConv)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Coordinates(nn.Module):
    """Puts the position along each axis, from −1 to 1, behind the channels; with `radius` the distance from the middle too."""

    def __init__(self, *, radius: bool = False) -> None:
        super().__init__()
        self.radius = radius

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, c + axes, …), or one channel more with the radius."""
        lines = []
        for axis, length in enumerate(x.shape[2:]):
            shape = [1] * x.dim()
            shape[2 + axis] = length
            lines.append(torch.linspace(-1, 1, length, dtype=x.dtype, device=x.device).view(shape))
        maps = [line.expand(len(x), 1, *x.shape[2:]) for line in lines]
        if self.radius:
            maps.append(torch.cat(maps, 1).square().sum(1, keepdim=True).sqrt())
        return torch.cat([x, *maps], 1)

    def extra_repr(self) -> str:
        """Return its settings for `print`."""
        return f"radius={self.radius}"
