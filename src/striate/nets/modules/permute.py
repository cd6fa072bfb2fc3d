"""Axes in another order, as a module."""

from __future__ import annotations

from torch import Tensor, nn


class Permute(nn.Module):
    """Axes in another order: `Permute((0, 2, 3, 1))` puts the channels of an image last."""

    def __init__(self, order: tuple[int, ...]) -> None:
        super().__init__()
        self.order = order

    def forward(self, x: Tensor) -> Tensor:
        """Return a view with its axes in that order."""
        return x.permute(self.order)

    def extra_repr(self) -> str:
        """Return the order for `print`."""
        return str(self.order)
