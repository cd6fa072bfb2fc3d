"""The sum of branches that read the same value."""

from __future__ import annotations

from torch import Tensor, nn


class Add(nn.ModuleList):
    """Adds what its branches give; all of them read the same value and give the same shape."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__(branches)

    def forward(self, x: Tensor) -> Tensor:
        """Read (n, c, …); return the sum of the branches."""
        values: list[Tensor] = [branch(x) for branch in self]
        total = values[0]
        for value in values[1:]:
            total = total + value
        return total
