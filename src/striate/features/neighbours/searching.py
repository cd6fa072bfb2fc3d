"""`search`: the rows of a store that are most alike to a query, exactly or through its index."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from striate.errors import InputError, Quoted
from striate.features.neighbours.filters import filter_of
from striate.features.neighbours.indexes import unindexed_rows, usable_index
from striate.features.neighbours.nearest import LARGE, SMALL, Nearest, check_queries, distances, rounding_of
from striate.features.neighbours.query import IMAGE_COLUMNS, Query, images_of
from striate.features.store.asking import quoted
from striate.features.store.blocks import vector_blocks
from striate.features.store.store import VectorStore, as_array, told
from striate.records.neighbours import Metric, Neighbour, Search, SearchIndex, StoredImage
from striate.records.vectors import VectorLayer

Way = Literal["auto", "exact", "index"]
MOST = 1000
# Copies of the query that are named; all are counted.
MOST_COPIES = 100
# So many more are taken than are wanted, so that the last is clearly farther.
BEYOND = 16


def search(  # noqa: PLR0913 - all but what is asked have a default
    store: VectorStore,
    query: Query,
    *,
    count: int = 12,
    metric: Metric = "cosine",
    label: str = "",
    split: str = "",
    where: str = "",
    way: Way = "auto",
) -> Search:
    """Return the rows of a store nearest to a query; those with the query's content are told apart.

    Every neighbour satisfies the filters: they are applied first, then the nearest are taken.

    Args:
        store: The store.
        query: See `query_of`.
        count: How many neighbours, at most 1,000; fewer if the store has not so many.
        metric: "cosine", of vectors as they are, or "l2".
        label: Only rows of this class, or with this label among several.
        split: Only rows of this part of the data.
        where: Only rows that satisfy this SQL.
        way: "exact"; through the "index"; or "auto": through the index where there is one for this layer and metric that was
            measured to be faster, and no filter leaves fewer rows than are read through it anyway.

    Raises:
        InputError: A count below 1 or above 1,000; a vector that is not finite; no index where one is asked for.
        UnknownNameError: A label or split that nobody has.
        DataError: No vectors.
        StorageError: The store was deleted, or cannot be read.

    When it misleads:
        Near under one network is near in what that network learned to tell apart: one trained to tell digits calls two sevens
        alike, whoever wrote them. Cosine forgets how strong features are, L2 is ruled by the strongest. Nearest is not near:
        compare the distances with those to other classes.

    Cost:
        Exact: every vector is read once, and memory is for blocks of them. Through an index: see `SearchIndex.search_s`.
    """
    if not 1 <= count <= MOST:
        raise InputError(f"the number of neighbours must be 1 … {MOST:,}", got=count)
    check_queries(query.vector[None], metric)
    asked, searched = filter_of(store, label=label, split=split, where=where)
    usable = usable_index(store, query.layer, metric)
    index = _chosen(store, query.layer, metric, way, searched, usable)
    began = time.perf_counter()
    copies, copy_count = _copies(store, query, metric, asked)
    neighbours, index = _neighbours(
        store, query, count, metric, asked, searched=searched, copies=copy_count, index=index
    )
    return Search(
        address=store.address,
        version=store.version,
        network=store.spec.network,
        layer=query.layer.name,
        size=query.layer.size,
        metric=metric,
        query=query.image,
        where=asked,
        asked=count,
        searched=searched,
        copies=copies,
        copy_count=copy_count,
        neighbours=neighbours,
        has_index=usable is not None,
        index=index,
        unindexed=unindexed_rows(store, query.layer) if index else 0,
        seconds=time.perf_counter() - began,
    )


def exact_nearest(
    store: VectorStore,
    layer: VectorLayer,
    queries: npt.NDArray[np.floating],
    metric: Metric,
    count: int,
    where: str = "",
) -> list[list[tuple[str, float]]]:
    """Return for each query (q, size) the ids and distances of the nearest rows, nearest first; of equal ones the smaller id."""
    kept = Nearest(queries, metric, count)
    for values, rows in vector_blocks(store, layer, ("id",), where):
        kept.add(values, _namer(rows["id"]))
    return kept.found


def exact_search(
    store: VectorStore,
    layer: VectorLayer,
    vector: npt.NDArray[np.float32],
    metric: Metric,
    wanted: int,
    where: str,
    *,
    searched: int,
) -> list[tuple[str, float]]:
    """Return as `exact_nearest` for one query, faster where that can be proved to be the same.

    LanceDB's own pass over all vectors rounds to float32, knows no order of equal distances and leaves out zeros. It is asked for
    some more rows than are wanted: if the last of them is farther than the last wanted one by more than the rounding can be,
    whoever it left out is farther, too. Otherwise the vectors are read here.
    """
    with told(store.address):
        asked = (
            store.table.search(vector, vector_column_name=layer.column)
            .distance_type(metric)
            .bypass_vector_index()
            .limit(min(wanted + BEYOND, searched))
            .select(["id", layer.column, "_distance"])
        )
        only = f"error IS NULL AND {where}" if where else "error IS NULL"
        rows = asked.where(only, prefilter=True).to_arrow()
    far = distances(as_array(rows[layer.column], layer.size), vector, metric)
    found = sorted(zip(rows["id"].to_pylist(), far.tolist(), strict=True), key=lambda row: (row[1], row[0]))
    if len(found) < searched and not _is_proved(found, wanted, rows, metric, layer):
        [found] = exact_nearest(store, layer, vector[None], metric, wanted, where)
    return found[:wanted]


def _is_proved(
    found: Sequence[tuple[str, float]],
    wanted: int,
    rows: Any,  # noqa: ANN401 - a pyarrow.Table
    metric: Metric,
    layer: VectorLayer,
) -> bool:
    """Return whether no row that was left out can be as near as the last wanted one."""
    if len(found) < wanted + BEYOND:
        return False
    limit, rounding = found[wanted - 1][1], rounding_of(layer.size)
    last = float(max(rows["_distance"].to_pylist()))
    if metric == "cosine":
        return limit + rounding < min(last, 1.0)
    # Squares; those near the end of float32 have lost their digits.
    return SMALL < last < LARGE and limit**2 * (1 + rounding) < last * (1 - rounding)


def through_index(  # noqa: PLR0913 - what is asked, and how
    store: VectorStore,
    layer: VectorLayer,
    vector: npt.NDArray[np.float32],
    metric: Metric,
    wanted: int,
    where: str = "",
    *,
    probes: int,
    refine: int,
    columns: Sequence[str] = ("id",),
) -> tuple[Any, npt.NDArray[np.float64]]:
    """Return the nearest rows that the index finds, a pyarrow.Table of columns, and their exact distances, in no order.

    Rows that the index does not hold yet are read as well.
    """
    with told(store.address):
        asked = (
            store.table.search(vector, vector_column_name=layer.column)
            .distance_type(metric)
            .nprobes(probes)
            .limit(wanted)
            .select([*columns, layer.column, "_distance"])
        )
        if refine > 1:
            asked = asked.refine_factor(refine)
        rows = (asked.where(where, prefilter=True) if where else asked).to_arrow()
    return rows.select(list(columns)), distances(as_array(rows[layer.column], layer.size), vector, metric)


def nearest_images(  # noqa: PLR0913 - what is asked, and how
    store: VectorStore,
    layer: VectorLayer,
    vector: npt.NDArray[np.float32],
    metric: Metric,
    wanted: int,
    where: str = "",
    *,
    searched: int,
    probes: int = 0,
    refine: int = 1,
) -> list[tuple[StoredImage, float]]:
    """Return the nearest of so many searched rows and their distances, in order: by the index with `probes`, else exactly."""
    if probes:
        rows, far = through_index(
            store, layer, vector, metric, wanted, where,
            probes=probes, refine=refine, columns=(*IMAGE_COLUMNS, "thumbnail"),
        )  # fmt: skip
        return sorted(zip(images_of(rows), far.tolist(), strict=True), key=lambda row: (row[1], row[0].id))
    nearest = exact_search(store, layer, vector, metric, wanted, where, searched=searched)
    images = rows_by_id(store, [name for name, _ in nearest])
    return [(images[name], far) for name, far in nearest]


def _chosen(
    store: VectorStore, layer: VectorLayer, metric: Metric, way: Way, searched: int, index: SearchIndex | None
) -> SearchIndex | None:
    if way == "exact":
        return None
    if way == "index":
        if index is None:
            raise InputError(
                f"a store must have an index of {layer.name} under {metric} to be searched through one",
                got=Quoted("none"),
                where=store.address,
                hint=f"Build one: striate index {store.address}.",
            )
        return index
    if index is None or index.search_s >= index.exact_s:
        return None
    return index if index.probes * max(index.rows, searched) < index.partitions * searched else None


def _copies(store: VectorStore, query: Query, metric: Metric, where: str) -> tuple[tuple[Neighbour, ...], int]:
    """Return rows with the query's content, nearest first, those written first of too many; and how many there are."""
    if not query.image.content:
        return (), 0
    only = " AND ".join(filter(None, ("error IS NULL", where, f"content = {quoted(query.image.content)}")))
    count = store.count(only)
    with told(store.address):
        rows = store.scan([*IMAGE_COLUMNS, "thumbnail", query.layer.column], only).limit(MOST_COPIES).to_arrow()
    far = distances(as_array(rows[query.layer.column], query.layer.size), query.vector, metric)
    found = [
        Neighbour(image=image, distance=one, is_copy=True)
        for image, one in zip(images_of(rows), far.tolist(), strict=True)
    ]
    return tuple(sorted(found, key=lambda one: (one.distance, one.image.id))), count


def _neighbours(  # noqa: PLR0913 - what is asked, and how
    store: VectorStore,
    query: Query,
    count: int,
    metric: Metric,
    where: str,
    *,
    searched: int,
    copies: int,
    index: SearchIndex | None,
) -> tuple[tuple[Neighbour, ...], SearchIndex | None]:
    """Return the nearest rows that are no copies, and the index if it was gone through."""
    if copies > count:
        # A filter takes LanceDB three times as long, some rows more do not: few copies are asked for, and dropped.
        where = " AND ".join(filter(None, (where, f"content <> {quoted(query.image.content)}")))
        searched, copies = searched - copies, 0
    wanted = min(count + copies, searched)
    if not wanted:
        return (), None
    found: list[tuple[StoredImage, float]] = []
    ask = partial(nearest_images, store, query.layer, query.vector, metric, wanted, where, searched=searched)
    if index is not None:
        # With a filter so many more partitions are looked into as rows are left out.
        probes = min(index.partitions, -(-index.probes * max(index.rows, searched) // searched))
        found = ask(probes=probes, refine=index.refine)
    if len(found) < wanted:
        found, index = ask(), None
    others = [
        Neighbour(image=image, distance=far)
        for image, far in found
        if not query.image.content or image.content != query.image.content
    ]
    return tuple(others[:count]), index


def rows_by_id(store: VectorStore, names: Sequence[str]) -> dict[str, StoredImage]:
    """Return rows by their ids."""
    if not names:
        return {}
    asked = f"id IN ({', '.join(map(quoted, names))})"
    return {image.id: image for image in images_of(store.rows((*IMAGE_COLUMNS, "thumbnail"), asked))}


def _namer(ids: Any) -> Any:  # noqa: ANN401 - a pyarrow column
    def names(places: Sequence[int]) -> list[str]:
        found: list[str] = ids.take(places).to_pylist()
        return found

    return names
