"""Sobel filters: a difference across, a blur along."""

from __future__ import annotations

import torch
from torch import Tensor

from striate.nets.beginnings.bank import Bank
from striate.nets.beginnings.beginning import register


@register
class Sobel(Bank):
    """First-layer filters are Sobel's: edges across, down, and on both diagonals, each in both signs; 8 in all.

    Larger windows hold the same with binomial blurs of their size.

    When it misleads:
        Eight filters, however many the layer has; all grey, all of one scale.

    Source:
        Sobel and Feldman, "A 3×3 Isotropic Gradient Operator for Image Processing", 1968. Differs: diagonals are the sum and the
        difference of the two.
    """

    name = "sobel"

    def pictures(self, number: int, height: int, width: int) -> Tensor:
        across = torch.outer(_blur(height), _difference(width))
        down = torch.outer(_difference(height), _blur(width))
        made = [across, down, across + down, across - down]
        return torch.stack([*made, *(-one for one in made)])[:number]


def _blur(length: int) -> Tensor:
    """Return binomial numbers, 1 2 1 for three."""
    found = torch.ones(1, dtype=torch.float64)
    for _ in range(length - 1):
        found = torch.nn.functional.pad(found, (0, 1)) + torch.nn.functional.pad(found, (1, 0))
    return found


def _difference(length: int) -> Tensor:
    """Return the difference of a blur two shorter, −1 0 1 for three."""
    narrow = _blur(length - 2)
    return torch.nn.functional.pad(narrow, (2, 0)) - torch.nn.functional.pad(narrow, (0, 2))
