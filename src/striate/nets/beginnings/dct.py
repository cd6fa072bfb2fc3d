"""The discrete cosine basis."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from striate.nets.beginnings.bank import Bank
from striate.nets.beginnings.beginning import register


@register
class DCT(Bank):
    """First-layer filters are the discrete cosine functions of the window, coarse to fine, the constant first.

    They are at right angles to each other. More filters than there are functions: each again with the other sign.

    When it misleads:
        The finest ones answer to noise; the constant one to brightness alone.

    Source:
        Ahmed, Natarajan and Rao, "Discrete Cosine Transform", IEEE Transactions on Computers 1974. Differs: None.
    """

    name = "dct"
    least_side = 2

    def pictures(self, number: int, height: int, width: int) -> Tensor:
        rows, columns = _waves(height), _waves(width)
        order = sorted(
            ((down, across) for down in range(height) for across in range(width)),
            key=lambda place: (place[0] + place[1], place),
        )
        made = torch.stack([torch.outer(rows[down], columns[across]) for down, across in order])
        return torch.cat([made, -made])[:number]


def _waves(length: int) -> Tensor:
    """Return the orthonormal cosine functions of one axis, (frequency, place)."""
    places = torch.arange(length, dtype=torch.float64) + 0.5
    waves = torch.cos(math.pi / length * torch.outer(torch.arange(length, dtype=torch.float64), places))
    unit: Tensor = waves / waves.norm(dim=1, keepdim=True)
    return unit
