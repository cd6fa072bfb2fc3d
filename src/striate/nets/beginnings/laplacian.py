"""Laplacian of Gaussian: blobs."""

from __future__ import annotations

import torch
from torch import Tensor

from striate.nets.beginnings.bank import Bank, grid, without_mean
from striate.nets.beginnings.beginning import register

_RATIO = 2.0**0.5


@register
class Laplacian(Bank):
    """First-layer filters are Laplacians of Gaussians, bright and dark blobs of several sizes.

    σ begins at 0.5 pixels and grows by √2 while the blob's zero ring (radius √2 σ) fits the window; each in both signs. The mean
    is taken out, so that a constant gives 0. In 3×3 pixels there are two sizes.

    When it misleads:
        Few filters, all round: edges are seen as pairs of answers only.

    Source:
        Marr and Hildreth, "Theory of Edge Detection", Proceedings of the Royal Society B 1980. Differs: the mean is taken out,
        which the cut at the window's border leaves in.
    """

    name = "laplacian"

    def pictures(self, number: int, height: int, width: int) -> Tensor:
        down, across = grid(height, width)
        square = down**2 + across**2
        made: list[Tensor] = []
        sigma = 0.5
        while not made or _RATIO * sigma <= (min(height, width) - 1) / 2 + 1e-9:
            share = square / (2 * sigma**2)
            made.append((1 - share) * torch.exp(-share))
            sigma *= _RATIO
        blobs = without_mean(torch.stack(made))
        return torch.cat([blobs, -blobs])[:number]
