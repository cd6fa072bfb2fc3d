"""The product of branches that read the same value."""

from __future__ import annotations

from torch import Tensor, nn


class Multiply(nn.ModuleList):
    """Multiplies what its branches give; a gate of size 1 scales whole maps."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__(branches)

    def forward(self, x: Tensor) -> Tensor:
        """Read (n, c, …); return the product of the branches."""
        values: list[Tensor] = [branch(x) for branch in self]
        product = values[0]
        for value in values[1:]:
            product = product * value
        return product
