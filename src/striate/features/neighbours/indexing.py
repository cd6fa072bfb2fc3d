"""`build_index`: an index over a store's vectors, told beforehand, and its recall measured against the exact answer."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

from striate.errors import DataError, InputError
from striate.events import SILENT, Events
from striate.features.neighbours.indexes import forget_index, index_name, keep_index
from striate.features.neighbours.memory import peak_growth
from striate.features.neighbours.recall import LEAST_QUERIES, K, ask_exactly, interval, seconds_of, tuned
from striate.features.store.lock import only_writer
from striate.features.store.store import VectorStore, told
from striate.numbers import duration, storage
from striate.records.neighbours import IndexKind, Metric, SearchIndex

LEAST_ROWS = 1000
# Half of them choose the probes, the other half tell the recall.
QUERIES = 400
KINDS: tuple[IndexKind, ...] = ("ivf-flat", "ivf-pq", "ivf-hnsw-sq")
_TIMED = 3
# Vectors a partition that the partitions' centres are found from, and rounds of k-means.
_SAMPLED, _ROUNDS = 64, 20
_MOST_SAMPLED_BYTES = 512 * 2**20
# Measured, see docs/measurements.md: what LanceDB holds beside the sample, and how fast it sorts vectors into partitions.
_HELD_BYTES = 400 * 2**20
_SORTED_BYTES_S = 100e6


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPlan:
    """What will be built.

    Attributes:
        kind: Which.
        rows: Vectors.
        partitions: How many.
        sampled: Vectors a partition for finding the centres.
        codes: Bytes of a vector's code; 0 where nothing is coded that way.
        told_s: About how long it will take.
        told_bytes: About how much memory at once.
    """

    kind: IndexKind
    rows: int
    partitions: int
    sampled: int
    codes: int
    told_s: float
    told_bytes: int


def plan_index(rows: int, size: int, kind: IndexKind, *, products_s: float) -> IndexPlan:
    """Return what an index over so many vectors will be: √n partitions, and what it takes.

    Args:
        rows: Vectors.
        size: Numbers in each.
        kind: Which index.
        products_s: Multiply-accumulates a second on this machine.

    Raises:
        InputError: An unknown kind.
        DataError: Fewer than 1,000 vectors.
    """
    if kind not in KINDS:
        raise InputError("an index must be ivf-flat, ivf-pq or ivf-hnsw-sq", got=kind)
    if rows < LEAST_ROWS:
        raise DataError(f"an index must have at least {LEAST_ROWS:,} vectors", got=rows, hint="Search exactly.")
    partitions = max(1, round(math.sqrt(rows)))
    if kind == "ivf-hnsw-sq":
        # A graph wants many rows, and few graphs are to be entered.
        partitions = max(1, round(partitions / 16))
    sampled = max(2, min(_SAMPLED, _MOST_SAMPLED_BYTES // (4 * size * partitions)))
    steps = partitions * sampled * _ROUNDS + rows
    seconds = steps * partitions * size / products_s + rows * size * 4 / _SORTED_BYTES_S
    return IndexPlan(
        kind=kind,
        rows=rows,
        partitions=partitions,
        sampled=sampled,
        codes=_codes(size) if kind == "ivf-pq" else 0,
        told_s=seconds,
        told_bytes=partitions * sampled * size * 4 * 2 + _HELD_BYTES,
    )


def build_index(  # noqa: PLR0913 - all but the store have a default
    store: VectorStore,
    *,
    layer: str = "",
    metric: Metric = "cosine",
    kind: IndexKind = "ivf-flat",
    recall: float = 0.99,
    queries: int = QUERIES,
    seed: int = 0,
    events: Events = SILENT,
) -> SearchIndex:
    """Build an index over the vectors of a layer in place of an earlier one, measure it, and keep what was measured.

    Rows drawn at random are asked, each left out of its own answer. Half of them choose: the fewest probes, then the smallest
    refinement, with which the lower end of the recall's interval reaches the wish. The other half tell the recall.

    Args:
        store: The store; it is refreshed.
        layer: One of its layers; the first for no name.
        metric: The distance the index is for.
        kind: "ivf-flat" keeps whole vectors by partition, "ivf-pq" codes, "ivf-hnsw-sq" graphs of codes.
        recall: The wish, 0 … 1, of the nearest 10.
        queries: Rows to ask, at least 20.
        seed: Draws them.
        events: Hears beforehand how long it will take, and how much memory.

    Raises:
        InputError: Wrong arguments.
        DataError: Fewer than 1,000 vectors.
        StorageError: Somebody else writes; the disk refused.
        Cancelled: The watcher asked to stop, before the index was built.

    When it misleads:
        The recall holds for pictures like those in the store. A picture of another kind lies between the partitions, and finds
        fewer of its nearest. Rows that the index holds are asked; `benchmarks/search.py` asks others too.

    Source:
        Inverted file and product quantisation: Jégou, Douze and Schmid, "Product Quantization for Nearest Neighbor Search",
        TPAMI 2011. Graphs: Malkov and Yashunin, "Efficient and Robust Approximate Nearest Neighbor Search Using Hierarchical
        Navigable Small World Graphs", TPAMI 2020. The indexes themselves are LanceDB's.
    """
    if not 0 < recall <= 1:
        raise InputError("a recall must be above 0 and at most 1", got=recall)
    if queries < LEAST_QUERIES:
        raise InputError(f"at least {LEAST_QUERIES} queries must measure a recall", got=queries)
    chosen = store.layer(layer)
    store.refresh()
    plan = plan_index(store.count("error IS NULL"), chosen.size, kind, products_s=_products_s(chosen.size))
    events.log(
        f"{plan.rows} vectors of {chosen.size}: an index of {plan.partitions} partitions will take about "
        f"{duration(plan.told_s)} and {storage(plan.told_bytes)} of memory"
    )
    asked = ask_exactly(store, chosen, metric, queries, seed)
    events.check("index")
    with only_writer(store.address), told(store.address), peak_growth() as peak:
        # Whoever is stopped from here on must not leave the earlier index's recall to this one.
        forget_index(store, chosen.name)
        began = time.monotonic()
        store.table.create_index(chosen.column, config=_config(plan, metric), name=index_name(chosen), replace=True)
        build_s = time.monotonic() - began
    found = tuned(store, chosen, metric, asked, partitions=plan.partitions, is_coded=kind != "ivf-flat", wished=recall)
    index = SearchIndex(
        layer=chosen.name,
        metric=metric,
        kind=kind,
        rows=plan.rows,
        version=store.version,
        partitions=plan.partitions,
        probes=found.probes,
        refine=found.refine,
        wished=recall,
        recall=float(np.mean(found.recalls)),
        interval=interval(found.recalls, seed),
        k=K,
        queries=len(found.recalls),
        told_s=plan.told_s,
        build_s=build_s,
        told_bytes=plan.told_bytes,
        peak_bytes=peak.size_bytes,
        search_s=found.search_s,
        exact_s=found.exact_s,
    )
    with only_writer(store.address):
        keep_index(store, index)
    return index


def _config(plan: IndexPlan, metric: Metric) -> Any:  # noqa: ANN401 - one of lancedb's
    from lancedb.index import HnswSq, IvfFlat, IvfPq

    made: Any = {"ivf-flat": IvfFlat, "ivf-pq": IvfPq, "ivf-hnsw-sq": HnswSq}[plan.kind]
    more = {"num_sub_vectors": plan.codes} if plan.kind == "ivf-pq" else {}
    return made(
        distance_type=metric,
        num_partitions=plan.partitions,
        max_iterations=_ROUNDS,
        sample_rate=plan.sampled,
        **more,
    )


def _codes(size: int) -> int:
    """Return the bytes of a code: a byte for eight numbers, or the nearest finer division that comes out even."""
    return next(size // step for step in (8, 7, 6, 5, 4, 3, 2, 1) if size % step == 0)


def _products_s(size: int) -> float:
    """Return multiply-accumulates a second on this machine, from a product like those of k-means."""
    rows, centres = np.ones((2048, size), np.float32), np.ones((size, 512), np.float32)
    rows @ centres
    seconds = median(seconds_of(lambda: rows @ centres) for _ in range(_TIMED))
    return rows.shape[0] * size * centres.shape[1] / seconds
