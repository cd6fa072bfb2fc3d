"""Gabor filters: waves under a Gaussian."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from striate.nets.beginnings.bank import Bank, grid, without_mean
from striate.nets.beginnings.beginning import register

DIRECTIONS = 8
PHASES = (0.0, math.pi / 2)


@register
class Gabor(Bank):
    """First-layer filters are Gabor functions in 8 directions and 2 phases (bar, edge), at as many wavelengths as needed.

    The longest wavelength is the window's side, the next ones shorter by √2 down to 2 pixels; the Gaussian's σ is 0.4 of the
    wavelength, at most a quarter of the side. Directions differ first, then phases, then wavelengths. The mean is taken out;
    waves that are zero at every pixel are left out.

    When it misleads:
        In 3×3 pixels directions can hardly be told apart. Grey only: no filter looks at colour.

    Source:
        Daugman, "Uncertainty Relation for Resolution in Space, Spatial Frequency, and Orientation", JOSA A 1985; Marčelja, JOSA
        1980. Differs: the set of wavelengths and σ is ours.
    """

    name = "gabor"

    def pictures(self, number: int, height: int, width: int) -> Tensor:
        down, across = grid(height, width)
        side = float(min(height, width))
        steps = max(1, int(2 * math.log2(side / 2)) + 1)
        made = []
        for step in range(steps):
            wavelength = side / 2 ** (step / 2)
            sigma = min(0.4 * wavelength, side / 4)
            envelope = torch.exp(-(down**2 + across**2) / (2 * sigma**2))
            for phase in PHASES:
                for turn in range(DIRECTIONS):
                    angle = math.pi * turn / DIRECTIONS
                    along = across * math.cos(angle) + down * math.sin(angle)
                    made.append(envelope * torch.cos(2 * math.pi * along / wavelength - phase))
        pictures = without_mean(torch.stack(made))
        # A wave of two pixels that is zero at all of them is no filter.
        strength = pictures.flatten(1).norm(dim=1)
        return pictures[strength > 1e-6 * strength.max()][:number]
