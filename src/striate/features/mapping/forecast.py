"""What a map will cost, from costs that are measured for a moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import torch

from striate.features.mapping.comparing import MOST_COMPARED
from striate.features.mapping.forces import GridForces
from striate.features.mapping.quality import MOST_JUDGED
from striate.features.mapping.tsne import EARLY, LATE, REACH, reach, usual_perplexity
from striate.numbers import duration, plural

# A map's span grows to about so many times the root of its points, and while it does, a step costs so much of the last one.
_SPAN = 1.35
_GROWING = 0.6
_ROWS = 256
# Of more rows, so many are tried, and the rest reckoned.
_MOST_TRIED = 20_000
# Tried beside the drawn one, at most.
_OTHER_MAPS = 5
_TRIED_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class MapForecast:
    """What a map of so many vectors will take.

    Attributes:
        points: How many.
        layers: How many layers.
        neighbours_s: Seconds to find neighbours and to measure.
        placing_s: Seconds for the maps that are drawn.
        comparing_s: Seconds for the maps tried beside them.
    """

    points: int
    layers: int
    neighbours_s: float
    placing_s: float
    comparing_s: float

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.neighbours_s + self.placing_s + self.comparing_s

    def words(self) -> str:
        """Return the forecast in a sentence."""
        subject = f"{plural(self.points, 'point')} at {plural(self.layers, 'layer')}"
        if not self.placing_s:
            return (
                f"There is a map of this store: new points are placed on it. Measuring {subject} will take about "
                f"{duration(self.seconds)}."
            )
        return (
            f"Mapping {subject} will take about "
            f"{duration(self.seconds)}: {duration(self.neighbours_s)} to find and compare neighbours, "
            f"{duration(self.placing_s)} to place the points, {duration(self.comparing_s)} for other perplexities and starts."
        )


def forecast_map(
    count: int,
    sizes: tuple[int, ...],
    *,
    pixels: int = 0,
    perplexity: float = 0.0,
    is_compared: bool = True,
    is_continued: bool = False,
    threads: int = 0,
) -> MapForecast:
    """Return what a map will cost: some products and some steps are timed, on random numbers of its size.

    Args:
        count: Points.
        sizes: Length of the vectors of each layer.
        pixels: Of each picture compared with; 0 for none.
        perplexity: As in `MapSettings`.
        is_compared: Whether other maps are tried.
        is_continued: Whether there is a map, on which only new points are placed.
        threads: As for `place_points`.

    When it misleads:
        Other work on the machine while it measures, or after, changes the truth: it told within a factor of two on a busy
        machine.

    Cost:
        About a second.
    """
    perplexity = min(perplexity, (count - 1) / REACH) if perplexity else usual_perplexity(count)
    some = min(count, MOST_JUDGED)
    beside = _product_s(count, pixels) / _ROWS if pixels else 0.0
    # Of pixels neighbours and a silhouette, once for all layers.
    neighbours, judged = count * beside, some * beside
    for size in sizes:
        block = _product_s(count, size) / _ROWS
        neighbours += count * block
        # Qualities of two pictures, a silhouette.
        judged += some * 3 * (block + _ranking_s(count))
    if is_continued:
        return MapForecast(
            points=count, layers=len(sizes), neighbours_s=neighbours + judged, placing_s=0.0, comparing_s=0.0
        )
    steps = EARLY + LATE
    placing = len(sizes) * steps * _GROWING * _step_s(count, perplexity, threads)
    compared = min(count, MOST_COMPARED)
    comparing = (
        len(sizes) * _OTHER_MAPS * steps * _GROWING * _step_s(compared, perplexity, threads) if is_compared else 0
    )
    return MapForecast(
        points=count,
        layers=len(sizes),
        neighbours_s=neighbours + judged,
        placing_s=placing,
        comparing_s=comparing,
    )


def _product_s(count: int, size: int) -> float:
    """Return the seconds to find the neighbours of 256 rows."""
    some = min(count, _MOST_TRIED)
    there = torch.rand(some, size)
    here = there[:_ROWS]
    return count / some * _timed(lambda: (here @ there.T).topk(min(98, some), dim=1, largest=False, sorted=False))


def _ranking_s(count: int) -> float:
    ranks = np.random.default_rng(0).random((16, count), np.float32)
    return _timed(lambda: np.sort(ranks, axis=1)) / 16


def _step_s(count: int, perplexity: float, threads: int) -> float:
    """Return the seconds of one step when the map has its full span."""
    from openTSNE import TSNEEmbedding
    from scipy.sparse import csr_matrix

    generator = np.random.default_rng(0)
    places = generator.uniform(0, _SPAN * count**0.5, (count, 2))
    # Affinities are joined both ways: about twice the neighbours, of which most are mutual.
    each = int(1.5 * reach(perplexity))
    columns = generator.integers(0, count, (count, each)).astype(np.int32)
    affinities = csr_matrix(
        (np.full(count * each, 1 / (count * each)), columns.reshape(-1), np.arange(0, count * each + 1, each)),
        (count, count),
    )
    embedding = TSNEEmbedding(
        places,
        SimpleNamespace(P=affinities),
        negative_gradient_method=GridForces(),
        n_jobs=threads or torch.get_num_threads(),
    )
    # So small a rate that the span stays.
    return _timed(lambda: embedding.optimize(n_iter=2, learning_rate=1e-6, inplace=True)) / 2


def _timed(work: Callable[[], object]) -> float:
    """Return the mean seconds of the calls that a fifth of a second holds, two at least, after one that warms up."""
    work()
    began, calls = time.perf_counter(), 0
    while calls < 2 or time.perf_counter() - began < _TRIED_S:
        work()
        calls += 1
    return (time.perf_counter() - began) / calls
