"""`stored_duplicates`: rows of a store that may be one picture, those first whose labels differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from striate.errors import DataError, InputError, Quoted
from striate.events import SILENT, Events
from striate.features.alike import Alike, alike, contents_of, numbered
from striate.features.near_duplicates import feature_rows
from striate.features.neighbours.query import IMAGE_COLUMNS, images_of
from striate.features.store.asking import without_error
from striate.features.store.blocks import vector_blocks
from striate.features.store.store import VectorStore
from striate.numbers import plural, storage
from striate.records.neighbours import DuplicatePair, StoredDuplicates
from striate.records.vectors import VectorLayer

# All pairs of so many are some 20 thousand million products of vectors.
MOST_ROWS = 200_000
# Of vectors; memory is for two copies.
MOST_BYTES = 2**30


def stored_duplicates(
    store: VectorStore,
    *,
    layer: str = "",
    limit: float | None = None,
    where: str = "",
    events: Events = SILENT,
) -> StoredDuplicates:
    """Return the near-duplicates of a store: cosines of all pairs of centred vectors, and a limit measured on them.

    As `likeness`, on vectors that are there. Two rows of one picture with different labels are a label error, or a picture that
    is of both.

    Args:
        store: The store.
        layer: One of its layers; the first for no name.
        limit: A cosine of your own, −1 … 1, in place of the measured one.
        where: SQL: only these rows are compared.
        events: Hears how many are compared.

    Raises:
        InputError: A limit that is no cosine; SQL that is not one whole expression.
        DataError: Fewer than two vectors; more than 200,000, or than 1 GiB of them.

    When it misleads:
        As `likeness`: a network trained on these very classes folds a class together, and its images seem copies. Take an early
        layer, or a network trained on something else.

    Cost:
        n² / 2 products of vectors; memory for two copies of the vectors and some 150 MiB beside (measured: 535 MiB
        for 195 MiB of vectors).
    """
    if limit is not None and not -1 <= limit <= 1:
        raise InputError("a limit must be a cosine, −1 … 1", got=limit)
    chosen = store.layer(layer)
    asked = without_error(where)
    held = store.count(asked)
    if not 2 <= held <= MOST_ROWS or held * chosen.size * 4 > MOST_BYTES:
        raise DataError(
            f"near-duplicates must be looked for among 2 … {MOST_ROWS:,} vectors of {storage(MOST_BYTES)} at most",
            got=Quoted(f"{held:,} of {storage(held * chosen.size * 4)}"),
            where=store.address,
            hint="Compare a part of them: --where.",
        )
    rows = store.rows((*IMAGE_COLUMNS, "targets"), asked)
    contents, labels = contents_of(rows["content"].to_pylist()), numbered(rows["label"].to_pylist())
    events.log(f"comparing {plural(len(contents.first), 'vector')} with each other")
    seen = alike(
        feature_rows(_vectors(store, chosen, where, held), contents.first if len(contents.copies) else None),
        contents,
        labels,
        has_classes=_are_classes(rows),
        limit=limit,
        with_copies=True,
    )
    sizes = np.bincount(seen.clusters)
    return StoredDuplicates(
        address=store.address,
        layer=chosen.name,
        rows=len(labels),
        limit=seen.limit,
        limit_from=seen.limit_from,
        pairs=_pairs(rows, seen),
        pair_count=seen.pair_count,
        copies=len(contents.copies),
        differing=seen.differing,
        groups=int((sizes > 1).sum()),
        held=int(sizes[sizes > 1].sum()),
    )


def _vectors(store: VectorStore, layer: VectorLayer, where: str, count: int) -> npt.NDArray[np.float32]:
    """Return the vectors (count, size) block by block: read at once they would be there twice."""
    values = np.empty((count, layer.size), np.float32)
    top = 0
    for block, _ in vector_blocks(store, layer, ("id",), where):
        values[top : top + len(block)] = block
        top += len(block)
    return values


def _are_classes(rows: Any) -> bool:  # noqa: ANN401 - a pyarrow.Table
    """Return whether every row is of one class; several labels are no classes."""
    return all(
        label is not None and targets is not None and len(targets) == 1
        for label, targets in zip(rows["label"].to_pylist(), rows["targets"].to_pylist(), strict=True)
    )


def _pairs(rows: Any, seen: Alike) -> tuple[DuplicatePair, ...]:  # noqa: ANN401 - as above
    shown = rows.select(IMAGE_COLUMNS)
    ends = zip(images_of(shown.take(seen.one)), images_of(shown.take(seen.other)), strict=True)
    pairs = []
    for two, cosine, is_apart in zip(ends, seen.cosine.tolist(), seen.is_apart.tolist(), strict=True):
        first, second = sorted(two, key=lambda image: image.id)
        is_copy = first.content == second.content
        pairs.append(DuplicatePair(first=first, second=second, cosine=cosine, is_copy=is_copy, is_apart=is_apart))
    return tuple(pairs)
