"""The sum of a map, as a module."""

from __future__ import annotations

from torch import Tensor, nn


class GlobalSumPool(nn.Module):
    """The sum of each channel over the whole map, as a map of one place."""

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, c, 1, …)."""
        return x.sum(tuple(range(2, x.dim())), keepdim=True)
