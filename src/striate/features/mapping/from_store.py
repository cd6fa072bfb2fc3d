"""`map_store`: the map of a store's vectors; the second time, of what is new in it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from striate.errors import InputError, SchemaError
from striate.events import SILENT, Events
from striate.features.mapping.kept import keep_map, kept_map
from striate.features.mapping.known import known_of, pixel_rows
from striate.features.mapping.layer import Kept, MapSettings, map_layer
from striate.features.mapping.turning import turned
from striate.features.space import Points
from striate.features.store import Vectors, VectorStore
from striate.numbers import plural, storage
from striate.records import MappedLayer, VectorMap

DISTANCE = "the angle between vectors after their mean is taken off (Euclidean distance of their directions)"
# Copies of a layer's vectors held at once: as read, as directions, in float64 while axes are found.
_COPIES = 5


def map_store(
    store: VectorStore,
    *,
    layers: Sequence[str] = (),
    where: str = "",
    afresh: bool = False,
    settings: MapSettings | None = None,
    events: Events = SILENT,
) -> VectorMap:
    """Return the map of a store's vectors, and keep it in the store.

    A map of the same layers that the store has is continued: its points stay where they are, and only new rows are placed.
    Everything that is measured is measured again, on all points.

    Args:
        store: Where the vectors are.
        layers: Names, from the input to the last; all the store has if empty.
        where: SQL over the columns: a map of a part; it is not kept.
        afresh: Make a new map also where there is one.
        settings: How; another perplexity or seed than the kept map's makes a new one.
        events: Hears tasks; may cancel.

    Raises:
        InputError: Fewer than two vectors; numbers that are not finite; more than the memory holds.
        DataError: Not one vector.
        UnknownNameError: A layer the store has not.
        StorageError: The store cannot be read or written.

    When it misleads:
        After many points were placed later, groups that only they have are not seen: make the map afresh.

    Cost:
        See `forecast_map`. Memory: five times one layer's vectors, and 128 MiB.
    """
    how = settings or MapSettings()
    chosen = [store.layer(name) for name in layers] if layers else list(store.spec.layers)
    rows = store.rows(("id", "label", "targets", "thumbnail"), _without_error(where))
    _check_memory(rows.num_rows, max(layer.size for layer in chosen), store.address)
    old = None if afresh or where else continued_map(store, [layer.name for layer in chosen], how)
    ids: list[str] = rows["id"].to_pylist()
    order, gone = _order(ids, old)
    if gone:
        old = None
        order = np.arange(len(ids))
    ids = [ids[place] for place in order]
    known, names, colours = known_of(*(_in_order(rows[name].to_pylist(), order) for name in ("label", "targets")))
    pixels = pixel_rows(_in_order(rows["thumbnail"].to_pylist(), order)) if known is not None else None
    mapped: list[MappedLayer] = []
    far = np.zeros(len(ids), np.uint8)
    for number, layer in enumerate(chosen):
        values = _values(store.vectors(layer.name, where, columns=("id",)), ids)
        onto: Points | Kept | None = mapped[-1].points if mapped else None
        if old is not None:
            onto = Kept(layer=old.layers[number], count=int((old.placed_later == 0).sum()))
        found, far = map_layer(layer.name, values, known, pixels=pixels, onto=onto, settings=how, events=events)
        mapped.append(replace(found, pca=turned(found.pca, mapped[-1].pca if mapped else found.points)[0]))
    later = np.zeros(len(ids), np.uint8)
    if old is not None:
        later[: len(old.ids)] = old.placed_later
        later[len(old.ids) :] = 1
        far[: len(old.ids)] = old.far
    made = VectorMap(
        store=store.address,
        network=store.spec.network,
        ids=tuple(ids),
        truth=known.truth if known is not None else "none",
        names=names,
        labels=colours,
        layers=tuple(mapped),
        placed_later=later,
        far=far,
        left_out=store.count() - len(ids) if not where else store.count(f"error IS NOT NULL AND ({where})"),
        distance=DISTANCE,
    )
    if not where:
        keep_map(made)
    return made


def continued_map(store: VectorStore, layers: Sequence[str], settings: MapSettings) -> VectorMap | None:
    """Return the kept map if it is of these layers, made in this way, and has a t-SNE to place points on."""
    try:
        old = kept_map(store)
    except SchemaError:
        # Of another version: it is made again.
        return None
    if old is None or [layer.layer for layer in old.layers] != list(layers):
        return None
    is_same = all(
        layer.seed == settings.seed and settings.perplexity in {0.0, layer.perplexity} and layer.perplexity > 0
        for layer in old.layers
    )
    return old if is_same else None


def _order(ids: list[str], old: VectorMap | None) -> tuple[np.ndarray, bool]:
    """Return the rows with the old map's first, in its order; and whether some of those are gone."""
    if old is None:
        return np.arange(len(ids)), False
    place = {one: number for number, one in enumerate(ids)}
    if not all(one in place for one in old.ids):
        return np.arange(len(ids)), True
    first = [place[one] for one in old.ids]
    mapped = set(first)
    return np.array(first + [number for number in range(len(ids)) if number not in mapped], dtype=np.int64), False


def _values(found: Vectors, ids: list[str]) -> np.ndarray:
    """Return the vectors in the order of ids; rows written since these were read are left for the next time."""
    place = {one: number for number, one in enumerate(found.column("id"))}
    if missing := [one for one in ids if one not in place]:
        raise InputError(
            "a store must keep its rows while it is mapped",
            got=f"{plural(len(missing), 'row')} gone",
            where=found.layer.name,
        )
    return found.values[[place[one] for one in ids]]


def _in_order(values: list, order: np.ndarray) -> list:  # type: ignore[type-arg]
    return [values[place] for place in order]


def _without_error(where: str) -> str:
    return f"error IS NULL AND ({where})" if where else "error IS NULL"


def _check_memory(count: int, size: int, address: str) -> None:
    available = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    needed = _COPIES * 4 * count * size
    if needed > available:
        raise InputError(
            f"a layer's vectors must fit into memory, {storage(needed)} to work with",
            got=f"{storage(available)} free",
            where=address,
            hint="Map a smaller layer (--layer), or a part of the rows (--where).",
        )
