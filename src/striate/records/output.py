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
class Sound:
    """How sounds are to be heard by a network that does not say so itself.

    Attributes:
        sample_rate_hz: What they are resampled to; 0 takes the commonest rate of the training sounds. Of arrays, which do not
            store it, it is the rate they have.
        window_ms: Length of a spectrogram's window.
        hop_ms: From one window to the next; 0 chooses it so that the input spans the median sound.
        low_hz: Lower end of the mel bands.
        high_hz: Upper end of the mel bands; 0 takes half the sample rate.
    """

    sample_rate_hz: int = 0
    window_ms: float = 25.0
    hop_ms: float = 0.0
    low_hz: float = 0.0
    high_hz: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mel:
    """A log-mel spectrogram: what a network of two axes of space reads of a sound.

    Attributes:
        fft: Length of the Fourier transform, in samples; not below the window.
        window: Length of the Hann window, in samples.
        hop: From one window to the next, in samples.
        bands: Number of mel bands, the input's height.
        low_hz: Where the first band begins.
        high_hz: Where the last one ends.
        floor: Least power before the logarithm.
    """

    fft: int
    window: int
    hop: int
    bands: int
    low_hz: float
    high_hz: float
    floor: float = 1e-10

    def length(self, frames: int) -> int:
        """Return how many samples so many frames span.

        Example:
            >>> Mel(fft=512, window=400, hop=160, bands=64, low_hz=0.0, high_hz=8000.0).length(100)
            16352
        """
        return self.fft + (frames - 1) * self.hop


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
        scale: The two stored values (decibels, of a spectrogram) that become 0 and 1; empty for bytes, 0 and 255.
        sample_rate_hz: Of the sound that enters; 0 where nobody knows.
        mel: How a sound becomes an image; None if what is stored enters as it is.

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
    scale: tuple[float, ...] = ()
    sample_rate_hz: int = 0
    mel: Mel | None = None

    @property
    def stored_axes(self) -> int:
        """Axes of space of a stored sample: 1, 2 or 3; a spectrogram's is a sound."""
        return 1 if self.mel else len(self.shape) - 1

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
        if fields.get("mel") is not None:
            fields["mel"] = Mel(**fields["mel"])
        return cls(**fields)
