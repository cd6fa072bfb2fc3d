"""Derivatives of Gaussians: edges and bars of several widths."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from striate.nets.beginnings.bank import Bank, grid, without_mean
from striate.nets.beginnings.beginning import register

DIRECTIONS = 6


@register
class GaussianDerivatives(Bank):
    """First-layer filters are first and second derivatives of Gaussians in 6 directions (edges over 360°, bars over 180°).

    σ is a sixth of the window's side for the first 12, then √2 times as much for the next, up to a third of the side. The mean is
    taken out.

    When it misleads:
        In 3×3 pixels the second derivatives of neighbouring directions are nearly equal.

    Source:
        Freeman and Adelson, "The Design and Use of Steerable Filters", PAMI 1991; Koenderink and van Doorn, Biological
        Cybernetics 1987. Differs: cut to the window, mean taken out.
    """

    name = "gaussian"

    def pictures(self, number: int, height: int, width: int) -> Tensor:
        down, across = grid(height, width)
        made = []
        for scale in (1.0, math.sqrt(2), 2.0):
            sigma = scale * min(height, width) / 6
            envelope = torch.exp(-(down**2 + across**2) / (2 * sigma**2))
            for order in (1, 2):
                for turn in range(DIRECTIONS):
                    angle = 2 * math.pi / order * turn / DIRECTIONS
                    along = (across * math.cos(angle) + down * math.sin(angle)) / sigma
                    made.append(along * envelope if order == 1 else (1 - along**2) * envelope)
        return without_mean(torch.stack(made))[:number]
