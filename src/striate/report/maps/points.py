"""What a store knows of the points of a map: where they come from, what was answered, how they look."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from striate.errors import DataError
from striate.records.vector_map import VectorMap

if TYPE_CHECKING:
    from striate.features.store import VectorStore

# Rows asked for by their ids at once.
_BLOCK = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPoints:
    """What is known of each point of a map, in the order of its ids; None, "" or NaN where nobody said.

    Attributes:
        places: Where each input came from.
        labels: As stored.
        predictions: The network's answer.
        splits: Part of the data.
        losses: (n,) float32.
        values: (n,) float32: the first target where targets are values.
    """

    places: tuple[str, ...]
    labels: tuple[str | None, ...]
    predictions: tuple[str | None, ...]
    splits: tuple[str | None, ...]
    losses: npt.NDArray[np.float32]
    values: npt.NDArray[np.float32]


def read_points(found: VectorMap, store: VectorStore) -> MapPoints:
    """Return what the store knows of a map's points.

    Raises:
        DataError: A point of the map is not in the store (any more).
        StorageError: The store cannot be read.
    """
    columns = ("id", "place", "label", "targets", "prediction", "loss", "split")
    table = store.rows(columns, "error IS NULL").to_pydict()
    at = {name: row for row, name in enumerate(table["id"])}
    missing = next((name for name in found.ids if name not in at), None)
    if missing is not None:
        raise DataError(
            "every point of a map must be in its store",
            got=missing,
            where=store.address,
            hint="Make the map again: the store has changed.",
        )
    rows = [at[name] for name in found.ids]

    def taken(column: str) -> tuple[Any, ...]:
        return tuple(table[column][row] for row in rows)

    is_values = found.truth == "values"
    return MapPoints(
        places=tuple(place or "" for place in taken("place")),
        labels=taken("label"),
        predictions=taken("prediction"),
        splits=tuple(split or None for split in taken("split")),
        losses=_floats(taken("loss")),
        values=_floats(target[0] if is_values and target else None for target in taken("targets")),
    )


def read_thumbnails(ids: Sequence[str], store: VectorStore) -> dict[str, bytes]:
    """Return the stored small pictures of some points by their ids; those without one are not in it."""
    found: dict[str, bytes] = {}
    for block in _blocks(ids):
        wanted = ", ".join("'" + name.replace("'", "''") + "'" for name in block)
        table = store.rows(("id", "thumbnail"), f"id IN ({wanted})").to_pydict()
        pairs = zip(table["id"], table["thumbnail"], strict=True)
        found.update({name: picture for name, picture in pairs if picture is not None})
    return found


def _blocks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _BLOCK):
        yield ids[start : start + _BLOCK]


def _floats(numbers: Iterable[float | None]) -> npt.NDArray[np.float32]:
    return np.array([np.nan if number is None else number for number in numbers], np.float32)
