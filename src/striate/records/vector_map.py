"""The vectors of a store drawn on a plane, layer by layer, and what was measured of them where they lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from striate.records.array import Array

# What the points are coloured and judged by: one class each, several labels, a value, or nothing known.
Truth = Literal["classes", "labels", "values", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapQuality:
    """How well neighbourhoods of the space are kept in the plane.

    Attributes:
        neighbours: k: neighbours that are compared.
        trustworthiness: 0 … 1: below 1 where the plane shows neighbours that are none in the space.
        continuity: 0 … 1: below 1 where neighbours in the space are torn apart in the plane.
        recall: Share of the k nearest in the space that are among the k nearest in the plane, 0 … 1.
        points: Points it was measured on (all, or a sample where there are many).
    """

    neighbours: int
    trustworthiness: float
    continuity: float
    recall: float
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedMap:
    """One map of the same points by another perplexity or seed, beside the one that is drawn.

    Attributes:
        perplexity: Of the t-SNE.
        seed: Of the t-SNE.
        rows: (m,) int64: the points compared, as indices into `VectorMap.ids`.
        points: (m, 2) float32 within −1 … 1, y upwards, turned onto the drawn map's.
        quality: Of this map, on these points.
        divergence: Kullback-Leibler divergence reached; comparable only at one perplexity.
        overlap: Mean share of a point's k nearest on this map that are among its k nearest on the reference of the
            comparison, 0 … 1; 1 for the reference itself.
        procrustes: Share of the spread that remains between both after the best turn and scale, 0 (same shape) … 1.
        is_reference: Whether this is the one drawn, or, where a sample was compared, the sample's map by the same
            settings.
    """

    perplexity: float
    seed: int
    rows: Array
    points: Array
    quality: MapQuality
    divergence: float
    overlap: float
    procrustes: float
    is_reference: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LoneGroup:
    """Points that form a group on one map only: an accident of its settings, not of the data.

    Attributes:
        perplexity: Of the map that shows them together.
        seed: Of it.
        rows: (m,) int64: indices into `VectorMap.ids`.
        kept: Jaccard overlap with the most alike group of any other map, 0 … 1; below 0.5.
        typical: The same for all groups of that map, median.
    """

    perplexity: float
    seed: int
    rows: Array
    kept: float
    typical: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A measured share with its uncertainty.

    Attributes:
        value: 0 … 1.
        interval: 95 %, low and high.
        chance: What guessing would reach.
    """

    value: float
    interval: tuple[float, float]
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassOverlap:
    """Two classes that mix in the space.

    Attributes:
        first: Class number, as in `VectorMap.names`.
        second: The other.
        share: Of the neighbours of both classes' points, those of the other one of the two, 0 … 1.
        expected: The same share if classes were spread at random.
        border: (m,) int64: points of either with most neighbours of the other, as indices into `VectorMap.ids`,
            most mixed first.
    """

    first: int
    second: int
    share: float
    expected: float
    border: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Separation:
    """How far classes (or values) are apart among the vectors themselves; the plane is not looked at.

    Attributes:
        neighbours: k of the votes.
        truth: What is voted for.
        accuracy: "classes" and "labels": leave-one-out accuracy of the k nearest, averaged over classes (labels:
            balanced accuracy, averaged over labels); None for values and without labels.
        by_class: The same for each class (NaN where a class has too few points), in the order of `VectorMap.names`.
        explained: "values": leave-one-out R² of the neighbours' mean; else None.
        explained_interval: 95 % of it (bootstrap over points).
        pixels: The same figure (accuracy or R²) from the pixels, 32 × 32, of the points that have a picture; None without.
        gain: The vectors' figure on those points less that of the pixels; None without pictures.
        gain_interval: 95 % of it, paired.
        silhouette: Mean over points, −1 … 1; None with fewer than two classes.
        silhouette_by_chance: The largest of it with labels shuffled 19 times: its 95 % limit.
        silhouette_of_pixels: The same from pixels; None without pictures.
        overlaps: Pairs of which at least 1 % of the neighbours are of the other, most mixed first; at most 10.
        points: Points with a label, which it rests on.
    """

    neighbours: int
    truth: Truth
    accuracy: Share | None
    by_class: tuple[float, ...] = ()
    explained: float | None = None
    explained_interval: tuple[float, float] | None = None
    pixels: float | None = None
    gain: float | None = None
    gain_interval: tuple[float, float] | None = None
    silhouette: float | None = None
    silhouette_by_chance: float | None = None
    silhouette_of_pixels: float | None = None
    overlaps: tuple[ClassOverlap, ...] = ()
    points: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtfulLabel:
    """A point whose neighbours all, or nearly all, say another class than its label.

    Attributes:
        row: Index into `VectorMap.ids`.
        label: Class number it is stored with ("labels": the label that is doubted).
        neighbours_say: Class number of its neighbours ("labels": the same number).
        share: Of the neighbours, those that say so, 0 … 1.
    """

    row: int
    label: int
    neighbours_say: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OddOne:
    """A point that lies where nobody else does.

    Attributes:
        row: Index into `VectorMap.ids`.
        factor: Local outlier factor: how many times sparser it lies than its neighbours do; about 1 for ordinary points.
    """

    row: int
    factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedLayer:
    """One layer's vectors: the map drawn, PCA beside it, and what was measured in the space.

    Attributes:
        layer: Name.
        size: Length of its vectors.
        points: (n, 2) float32 within −1 … 1, y upwards: t-SNE, turned onto the layer before; NaN for a point that has no
            place.
        perplexity: Of the map drawn.
        seed: Of it.
        divergence: Kullback-Leibler divergence reached.
        quality: Of the map drawn; None where it could not be measured.
        pca: (n, 2) float32 within −1 … 1, y upwards: the first two principal components.
        pca_shares: Of the variance, by the first components (up to 10), 0 … 1.
        pca_quality: The same measures for PCA's picture.
        tried: Maps by other perplexities and seeds; the reference among them.
        lone: Groups seen on one of them only.
        separation: Among the vectors; None with no labels.
        doubtful: Likely label errors, surest first.
        odd: Odd ones out, oddest first.
        unmeasured: What could not be measured and why, a sentence each.
        placed_by: What decides who is near whom, on the map and in what is measured, in words ("all 784 features").
        scale: Points times this are the plane in t-SNE's own units, in which new points are placed.
        neighbours: (n, 5) int64: the others nearest by `placed_by`, nearest first, as indices into `VectorMap.ids`; empty
            where nobody is nearer than another.
    """

    layer: str
    size: int
    points: Array
    perplexity: float
    seed: int
    divergence: float
    quality: MapQuality | None
    pca: Array
    pca_shares: tuple[float, ...]
    pca_quality: MapQuality | None
    tried: tuple[TriedMap, ...] = ()
    lone: tuple[LoneGroup, ...] = ()
    separation: Separation | None = None
    doubtful: tuple[DoubtfulLabel, ...] = ()
    odd: tuple[OddOne, ...] = ()
    unmeasured: tuple[str, ...] = ()
    placed_by: str = ""
    scale: float = 1.0
    neighbours: Array = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorMap:
    """The points of a store on a plane.

    Pictures, paths, predictions and losses are not here: they are read from the store by `ids`.

    Attributes:
        store: Its address.
        network: Name of the network the vectors come from.
        ids: Of the points, as in the store; every array's rows follow them.
        truth: What `labels` says.
        names: Of the classes or labels; of the deciles ("0.1 … 0.4") for values.
        labels: (n,) int64: class, first label that holds, or decile; −1 where nothing is known.
        layers: From the one nearest the input.
        placed_later: (n,) uint8: 1 where the point was placed on a map that was there before.
        far: (n,) uint8: 1 where a point placed later is farther from its nearest neighbour than 99 % of the old ones are.
        left_out: Rows of the store without a vector (bad files).
        distance: How distances between vectors are taken, in words.
        default: Name of the layer that the store takes where nobody names one.
    """

    store: str
    network: str
    ids: tuple[str, ...]
    truth: Truth
    names: tuple[str, ...]
    labels: Array
    layers: tuple[MappedLayer, ...]
    placed_later: Array
    far: Array
    left_out: int
    distance: str
    default: str = ""

    @property
    def judged(self) -> MappedLayer:
        """The layer that the figures and the verdict are of: the default one if it is mapped, else the deepest."""
        return next((layer for layer in self.layers if layer.layer == self.default), self.layers[-1])

    @property
    def nearness(self) -> str:
        """How neighbours at the judged layer are found, in words."""
        return f"{self.distance}, over {self.judged.placed_by}" if self.judged.placed_by else self.distance
