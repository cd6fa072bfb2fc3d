"""How many channels answer to an image, to which classes, and how that came about in training."""

from __future__ import annotations

from dataclasses import dataclass

from striate.records.array import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelMaps:
    """All channels of one layer for one image, in an order that says something.

    Attributes:
        layer: Name of the layer.
        op: Name of the op whose value it is.
        sample: Position of the image among those given.
        sort: What they are sorted by: "channel", "activation", "class", "gradient" or "similarity".
        channels: Numbers of the channels, in this order.
        values: (c,) float32: what they were sorted by.
        maps: (c, axes…) float32 in this order; of a fully connected layer (c, 1).
        scale: "common" or "own".
        limits: (c, 2) float32: where each map's scale begins and ends.
        thresholds: (c,) float32: above this a value is active.
        definition: What "active" means here, a sentence.
        active_share: (c,) float32: share of the map's places that are active.
        effective_channels: How many channels the image's response is spread over, 1 … c; 0 without response.
        target: The output that "class" and "gradient" are about; None otherwise.
        notes: Sentences about what is unusual.
    """

    layer: str
    op: str
    sample: int
    sort: str
    channels: tuple[int, ...]
    values: Array
    maps: Array
    scale: str
    limits: Array
    thresholds: Array
    definition: str
    active_share: Array
    effective_channels: float
    target: int | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSpecialisation:
    """How sparse one layer is over some images, and how far classes explain what its units do.

    Attributes:
        layer: Name of the layer; values are those after its activation.
        units: Channels, or features of a fully connected layer.
        images: Images seen.
        definition: What "active" means here, a sentence.
        active_share: Share of all values that are active.
        effective_units: How many units an image's response is spread over, on average; 1 … units.
        dead: Units that never were active.
        explained: η², the share of the variance of a unit's mean responses that classes explain, mean over the units that
            vary; None without two classes.
        chance_explained: What classes that say nothing would explain: (classes − 1) / (images − 1); None likewise.
    """

    layer: str
    units: int
    images: int
    definition: str
    active_share: float
    effective_units: float
    dead: int
    explained: float | None
    chance_explained: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingMoment:
    """All layers at one step of a training.

    Attributes:
        step: Steps taken; 0 is the start.
        is_twin: Whether the weights are not those of this step, but drawn anew in their place.
        layers: One entry a layer, in the network's order.
    """

    step: int
    is_twin: bool
    layers: tuple[LayerSpecialisation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThroughTraining:
    """Sparsity, and what classes explain, followed through a training.

    Attributes:
        moments: By rising step; the last is the network the run holds.
        steps_per_epoch: Steps of an epoch.
        part: What the images are: "validation".
        notes: Sentences about what is unusual.
    """

    moments: tuple[TrainingMoment, ...]
    steps_per_epoch: int
    part: str
    notes: tuple[str, ...] = ()
