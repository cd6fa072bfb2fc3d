"""A network with further outputs that branch off on the way."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection

from torch import Tensor, nn


class WithHeads(nn.Sequential):
    """A sequence of which some parts only read: what follows them reads what they read."""

    def __init__(self, parts: OrderedDict[str, nn.Module], heads: Collection[str]) -> None:
        super().__init__(parts)
        self.heads = tuple(heads)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Read (n, c, …); return the network's own answer, then those of its heads in order."""
        answers = []
        for name, part in self.named_children():
            if name in self.heads:
                answers.append(part(x))
            else:
                x = part(x)
        return (x, *answers)
