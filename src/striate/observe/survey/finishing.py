"""From what was kept of a layer to its figures."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from striate.analyse.field.boxes import Boxes
from striate.observe.survey.bins import quantiles
from striate.observe.survey.fields import fields_at
from striate.observe.survey.glance import POSITIONS
from striate.observe.survey.layer_state import LayerState
from striate.records import LayerReading
from striate.records.unit_survey import LayerStatistics, SurveyedLayer

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
# Below this share of the mean square, what is left of a variance is rounding.
ROUNDING = 1e-12
_EPSILON = float(np.finfo(np.float32).eps)
Numbers = npt.NDArray[np.float64]


def surveyed(
    state: LayerState, reading: LayerReading, sizes: tuple[int, ...], whole: tuple[int, ...], boxes: Boxes
) -> SurveyedLayer:
    """Return a layer's record.

    Args:
        state: What was kept.
        reading: The layer.
        sizes: Of its map; empty for a vector.
        whole: Sizes of the input.
        boxes: Of the network's graph.
    """
    kept = state.strongest.tensors()
    k = state.needs.k
    if state.images:
        values, samples = state.strongest.values.numpy().copy(), state.strongest.samples.numpy().copy()
        places = kept["places"][:, :k].numpy().copy()
    else:
        values = np.zeros((state.needs.units, 0), np.float32)
        samples = places = np.zeros((state.needs.units, 0), np.int64)
    fields = fields_at(boxes, reading, sizes, whole, places)
    axes = reading.receptive.axes if fields.is_known else ()
    return SurveyedLayer(
        layer=reading.name,
        op=reading.tap,
        units=state.needs.units,
        sizes=sizes,
        is_rectified=reading.is_rectified,
        images=state.images,
        broken=state.broken,
        maximum=state.maximum,
        samples=samples,
        values=values,
        places=places,
        boxes=fields.boxes,
        is_cut=fields.is_cut,
        field_px=tuple(axis.size_px for axis in axes) or whole,
        has_boxes=fields.is_known,
        is_global=reading.receptive.is_global or not fields.is_known,
        statistics=_statistics(state, sizes) if state.needs.has_statistics and state.images else None,
    )


def _statistics(state: LayerState, sizes: tuple[int, ...]) -> LayerStatistics:
    images, read = state.images, max(int(state.counts["read"][0]), 1)
    mean = state.sums["means"].values / images
    mean_square = state.sums["squares"].values / images
    variance = _cleaned(mean_square - mean**2, mean_square)
    classes = state.counts["classes"].astype(np.int64) if state.needs.classes else None
    class_means = None
    if classes is not None:
        class_means = state.sums["classes"].values / np.maximum(classes, 1)[:, None]
        class_means[classes == 0] = np.nan
    participation, rank, rank_99 = _ranks(state)
    return LayerStatistics(
        positions=min(POSITIONS, int(np.prod(sizes, dtype=np.int64))),
        active_share=(state.counts["above"] / read).astype(np.float32),
        always_on=state.on.copy(),
        quantile_shares=QUANTILES,
        quantiles=quantiles(state.counts["histogram"].astype(np.int64), QUANTILES),
        mean=mean,
        spread=np.sqrt(variance),
        sparseness=_sparseness(mean, mean_square, images, state),
        class_means=class_means,
        class_counts=classes,
        selectivity=None if class_means is None or classes is None else selectivity(class_means, classes),
        explained=None if class_means is None or classes is None else explained(class_means, classes, mean, variance),
        neighbour_correlation=_beside(state) if int(state.counts["pairs"][0]) else None,
        channels=len(state.needs.channels),
        rows=int(state.counts["rows"][0]),
        participation=participation,
        rank=rank,
        rank_99=rank_99,
        responses=state.responses[state.has_response],
    )


def selectivity(class_means: Numbers, counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """Return (largest class mean − mean of all other images) / (their sum) of each unit, NaN where it says nothing.

    Source:
        Morcos, Barrett, Rabinowitz and Botvinick, "On the importance of single directions for generalization", ICLR 2018, 2.3.
        Differs: the other classes weigh as many images as they have.

    Example:
        >>> selectivity(np.array([[3.0, 1.0, -1.0], [1.0, 1.0, 2.0]]), np.array([5, 5])).tolist()
        [0.5, 0.0, nan]
    """
    present = counts > 0
    means, weights = class_means[present], counts[present].astype(np.float64)
    if len(means) < 2:
        return np.full(class_means.shape[1], np.nan, np.float32)
    best = means.argmax(0)
    highest, weight = means[best, np.arange(means.shape[1])], weights[best]
    others = ((weights[:, None] * means).sum(0) - weight * highest) / (weights.sum() - weight)
    is_meant = (means >= 0).all(0) & (highest + others > 0)
    index = (highest - others) / np.where(is_meant, highest + others, 1)
    return np.where(is_meant, index.clip(0), np.nan).astype(np.float32)


def explained(
    class_means: Numbers, counts: npt.NDArray[np.int64], mean: Numbers, variance: Numbers
) -> npt.NDArray[np.float32]:
    """Return η², the share of the variance between images that lies between classes; NaN without variance."""
    present = counts > 0
    shares = counts[present] / counts.sum()
    between = (shares[:, None] * (class_means[present] - mean) ** 2).sum(0)
    found = between / np.where(variance > 0, variance, 1)
    return np.where(variance > 0, found.clip(0, 1), np.nan).astype(np.float32)


def _sparseness(mean: Numbers, mean_square: Numbers, images: int, state: LayerState) -> npt.NDArray[np.float32]:
    """Return lifetime sparseness (Vinje and Gallant, Science 2000)."""
    if images < 2:
        return np.full(len(mean), np.nan, np.float32)
    is_meant = (mean_square > 0) & (state.least_mean >= 0)
    ratio = mean**2 / np.where(is_meant, mean_square, 1)
    return np.where(is_meant, ((1 - ratio) / (1 - 1 / images)).clip(0, 1), np.nan).astype(np.float32)


def _beside(state: LayerState) -> npt.NDArray[np.float32]:
    """Return the correlation of neighbouring positions; NaN without variance."""
    x, y, xx, yy, xy = state.sums["pairs"].values / int(state.counts["pairs"][0])
    first, second = _cleaned(xx - x**2, xx), _cleaned(yy - y**2, yy)
    size = np.sqrt(first * second)
    found = (xy - x * y) / np.where(size > 0, size, 1)
    return np.where(size > 0, found.clip(-1, 1), np.nan).astype(np.float32)


def _ranks(state: LayerState) -> tuple[float, int, int]:
    """Return participation ratio, numerical rank, and how many directions hold 99 % of the variance."""
    rows = int(state.counts["rows"][0])
    mean = state.moments["first"] / rows
    square = state.moments["second"] / rows
    covariance = square - np.outer(mean, mean)
    found = np.linalg.eigvalsh((covariance + covariance.T) / 2)[::-1].clip(0)
    if found[0] <= ROUNDING * max(float(np.trace(square)), 1e-300):
        return float("nan"), 0, 0
    share = found.cumsum() / found.sum()
    return (
        # Sums in another order differ in the last digits.
        float(f"{found.sum() ** 2 / (found**2).sum():.9g}"),
        int((found > found[0] * len(found) * _EPSILON).sum()),
        int(np.searchsorted(share, 0.99 - 1e-9) + 1),
    )


def _cleaned(variance: Numbers, square: Numbers) -> Numbers:
    """Return a variance with rounding put to zero."""
    return np.where(variance > ROUNDING * square, variance, 0.0)
