"""Branches that read the same value, side by side."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Concat(nn.ModuleList):
    """Puts the channels of its branches side by side; all of them give maps of one size."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__(branches)

    def forward(self, x: Tensor) -> Tensor:
        """Read (n, c, …); return the channels of the first branch, then those of the second, and so on."""
        return torch.cat([branch(x) for branch in self], 1)
