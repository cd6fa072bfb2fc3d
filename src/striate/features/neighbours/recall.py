"""What an index finds of what an exact search finds, and with how little looking."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

import numpy as np
import numpy.typing as npt

from striate.errors import DataError
from striate.features.neighbours.searching import exact_nearest, nearest_images, through_index
from striate.features.store.store import VectorStore, as_array, told
from striate.records.neighbours import Metric
from striate.records.vectors import VectorLayer

# Neighbours for which recall is measured.
K = 10
REFINES = (1, 2, 5, 10, 20, 50)
LEAST_QUERIES = 20
_TIMED = 5
_RESAMPLED = 1000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """Rows that are asked, and how far the k-th nearest other is."""

    ids: list[str]
    vectors: npt.NDArray[np.float32]
    limits: list[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """How an index is searched, the recall of each query of the second half, and the seconds of a search of either way."""

    probes: int
    refine: int
    recalls: list[float]
    search_s: float
    exact_s: float


def ask_exactly(store: VectorStore, layer: VectorLayer, metric: Metric, queries: int, seed: int) -> Asked:
    """Return rows drawn at random, with the exact answer for each, itself left out."""
    draw = np.random.default_rng(seed)
    count = store.count()
    places = np.sort(draw.choice(count, min(2 * queries, count), replace=False)).tolist()
    with told(store.address):
        rows = store.table.take_offsets(places).select(["id", "error", layer.column]).to_arrow()
    rows = rows.filter(rows["error"].is_null())
    vectors = as_array(rows[layer.column], layer.size)
    kept = np.flatnonzero(np.abs(vectors).max(1) > 0) if metric == "cosine" else np.arange(len(vectors))
    kept = draw.permutation(kept)[:queries]
    if len(kept) < LEAST_QUERIES:
        raise DataError("a store must hold at least 20 vectors with a direction", got=len(kept), where=store.address)
    ids, vectors = [rows["id"][int(place)].as_py() for place in kept], vectors[kept]
    nearest = exact_nearest(store, layer, vectors, metric, K + 1)
    limits = [[far for name, far in found if name != own][:K][-1] for own, found in zip(ids, nearest, strict=True)]
    return Asked(ids=ids, vectors=vectors, limits=limits)


def tuned(
    store: VectorStore,
    layer: VectorLayer,
    metric: Metric,
    asked: Asked,
    *,
    partitions: int,
    is_coded: bool,
    wished: float,
) -> Tuned:
    """Return the fewest probes, then the smallest refinement, that reach a recall on one half; and what the other half found."""
    half = len(asked.ids) // 2

    def recalls(numbers: Sequence[int], probes: int, refine: int) -> list[float]:
        return [_recall(store, layer, metric, asked, number, probes, refine) for number in numbers]

    def reaches(probes: int, refine: int) -> bool:
        return interval(recalls(range(half), probes, refine), 0)[0] >= wished

    most = REFINES[-1] if is_coded else 1
    probes = smallest(range(1, partitions + 1), lambda number: reaches(number, most))
    refine = 1 if most == 1 else smallest(REFINES, lambda number: reaches(probes, number))
    numbers = range(half, len(asked.ids))
    ask = partial(nearest_images, store, layer, metric=metric, wanted=K, searched=store.count("error IS NULL"))
    ways = [partial(ask, probes=probes, refine=refine), ask]
    search_s, exact_s = (
        median(seconds_of(partial(way, asked.vectors[number])) for number in numbers[:_TIMED]) for way in ways
    )
    return Tuned(
        probes=probes, refine=refine, recalls=recalls(numbers, probes, refine), search_s=search_s, exact_s=exact_s
    )


def smallest(values: Sequence[int], holds: Callable[[int], bool]) -> int:
    """Return the smallest of rising values for which something holds that holds for all larger ones; the last if for none.

    It is looked for by doubling steps and then by halves, so that few values are tried, and small ones first.

    Example:
        >>> smallest(range(1, 1000), lambda value: value >= 37), smallest([1, 2, 5], lambda value: False)
        (37, 5)
    """
    below, place = -1, 0
    while place < len(values) - 1 and not holds(values[place]):
        below, place = place, min(2 * place + 1, len(values) - 1)
    while place - below > 1:
        middle = (below + place) // 2
        below, place = (below, middle) if holds(values[middle]) else (middle, place)
    return values[place]


def _recall(
    store: VectorStore, layer: VectorLayer, metric: Metric, asked: Asked, number: int, probes: int, refine: int
) -> float:
    """Return the share of a row's nearest that were found; of equally near ones any."""
    rows, far = through_index(store, layer, asked.vectors[number], metric, K + 1, probes=probes, refine=refine)
    own, limit = asked.ids[number], asked.limits[number]
    near: int = sum(
        name != own and one <= limit * (1 + 1e-9)
        for name, one in zip(rows["id"].to_pylist(), far.tolist(), strict=True)
    )
    return min(near, K) / K


def interval(values: Sequence[float], seed: int) -> tuple[float, float]:
    """Return 95 % of a mean, by drawing the values again and again."""
    held = np.asarray(values)
    drawn = np.random.default_rng(seed).integers(0, len(held), (_RESAMPLED, len(held)))
    low, high = np.quantile(held[drawn].mean(1), (0.025, 0.975))
    return float(low), float(high)


def seconds_of(work: Callable[[], object]) -> float:
    """Return the seconds of one call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
