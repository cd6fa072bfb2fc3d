"""What a survey keeps, and of which layers; two parts of one survey have the same."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from striate import fingerprint

# Images that go through the network at once, and whose numbers are taken in together. Fixed: results depend on them in the
# last digits.
BLOCK, GROUP = 4, 64
# Channels of a layer whose second moments are kept, at most; multiplications an image and layer for these moments.
MOST_CHANNELS, MOMENT_MACS = 256, 2**17
# Images of which every unit's response is kept as it is, at most.
MOST_RESPONSES = 512
# Class sums of a layer (units × classes) and of all layers together, at most.
MOST_CLASS_SUMS = 8_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveySettings:
    """What decides every number of a survey.

    Attributes:
        weights: Content key of the network's weights.
        data: Fingerprint of the data set.
        indices: Content key of the images' positions, in their order.
        preprocessing: Content key of what images go through before.
        layers: (name, op, units, axes of space …) of each layer.
        features: The op whose means are kept for every image; empty for none.
        classes: Number of classes of the data; 0 where its targets are no classes.
        with_class_sums: Names of the layers that keep sums by class.
        k: Strongest images shown, a unit.
        counted: Strongest images counted, a unit.
        has_statistics: Whether more than the strongest is kept.
        memory_format: Order in memory: "plain" or "channels-last".
        block: Images at once.
    """

    weights: str
    data: str
    indices: str
    preprocessing: str
    layers: tuple[tuple[Any, ...], ...]
    features: str
    classes: int
    with_class_sums: tuple[str, ...]
    k: int
    counted: int
    has_statistics: bool
    memory_format: str
    block: int = BLOCK

    def document(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            name: [list(part) if isinstance(part, tuple) else part for part in value]
            if isinstance(value, tuple)
            else value
            for name, value in asdict(self).items()
        }

    def key(self) -> str:
        """Return the content key."""
        return fingerprint.of_json(self.document())

    def difference(self, found: dict[str, Any]) -> str:
        """Return in words what is other than in a document; empty if nothing is.

        Example:
            >>> first = SurveySettings(
            ...     weights="a", data="b", indices="c", preprocessing="p", layers=(), features="", classes=0,
            ...     with_class_sums=(), k=9, counted=50, has_statistics=True, memory_format="plain")
            >>> first.difference(first.document() | {"weights": "d", "k": 4})
            'other weights, another k'
        """
        own = self.document()
        words = {"weights": "other weights", "data": "other data", "indices": "other images", "layers": "other layers"}
        return ", ".join(words.get(name, f"another {name}") for name in own if own[name] != found.get(name))


def response_orders(images: int) -> list[int]:
    """Return the numbers of the images whose responses are kept: all, or 512 evenly spread.

    Example:
        >>> response_orders(3), len(response_orders(100_000)), response_orders(100_000)[:3]
        ([0, 1, 2], 512, [0, 195, 390])
    """
    if images <= MOST_RESPONSES:
        return list(range(images))
    return [number * images // MOST_RESPONSES for number in range(MOST_RESPONSES)]
