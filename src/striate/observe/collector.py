"""What a pass over the data shows, and who looks at it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from striate.records import LayerReading


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """One batch as a network saw it. Collectors read these tensors and change none of them.

    Attributes:
        indices: (n,) int64: positions in the data set.
        images: (n, *shape) float32: the preprocessed input, on the network's device.
        targets: Classes int64 (n,); labels or values float32 (n, k), as the data set holds them.
        scores: (n, k): the network's output, not yet probabilities, on the network's device.
        taps: Values of the ops asked for, by op name, on the network's device: (n, units, …), also
            where the network keeps its channels last.
    """

    indices: Tensor
    images: Tensor
    targets: Tensor
    scores: Tensor
    taps: Mapping[str, Tensor]


class Collector(ABC):
    """Looks at every batch of one pass and keeps what it needs, in bounded memory.

    `observe` asks once for the ops it wants, then shows every batch, then asks for the result.
    Asking for the ops begins a new pass: whatever an earlier one left is forgotten.
    """

    name: ClassVar[str]

    @abstractmethod
    def taps(self, readings: tuple[LayerReading, ...]) -> tuple[str, ...]:
        """Begin a pass over a network with these layers; return the names of the ops wanted."""

    @abstractmethod
    def update(self, seen: Seen) -> None:
        """Take in one batch."""

    @abstractmethod
    def result(self) -> object:
        """Return what was seen in all batches."""
