"""What a network answers with, and what goes in before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

OutputKind = Literal["classes", "labels", "values"]

LOSSES: dict[str, str] = {
    "classes": "cross-entropy",
    "labels": "binary cross-entropy",
    "values": "mean squared error",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """The output of a network.

    Attributes:
        kind: "classes" (one of them holds), "labels" (any number of them hold) or "values" (regression).
        names: One name per output unit.
    """

    kind: OutputKind
    names: tuple[str, ...]

    @property
    def count(self) -> int:
        """Number of output units."""
        return len(self.names)

    def is_called(self, names: tuple[str, ...]) -> bool:
        """Return whether the outputs bear these names, in this order; merely counted outputs ("0", "1", …) fit any."""
        return self.names in {names, tuple(str(number) for number in range(len(names)))}

    @property
    def loss(self) -> str:
        """The loss this kind of output is trained with, in words."""
        return LOSSES[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preprocessing:
    """How stored samples become a network's input.

    Attributes:
        shape: Input shape without the batch: (channels, height, width), (channels, length) or (channels, d, h, w).
        mean: Per channel, on the scale 0 … 1; subtracted after resizing.
        std: Per channel, on the scale 0 … 1; divided by.
        value_mean: Per output value (regression only): targets are trained as (value − mean) / std.
        value_std: Per output value (regression only).
    """

    shape: tuple[int, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    value_mean: tuple[float, ...] = ()
    value_std: tuple[float, ...] = ()
