"""Two networks of one design along their depth: where they answer alike, and where training changed them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerComparison:
    """One layer of both networks, on the same images.

    Attributes:
        name: Of the module, as the network before calls it.
        macs_share: Of the network before: its multiply-accumulates up to and with this layer (0 … 1).
        units: Channels, or features of a fully connected layer.
        similarity: Unbiased linear CKA of the units' mean activations: 1 for features that are equal up to rotation and one
            scale, about 0 for unrelated ones; None where no unit of one network varies.
        interval: 95 % of it, jackknife over images; None likewise.
        matched: For each unit of the network after, the largest |correlation| of its activation with a unit of the network
            before: the mean (0 … 1); None where no unit varies.
        matched_quartiles: The first, second and third quartile of it; None likewise.
        matched_by_chance: The same mean with the images of one network shuffled: what the number of units and images alone
            would give; None likewise.
        change: Size of the weights' change beside the weights' own, |after − before| / |before|; None without weights.
    """

    name: str
    macs_share: float
    units: int
    similarity: float | None
    interval: tuple[float, float] | None
    matched: float | None
    matched_quartiles: tuple[float, float, float] | None
    matched_by_chance: float | None
    change: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkComparison:
    """A network before and after it was adapted.

    Attributes:
        before: Name of the network before.
        after: Of the network after.
        images: Number of images both looked at.
        data: Name of the data.
        layers: Layers both have, in the order they are run.
        alone: Learned layers that only one of them has ("head.0").
    """

    before: str
    after: str
    images: int
    data: str
    layers: tuple[LayerComparison, ...]
    alone: tuple[str, ...] = ()
