"""`map_store`: the map of a store's vectors; the second time, of what is new in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from striate.errors import InputError, SchemaError
from striate.events import SILENT, Events
from striate.features.mapping.kept import keep_map, kept_map
from striate.features.mapping.known import known_of, pixel_rows
from striate.features.mapping.layer import Kept, MapSettings, map_layer
from striate.features.mapping.separation import Known, PixelScore, pixel_score, too_little
from striate.features.mapping.turning import turned
from striate.features.space import Points, directions
from striate.features.store import Vectors, VectorStore
from striate.features.store.asking import quoted, without_error
from striate.numbers import plural, storage
from striate.records import MappedLayer, VectorMap

DISTANCE = "the angle between vectors after their mean is taken off (Euclidean distance of their directions)"
# Copies in float32 of a layer's vectors held at once: as read, as directions, in float64 while axes are found; or of pixels.
_COPIES = 6
_MEMORY = Path("/proc/meminfo")


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
        See `forecast_map`. Memory: six times the largest layer's vectors, or the pictures' pixels in float32 if these are
        more; 300 MiB; and for the principal axes 32 bytes times the square of features or points, whichever are fewer (half
        a GiB at most).
    """
    how = settings or MapSettings()
    chosen = [store.layer(name) for name in layers] if layers else list(store.spec.layers)
    rows = store.rows(("id", "label", "targets"), without_error(where))
    _check_memory("a layer's vectors", rows.num_rows, max(layer.size for layer in chosen), store.address)
    ids: list[str] = rows["id"].to_pylist()
    old = None if afresh or where else continued_map(store, [layer.name for layer in chosen], how, ids)[0]
    order = _order(ids, old)
    ids = [ids[place] for place in order]
    labels, targets = (_in_order(rows[name].to_pylist(), order) for name in ("label", "targets"))
    known, names, colours = known_of(labels, targets, where=store.address)
    pixels = None if known is None or too_little(known) else _pixels(store, where, ids, known, how.seed)
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
        default=store.spec.default,
    )
    if not where:
        keep_map(made)
    return made


def continued_map(
    store: VectorStore, layers: Sequence[str], settings: MapSettings, ids: Collection[str]
) -> tuple[VectorMap | None, str]:
    """Return the kept map if new points can be placed on it; else None and, where there is one, why it is made anew.

    Args:
        store: Where it is kept.
        layers: It must be of.
        settings: It must be made by.
        ids: Of the store's rows: all of the map's must be among them.
    """
    try:
        old = kept_map(store)
    except SchemaError:
        return None, "The store's map was written by another version: it is made anew."
    if old is None:
        return None, ""
    if [layer.layer for layer in old.layers] != list(layers):
        return None, "The store's map is of other layers: it is made anew."
    is_same = all(
        layer.seed == settings.seed and settings.perplexity in {0.0, layer.perplexity} and layer.perplexity > 0
        for layer in old.layers
    )
    if not is_same:
        return None, "The store's map was made by another perplexity or seed: it is made anew."
    if gone := len(set(old.ids).difference(ids)):
        are = "is" if gone == 1 else "are"
        return None, f"{plural(gone, 'point')} of the store's map {are} no longer in it: the map is made anew."
    return old, ""


def picture_pixels(store: VectorStore, where: str = "") -> int:
    """Return how many pixels vectors will be compared with, told by the first picture of a labelled row; 0 without one."""
    names = store.rows(("id",), _pictured(where))["id"].to_pylist()
    if not names:
        return 0
    one = store.rows(("thumbnail",), f"id = {quoted(names[0])}")
    return int(pixel_rows(one["thumbnail"].to_pylist())[0].shape[1])


def _pixels(store: VectorStore, where: str, ids: list[str], known: Known, seed: int) -> PixelScore | None:
    """Return how well the pictures of labelled rows tell the labels, once for all layers."""
    place = {ids[row]: number for number, row in enumerate(known.rows)}
    rows = store.rows(("id", "thumbnail"), _pictured(where))
    found = sorted(
        (place[name], data)
        for name, data in zip(rows["id"].to_pylist(), rows["thumbnail"].to_pylist(), strict=True)
        if name in place
    )
    pixels, readable = pixel_rows([data for _, data in found])
    if not len(readable):
        return None
    _check_memory("the pictures' pixels", len(pixels), pixels.shape[1], store.address)
    places = np.array([number for number, _ in found], np.int64)[readable]
    return pixel_score(directions(pixels), places, known, seed=seed)


def _order(ids: list[str], old: VectorMap | None) -> np.ndarray:
    """Return the rows with the old map's first, in its order."""
    if old is None:
        return np.arange(len(ids))
    place = {one: number for number, one in enumerate(ids)}
    first = [place[one] for one in old.ids]
    mapped = set(first)
    return np.array(first + [number for number in range(len(ids)) if number not in mapped], dtype=np.int64)


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


def _pictured(where: str) -> str:
    return f"{without_error(where)} AND targets IS NOT NULL AND thumbnail IS NOT NULL"


def _check_memory(what: str, count: int, size: int, address: str) -> None:
    available = _available()
    needed = _COPIES * 4 * count * size
    if available is not None and needed > available:
        raise InputError(
            f"{what} must fit into memory, {storage(needed)} to work with",
            got=f"{storage(available)} free",
            where=address,
            hint="Map a smaller layer (--layer), or a part of the rows (--where).",
        )


def _available() -> int | None:
    """Return the bytes that can be had without swapping, the page cache among them; None where the system does not tell."""
    try:
        told = re.search(r"^MemAvailable:\s+(\d+) kB", _MEMORY.read_text(encoding="ascii"), re.MULTILINE)
    except OSError:
        return None
    return 1024 * int(told[1]) if told else None
