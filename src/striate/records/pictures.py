"""What the methods of understanding return: filters, map, occlusion, saliency, class images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from striate.records.array import Array
from striate.records.occlusion_plan import ApproximationError, OcclusionPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """First-layer filters, learned beside random.

    Attributes:
        layer: Name of the convolution.
        weights: (n, c, h, w) float32; of volumes (n, c, d, h, w).
        start: Likewise: random filters drawn as at the start of training.
        detail: (n,) float32: share of each filter's power at wavelengths under 4 pixels, 0 … 1.
        random_band: 5 % and 95 % quantile of that share over random filters.
        random_count: Random filters the band rests on.
        closest: The two most alike filters and their cosine (unit, unit, cosine); None with one filter.
    """

    layer: str
    weights: Array
    start: Array
    detail: Array
    random_band: tuple[float, float]
    random_count: int
    closest: tuple[int, int, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MapLayer:
    """The map at one layer.

    Attributes:
        layer: Name of the layer, or "pixels".
        points: (n, 2) float32 within −1 … 1.
        separation: Share of samples whose 10 nearest neighbours, in the feature space, vote for their class.
    """

    layer: str
    points: Array
    separation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureMap:
    """Samples placed by t-SNE of their features, layer by layer.

    Attributes:
        samples: (n,) int64: indices into the data set.
        labels: (n,) int64 classes; for values, the decile of the value.
        wrong: (n,) uint8: 1 where the answer was wrong.
        layers: From the input to the last features.
        overlap: The pair of classes that mixes most at the last layer: (class, other class, share of the first's
            neighbours that are of the other); None with fewer than two classes.
        perplexity: Of the t-SNE.
        seed: Of the t-SNE.
    """

    samples: Array
    labels: Array
    wrong: Array
    layers: tuple[MapLayer, ...]
    overlap: tuple[int, int, float] | None
    perplexity: float
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Occlusion:
    """Probabilities while a square covers part of the image; of a volume all has a third axis, the depth, in front.

    Attributes:
        sample: Index of the image in the data set.
        window_px: Side of the square (height, width).
        stride_px: Step of the square (height, width).
        clean: (k,) float32: output for the uncovered image: probabilities, or values.
        grid: (rows, columns, k) float32: output for each position of the square; NaN where nobody looked, and where the network
            itself answers NaN.
        maps: (k, h, w) float32: mean over the squares that cover a pixel of (covered − clean); NaN likewise. Those of `occlusion`
            are made when they are asked for: `maps[unit]` makes one.
        foreground: (h, w) bool: the object, if it is known.
        plan: How it was computed, and why so.
        error: What it is wrong by, where something was left out.
        looked: (rows, columns) bool: squares that somebody looked at; None: all.
    """

    sample: int
    window_px: tuple[int, ...]
    stride_px: tuple[int, ...]
    clean: Array
    grid: Array
    maps: Array
    foreground: Array | None = None
    plan: OcclusionPlan | None = None
    error: ApproximationError | None = None
    looked: Array | None = None

    @property
    def winners(self) -> Array:
        """(rows, columns) int64: the output that is highest with the square there; 0 where nobody looked."""
        return self.grid.argmax(-1)


@dataclass(frozen=True, slots=True, kw_only=True)
class OcclusionCensus:
    """How often covering changes the answer, over many images answered right.

    Attributes:
        images: Images tried.
        off_squares: Squares that covered no part of the object.
        off_changed: Of these, how many changed the answer.
        on_squares: Squares that covered some of it.
        on_changed: Of these, how many changed the answer.
        window_px: Side of the square.
        stride_px: Step of the square.
    """

    images: int
    off_squares: int
    off_changed: int
    on_squares: int
    on_changed: int
    window_px: tuple[int, ...]
    stride_px: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saliency:
    """Gradient of one output's score at the input.

    Attributes:
        sample: Index of the image in the data set.
        target: Output unit.
        gradient: (c, h, w) float32: score per unit of input (the preprocessed input).
        foreground: (h, w) bool: the object, if it is known.
        share_on_object: Share of the gradient's magnitude on the object; None if the object is not known.
    """

    sample: int
    target: int
    gradient: Array
    foreground: Array | None
    share_on_object: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaliencyCensus:
    """Saliency over many images.

    Attributes:
        images: Images tried.
        shares: (n,) float32: share of the gradient on the object, per image.
        chance: Mean share of the image that the object covers.
        random_correlation: Rank correlation of the maps with those of the network with random weights.
    """

    images: int
    shares: Array
    chance: float
    random_correlation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassImages:
    """Images grown from noise until one output is high.

    Attributes:
        names: Name of each output.
        images: (k, c, h, w) float32 with prior, on the stored scale 0 … 1.
        plain: (k, c, h, w) float32 without prior.
        probability: (k,) float32 with prior: probability of the class (the value, for regression).
        plain_probability: (k,) float32 without prior.
        detail: (k,) float32: share of the image's power at wavelengths under 4 pixels.
        plain_detail: (k,) float32.
        data_detail: 5 % and 95 % quantile of that share over real images.
        steps: Steps of gradient ascent in a round: image k took steps × (1 + rounds[k]) with prior.
        seed: Of the noise and the shifts.
        score: (k,) float32 with prior: what was climbed, before softmax (of "low" the negative value).
        rank: Place of the class among all, 1 the highest, for the image with prior; () for values.
        pull: How many times each score counted against the prior: 1, or more where the class did not come first so.
        rounds: How often each went on, without views, since its class did not come first: 0 is with the whole prior.
        natural_score: Mean score of the real images that the network gives to the class; None if there is none.
        judge_rank: The same rank by another network; () if none was asked.
        judge_probability: The class's probability by that network.
        twin: (t, c, h, w) float32: the first few images, grown for the same network with all weights drawn anew.
        twin_score: (t,) float32: the score each reached there.
        twin_detail: (t,) float32: its share of fine detail.
    """

    names: tuple[str, ...]
    images: Array
    plain: Array
    probability: Array
    plain_probability: Array
    detail: Array
    plain_detail: Array
    data_detail: tuple[float, float]
    steps: int
    seed: int
    score: Array | None = None
    rank: tuple[int, ...] = ()
    pull: tuple[float, ...] = ()
    rounds: tuple[int, ...] = ()
    natural_score: tuple[float | None, ...] = ()
    judge_rank: tuple[int, ...] = ()
    judge_probability: tuple[float, ...] = ()
    twin: Array | None = None
    twin_score: Array | None = None
    twin_detail: Array | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitImage:
    """An image grown until one value inside a network is high.

    Attributes:
        name: Of the target, like "features.4:12".
        layer: Name of the op that is read.
        kind: "unit" at one place, "channel" as its map's mean, or "direction" in the channels at one place.
        image: (c, h, w) float32 with prior, on the stored scale 0 … 1.
        plain: (c, h, w) float32 without prior.
        score: What was climbed, for the image with prior, in the layer's own unit.
        plain_score: The same without prior.
        rank: Place of the channel among the layer's channels for its image, 1 the highest; None for a direction.
        channels: Of the layer.
        natural_mean: Mean of the same value over real images; None without.
        natural_most: Its highest value over real images, at any place; None without.
        detail: Share of the image's power at wavelengths under 4 pixels.
        plain_detail: The same without prior.
        twin: (c, h, w) float32: grown for the same network with all weights drawn anew; None if it has none to draw.
        twin_score: What was reached there.
        twin_detail: Its share of fine detail.
        is_part: Whether the image is as large as the unit's receptive field, not as the network's input.
        steps: Of gradient ascent.
        seed: Of the noise and the views.
        notes: What else must be known.
    """

    name: str
    layer: str
    kind: Literal["unit", "channel", "direction"]
    image: Array
    plain: Array
    score: float
    plain_score: float
    rank: int | None
    channels: int
    natural_mean: float | None
    natural_most: float | None
    detail: float
    plain_detail: float
    twin: Array | None
    twin_score: float | None
    twin_detail: float | None
    is_part: bool
    steps: int
    seed: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveField:
    """What the unit in the middle of a layer's map really uses of the input.

    Attributes:
        layer: Name of the op.
        place: The unit's place on its map.
        magnitude: (h, w) or (length,) float32: mean magnitude of the gradient at each pixel, as shares that sum to 1.
        centre: Middle of the theoretical field in pixels, per axis; of the image, if the field is not known.
        side_px: Side of the smallest square around the centre that holds 95.45 % of the magnitude.
        theoretical_px: Longest side of the theoretical (local) field; None if it is not known.
        share: `side_px` over `theoretical_px`; None without one.
        images: How many were averaged.
    """

    layer: str
    place: tuple[int, ...]
    magnitude: Array
    centre: tuple[float, ...]
    side_px: int
    theoretical_px: int | None
    share: float | None
    images: int
