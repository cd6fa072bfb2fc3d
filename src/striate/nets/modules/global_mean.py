"""The mean of a map, as a module."""

from __future__ import annotations

from torch import Tensor, nn


class GlobalMean(nn.Module):
    """The mean of each channel over the whole map, as a map of one place, or as features.

    Args:
        keep: Whether the axes of space stay, with one place each.
    """

    def __init__(self, *, keep: bool = True) -> None:
        super().__init__()
        self.keep = keep

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, c, 1, …), or (n, c)."""
        return x.mean(tuple(range(2, x.dim())), keepdim=self.keep)
