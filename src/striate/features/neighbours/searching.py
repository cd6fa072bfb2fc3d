"""`search`: the rows of a store that are most alike to a query, exactly or through its index."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from striate.errors import InputError, Quoted
from striate.features.neighbours.filters import filter_of, quoted
from striate.features.neighbours.indexes import unindexed_rows, usable_index
from striate.features.neighbours.nearest import LARGE, SMALL, Nearest, check_queries, distances, rounding_of
from striate.features.neighbours.query import IMAGE_COLUMNS, Query, images_of
from striate.features.store.blocks import vector_blocks
from striate.features.store.store import VectorStore, as_array, told
from striate.records.neighbours import Metric, Neighbour, Search, SearchIndex, StoredImage
from striate.records.vectors import VectorLayer

Way = Literal["auto", "exact", "index"]
MOST = 1000
# So many more are taken than are asked for, since copies of the query are among them.
SPARE = 8
# And so many more, so that the last is clearly farther.
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
    index = _chosen(store, query.layer, metric, way, searched)
    began = time.perf_counter()
    found, index = _found(store, query, count, metric, asked, searched, index)
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
        copies=tuple(one for one in found if one.is_copy),
        neighbours=tuple(one for one in found if not one.is_copy)[:count],
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


def _chosen(store: VectorStore, layer: VectorLayer, metric: Metric, way: Way, searched: int) -> SearchIndex | None:
    if way == "exact":
        return None
    index = usable_index(store, layer, metric)
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


def _found(
    store: VectorStore,
    query: Query,
    count: int,
    metric: Metric,
    where: str,
    searched: int,
    index: SearchIndex | None,
) -> tuple[list[Neighbour], SearchIndex | None]:
    """Return at least `count` neighbours if there are so many, with the copies that are as near; and what was gone through."""
    wanted = min(count + SPARE, searched)
    while True:
        found = None
        if index is not None:
            found = _nearest_through(store, query, metric, where, wanted, index, searched)
            index = index if len(found) == wanted else None
        if index is None or found is None:
            nearest = exact_search(store, query.layer, query.vector, metric, wanted, where, searched=searched)
            images = rows_by_id(store, [name for name, _ in nearest])
            found = [_neighbour(images[name], far, query) for name, far in nearest if name in images]
        if sum(not one.is_copy for one in found) >= count or wanted == searched:
            return found, index
        wanted = min(4 * wanted, searched)


def _nearest_through(
    store: VectorStore, query: Query, metric: Metric, where: str, wanted: int, index: SearchIndex, searched: int
) -> list[Neighbour]:
    # With a filter so many more partitions are looked into as rows are left out.
    probes = min(index.partitions, -(-index.probes * max(index.rows, searched) // searched))
    rows, far = through_index(
        store, query.layer, query.vector, metric, wanted, where,
        probes=probes, refine=index.refine, columns=(*IMAGE_COLUMNS, "thumbnail"),
    )  # fmt: skip
    found = [_neighbour(image, one, query) for image, one in zip(images_of(rows), far.tolist(), strict=True)]
    return sorted(found, key=lambda one: (one.distance, one.image.id))


def _neighbour(image: StoredImage, distance: float, query: Query) -> Neighbour:
    is_copy = bool(query.image.content) and image.content == query.image.content
    return Neighbour(image=image, distance=distance, is_copy=is_copy)


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
