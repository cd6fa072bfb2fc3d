"""What a network answers with, and what goes in before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

OutputKind = Literal["classes", "labels", "values"]
Crop = Literal["centre", "squash", "border"]
Interpolation = Literal["bilinear", "bicubic"]

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
        scaled_px: Height and width that an image is scaled to before its centre is cut out; empty for the input's own,
            so that an image of the input's size stays as it is.
        crop: "centre" (scaled until it just covers `scaled_px`), "squash" (scaled to it, whatever the proportions) or
            "border" (scaled until it just fits in, the rest filled with the mean).
        interpolation: "bilinear" or "bicubic", both antialiased.

    Example:
        >>> how = Preprocessing(shape=(3, 224, 224), mean=(0.5,) * 3, std=(0.5,) * 3, scaled_px=(256, 256))
        >>> how.crop_share
        0.875
    """

    shape: tuple[int, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    value_mean: tuple[float, ...] = ()
    value_std: tuple[float, ...] = ()
    scaled_px: tuple[int, ...] = ()
    crop: Crop = "centre"
    interpolation: Interpolation = "bilinear"

    @property
    def crop_share(self) -> float:
        """Share of the scaled image's height that enters the network; 1.0 if nothing is cut."""
        return self.shape[-2] / self.scaled_px[0] if self.scaled_px else 1.0

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Preprocessing:
        """Return what `dataclasses.asdict` wrote to JSON; what an older file does not say has its default."""
        fields: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in document.items()
        }
        return cls(**fields)
