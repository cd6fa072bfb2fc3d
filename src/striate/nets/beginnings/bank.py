"""Filters made by hand, for the first convolution."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn

from striate.errors import InputError, Quoted
from striate.graph import times
from striate.nets.beginnings.beginning import Beginning, Ground
from striate.nets.beginnings.fitted import no_convolution
from striate.nets.beginnings.weighted import CONVOLUTIONS, begin_he, weight_of

NORM = 2.0**0.5


class Bank(Beginning):
    """What hand-made banks share; the rest of the network begins as He.

    A filter is the same on every channel. Its norm is √2, the norm a He filter has on average. Where the bank has fewer filters
    than the layer, the rest are He's; where it has more, its first ones are taken.
    """

    least_side = 3

    @abstractmethod
    def pictures(self, number: int, height: int, width: int) -> Tensor:
        """Return at most so many filters (m, height, width), of any scale."""

    def begin(self, ground: Ground) -> tuple[str, ...]:
        begin_he(ground.module, ground.generator)
        name, layer = first_convolution(ground, self.name)
        weight = weight_of(layer)
        number, channels = weight.shape[:2]
        if weight.ndim != 4 or min(weight.shape[2:]) < self.least_side:
            raise InputError(
                f"{self.name} must have a first convolution over at least {self.least_side}×{self.least_side} pixels",
                got=Quoted(times(tuple(weight.shape[2:]))),
                where=name,
            )
        made = self.pictures(number, *weight.shape[2:]).double()[:number]
        spread = made[:, None].expand(-1, channels, -1, -1)
        spread = NORM * spread / spread.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
        with torch.no_grad():
            weight[: len(made)] = spread.to(weight.dtype)
        rest = number - len(made)
        return (f"{name}: {len(made)} filters of the bank" + (f"; {rest} more are He's." if rest else "."),)


def first_convolution(ground: Ground, beginning: str) -> tuple[str, nn.Module]:
    """Return path and layer of the first convolution: by the table where the input's shape is known, else as registered.

    Raises:
        InputError: There is none.
    """
    found = convolutions(ground)
    if not found:
        raise no_convolution(beginning)
    return found[0]


def convolutions(ground: Ground) -> list[tuple[str, nn.Module]]:
    """Return the convolutions in the order they run, or are registered where the input's shape is not known."""
    parts = {name: part for name, part in ground.module.named_modules() if isinstance(part, CONVOLUTIONS)}
    table = ground.table()
    if table is None:
        return list(parts.items())
    keys = (param.key for op in table for param in op.params)
    order = dict.fromkeys(key.rpartition(".")[0] for key in keys)
    return [(name, parts[name]) for name in order if name in parts]


def grid(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Return the places (down, across) of a window's pixels, measured from its centre."""
    down = torch.arange(height, dtype=torch.float64) - (height - 1) / 2
    across = torch.arange(width, dtype=torch.float64) - (width - 1) / 2
    return down[:, None].expand(height, width), across.expand(height, width)


def without_mean(pictures: Tensor) -> Tensor:
    """Return pictures (n, h, w) that answer 0 to a constant."""
    return pictures - pictures.mean((1, 2), keepdim=True)
