"""What a data set's numbers mean, where files and arrays leave it open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from striate.errors import InputError
from striate.records import Sound


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAs:
    """How stored numbers are meant.

    Attributes:
        axes: Axes of space of a sample: 1 for signals, (length) or (channels, length); 2 for pictures, (h, w) or (channels, h,
            w); 3 for volumes, (d, h, w) or (channels, d, h, w). 0 goes by the number of axes that are stored: of one sample, 1
            is a signal, 2 and 3 are pictures, 4 a volume with channels. Files of sound and of pictures know it themselves.
        scale: The two values that become 0 and 1, of numbers that are no bytes; empty measures the least and the largest of the
            training samples. Sounds have −1 and 1.
        sound: How a network that does not say so itself hears sounds.

    Raises:
        InputError: Other axes; a scale that is not two rising numbers; a rate, a time or a frequency below 0.

    Example:
        >>> ReadAs(axes=3, scale=(-1000.0, 1000.0)).document()
        {'axes': 3, 'scale': [-1000.0, 1000.0]}
    """

    axes: int = 0
    scale: tuple[float, ...] = ()
    sound: Sound = field(default_factory=Sound)

    def __post_init__(self) -> None:
        if self.axes not in {0, 1, 2, 3}:
            raise InputError("axes of space must be 1, 2 or 3, or 0 to go by what is stored", got=self.axes)
        if self.scale and not (len(self.scale) == 2 and self.scale[0] < self.scale[1]):
            raise InputError("a scale must be two rising numbers", got=self.scale)
        for name, number in asdict(self.sound).items():
            if not 0 <= number < float("inf"):
                raise InputError(f"{name} must be at least 0", got=number)

    def document(self) -> dict[str, Any]:
        """Return what differs from the defaults, as plain values; `from_document` reads it."""
        plain = {"axes": self.axes, "scale": list(self.scale), "sound": asdict(self.sound)}
        usual = {"axes": 0, "scale": [], "sound": asdict(Sound())}
        return {name: value for name, value in plain.items() if value != usual[name]}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> ReadAs:
        """Return what `document` wrote."""
        return cls(
            axes=document.get("axes", 0),
            scale=tuple(document.get("scale", ())),
            sound=Sound(**document.get("sound", {})),
        )
