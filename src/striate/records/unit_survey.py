"""What one pass over a data set saw in every unit of every layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from striate.records.array import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerStatistics:
    """Figures of a layer's units over all images of a survey.

    Figures of values at positions rest on a sample: `positions` of each map, at most four, evenly spread from a beginning that
    moves on from image to image. `always_on`, means and what follows from means rest on every position.

    Attributes:
        positions: Positions of a map that were read, an image.
        active_share: (units,) float32: share of values above zero, at the positions read.
        always_on: (units,) bool: above zero at every position of every image.
        quantile_shares: Which quantiles were taken.
        quantiles: (units, shares) float32 of the values at the positions read; off by at most 6.25 % of themselves.
        mean: (units,) float64: mean over positions and images.
        spread: (units,) float64: standard deviation of the images' means.
        sparseness: (units,) float32: lifetime sparseness of the images' means, 0 (all images alike) … 1 (one image alone); NaN
            where a mean is negative, or of one image.
        class_means: (classes, units) float64, or None where they were not kept.
        class_counts: (classes,) int64 images; None with `class_means`.
        selectivity: (units,) float32: (largest class mean − mean of the others) / (their sum), 0 … 1; NaN where a class mean is
            negative or all are zero. None with `class_means`.
        explained: (units,) float32: η², the share of the images' variance that classes explain, 0 … 1; NaN without variance.
        neighbour_correlation: (units,) float32: correlation of values at neighbouring positions; NaN without variance. None
            without axes of space.
        channels: Units the ranks rest on.
        rows: Rows of values the ranks rest on.
        participation: Participation ratio of the channels' covariance, (Σλ)² / Σλ², 1 … channels; NaN without variance.
        rank: Eigenvalues above the largest · channels · 1.2e-7.
        rank_99: Fewest directions that hold 99 % of the variance.
        responses: (images kept, units) float32 means of single images, at most 512 of them, evenly spread.
    """

    positions: int
    active_share: Array
    always_on: Array
    quantile_shares: tuple[float, ...]
    quantiles: Array
    mean: Array
    spread: Array
    sparseness: Array
    class_means: Array | None
    class_counts: Array | None
    selectivity: Array | None
    explained: Array | None
    neighbour_correlation: Array | None
    channels: int
    rows: int
    participation: float
    rank: int
    rank_99: int
    responses: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyedLayer:
    """One layer of a survey: arrays with one row a unit.

    Attributes:
        layer: Name of the layer; values are those after its activation.
        op: Name of the op whose values they are.
        units: Channels, or features of a fully connected layer.
        sizes: Sizes of its map; empty for a vector.
        is_rectified: Whether it ends in an activation that puts values to zero.
        images: Images with finite values.
        broken: Images with others, which count nowhere in this layer.
        maximum: (units,) float32: the largest value of all.
        samples: (units, counted) int64: the strongest images, positions in the data set, falling; equal ones by position.
        values: (units, counted) float32: their largest values.
        places: (units, k) int64: where in the map the k strongest are, counted through it; −1 where a ReLU was zero everywhere.
        boxes: (units, k, axes of space, 2) int64: the pixels that the unit reads there, (first, last + 1) an axis, inside the
            image; exact as far as `has_boxes` says.
        is_cut: (units, k) bool: whether the field reaches beyond the image.
        field_px: Sizes of the field on each axis.
        has_boxes: Whether fields are known; otherwise boxes are the whole image.
        is_global: Whether a path sees the whole image besides (squeeze-and-excitation).
        statistics: None where only the strongest were asked for.
    """

    layer: str
    op: str
    units: int
    sizes: tuple[int, ...]
    is_rectified: bool
    images: int
    broken: int
    maximum: Array
    samples: Array
    values: Array
    places: Array
    boxes: Array
    is_cut: Array
    field_px: tuple[int, ...]
    has_boxes: bool
    is_global: bool
    statistics: LayerStatistics | None

    @property
    def dead(self) -> Array:
        """(units,) bool: never above zero."""
        return self.maximum <= 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """One pass over a data set, all layers at once.

    Attributes:
        settings: What decides every number, as plain values.
        data: Name of the data set.
        class_names: Of the data; empty where its targets are no classes.
        input_px: Sizes of the network's input.
        layers: In the network's order.
        samples: (n,) int64: the images, positions in the data set.
        targets: (n,) int64 classes of the data, or None.
        answers: (n,) int64: the network's answers; None where it answers with something else than classes.
        confidences: (n,) float32: their probabilities; None with `answers`.
        features_of: Name of the layer the features are of; empty without.
        features: (n, size) float32: its means over the map; None without. In a folder they are read from disk as they are used.
    """

    settings: Mapping[str, Any]
    data: str
    class_names: tuple[str, ...]
    input_px: tuple[int, ...]
    layers: tuple[SurveyedLayer, ...]
    samples: Array
    targets: Array | None
    answers: Array | None
    confidences: Array | None
    features_of: str
    features: Array | None

    def layer(self, name: str) -> SurveyedLayer:
        """Return a layer by its name or its op's.

        Raises:
            UnknownNameError: It was not surveyed.
        """
        from striate.errors import unknown_name

        for one in self.layers:
            if name in {one.layer, one.op}:
                return one
        raise unknown_name("layer", name, [one.layer for one in self.layers])


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitJudgement:
    """What one unit answers to, and whether that is one thing.

    Attributes:
        layer: Name of the layer.
        unit: Its number.
        images: Strongest images the figures rest on.
        is_dead: Whether it was never above zero.
        always_on: Whether it was above zero everywhere.
        coherence: Mean cosine between the features of its strongest images, −1 … 1; None without features, or of one image.
        chance_coherence: 2.5 % and 97.5 % quantile of that over random sets of as many images.
        class_counts: (classes,) int64 among its strongest images; None without classes.
        entropy_bits: Entropy of these classes; None without.
        chance_entropy_bits: 2.5 % and 97.5 % quantile of that over random sets of as many images.
        two_groups: Share of the spread of its images' features that is left within two groups, 0 … 1; None of fewer than 12.
        two_groups_p: Share of clouds of one normal distribution that fall into two groups as well.
        groups: (images,) int64, 0 or 1: which of the two groups each image is in; None with `two_groups`.
        twins: (unit, correlation) of those that answer to the same images, the most alike first.
        verdicts: A sentence for each figure.
    """

    layer: str
    unit: int
    images: int
    is_dead: bool
    always_on: bool
    coherence: float | None
    chance_coherence: tuple[float, float] | None
    class_counts: Array | None
    entropy_bits: float | None
    chance_entropy_bits: tuple[float, float] | None
    two_groups: float | None
    two_groups_p: float | None
    groups: Array | None
    twins: tuple[tuple[int, float], ...]
    verdicts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedUnits:
    """Judgements of units of a survey's layers.

    Attributes:
        survey: The survey.
        judged: By layer, of all its units or of some, evenly spread.
        divided_p: Below this share of single clouds a division in two is called one.
        twin: Correlation above which two units say the same.
    """

    survey: Survey
    judged: Mapping[str, tuple[UnitJudgement, ...]]
    divided_p: float
    twin: float
