"""What one pass over the data saw in every layer: activity and the strongest patches of each unit."""

from __future__ import annotations

from dataclasses import dataclass

from striate.records.array import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerActivity:
    """Activity of one layer over the data.

    Attributes:
        layer: Name of the layer; values are those after its activation.
        units: Channels, or features of a fully connected layer.
        active_share: Share of values above zero, over all units, places and images.
        dead: Units that were never above zero.
        always_on: Units above zero at every place of every image.
        maximum: Largest value seen.
        is_rectified: Whether values at or below zero mean "off" here (ReLU and its like).
    """

    layer: str
    units: int
    active_share: float
    dead: tuple[int, ...]
    always_on: tuple[int, ...]
    maximum: float
    is_rectified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationMaps:
    """All channels of one layer for one image.

    Attributes:
        layer: Name of the layer.
        sample: Index of the image in the data set.
        maps: (c, h, w) float32 after the activation; (c, 1, 1) for fully connected layers.
    """

    layer: str
    sample: int
    maps: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPatches:
    """The strongest places of one unit, at most one an image.

    Attributes:
        unit: Channel number.
        values: (k,) float32, falling.
        samples: (k,) int64: indices into the data set.
        boxes: (k, 4) int64: top, left, bottom, right on the input in pixels, end excluded; may reach beyond the image.
        class_counts: (classes,) int64 among the `counted` strongest images; empty without classes.
        purity: Share of the commonest class among them; 0 without classes.
    """

    unit: int
    values: Array
    samples: Array
    boxes: Array
    class_counts: Array
    purity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TopPatches:
    """The strongest places of every unit of one layer.

    Attributes:
        layer: Name of the layer.
        field_px: Side of the theoretical receptive field (height, width), pixels.
        units: One entry a unit that ever fired.
        counted: How many strongest images a unit's class counts rest on.
        twins: Pairs of units that share most of their strongest images, as (unit, unit, share shared).
        images: Images seen.
        copies: Those of the twins that also say the same of single images of a class, as (unit, unit, correlation within
            classes); None where that was not measured.
    """

    layer: str
    field_px: tuple[int, int]
    units: tuple[UnitPatches, ...]
    counted: int
    twins: tuple[tuple[int, int, float], ...]
    images: int
    copies: tuple[tuple[int, int, float], ...] | None = None
