"""`stored_duplicates`: rows of a store that may be one picture, those first whose labels differ."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from striate.data.nearest import Numbers, Rows, clusters, pairs_above
from striate.errors import DataError, InputError
from striate.events import SILENT, Events
from striate.features.near_duplicates import feature_rows, measured_limit
from striate.features.neighbours.query import IMAGE_COLUMNS
from striate.features.neighbours.searching import rows_by_id
from striate.features.store.store import Vectors, VectorStore
from striate.numbers import plural
from striate.records.neighbours import DuplicatePair, StoredDuplicates

MOST_PAIRS = 1000
# All pairs of so many are some 20 thousand million products of vectors.
MOST_ROWS = 200_000


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
        events: Hears of blocks; may cancel.

    Raises:
        InputError: A limit that is no cosine.
        DataError: Fewer than two vectors; more than 200,000.

    When it misleads:
        As `likeness`: a network trained on these very classes folds a class together, and its images seem copies. Take an early
        layer, or a network trained on something else.

    Cost:
        n² / 2 products of vectors; memory for three copies of the vectors.
    """
    if limit is not None and not -1 <= limit <= 1:
        raise InputError("a limit must be a cosine, −1 … 1", got=limit)
    held = store.count(f"error IS NULL AND ({where})" if where else "error IS NULL")
    if not 2 <= held <= MOST_ROWS:
        raise DataError(
            f"near-duplicates must be looked for among 2 … {MOST_ROWS:,} vectors",
            got=held,
            where=store.address,
            hint="Compare a part of them: --where.",
        )
    found = store.vectors(layer, where, columns=(*IMAGE_COLUMNS, "targets"))
    rows = feature_rows(found.values)
    first, of = _contents(found)
    labels = _codes(found.column("label"))
    events.log(f"comparing {plural(len(first), 'vector')} with each other")
    classes = labels[first] if _are_classes(found) else None
    chosen, words = (limit, "given") if limit is not None else measured_limit(rows[first], classes)
    tally = _Tally(labels, first)
    is_copy = first[of] != np.arange(len(of))
    tally.take(first[of][is_copy], np.flatnonzero(is_copy), np.ones(int(is_copy.sum()), np.float32))
    ties = clusters(len(first), tally.through(pairs_above(rows[first], chosen)))[of]
    sizes = np.bincount(ties)
    return StoredDuplicates(
        address=store.address,
        layer=found.layer.name,
        rows=len(of),
        limit=chosen,
        limit_from=words,
        pairs=_pairs(store, found, tally),
        pair_count=tally.count,
        copies=int(is_copy.sum()),
        differing=tally.differing,
        groups=int((sizes > 1).sum()),
        held=int(sizes[sizes > 1].sum()),
    )


def _contents(found: Vectors) -> tuple[Numbers, Numbers]:
    """Return the first row of each content, in order, and for each row the number of its content."""
    _, places, numbers = np.unique(np.array(found.column("content")), return_index=True, return_inverse=True)
    order = np.argsort(places)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return places[order].astype(np.int64), rank[numbers]


def _codes(labels: list[str | None]) -> Numbers:
    """Return a number for each label, −1 for none."""
    known = {name: number for number, name in enumerate(sorted({name for name in labels if name is not None}))}
    return np.array([known.get(name, -1) if name is not None else -1 for name in labels], np.int64)


def _are_classes(found: Vectors) -> bool:
    """Return whether every row is of one class; several labels are no classes."""
    return all(
        label is not None and targets is not None and len(targets) == 1
        for label, targets in zip(found.column("label"), found.column("targets"), strict=True)
    )


class _Tally:
    """Counts pairs as they come, and keeps those to be shown."""

    def __init__(self, labels: Numbers, first: Numbers) -> None:
        self._labels, self._first = labels, first
        self.count = self.differing = 0
        self.one = self.other = np.zeros(0, np.int64)
        self.cosine: Rows = np.zeros(0, np.float32)

    def through(self, pairs: Iterator[tuple[Numbers, Numbers, Rows]]) -> Iterator[tuple[Numbers, Numbers, Rows]]:
        for one, other, cosine in pairs:
            self.count += len(one)
            self.take(self._first[one], self._first[other], cosine)
            yield one, other, cosine

    def take(self, one: Numbers, other: Numbers, cosine: Rows) -> None:
        self.differing += int(self.is_apart(one, other).sum())
        one, other = np.concatenate([self.one, one]), np.concatenate([self.other, other])
        cosine = np.concatenate([self.cosine, np.minimum(cosine, 1)])
        order = np.lexsort((other, one, -cosine, ~self.is_apart(one, other)))[:MOST_PAIRS]
        self.one, self.other, self.cosine = one[order], other[order], cosine[order]

    def is_apart(self, one: Numbers, other: Numbers) -> npt.NDArray[np.bool_]:
        """Return which pairs have two labels that differ."""
        here, there = self._labels[one], self._labels[other]
        apart: npt.NDArray[np.bool_] = (here >= 0) & (there >= 0) & (here != there)
        return apart


def _pairs(store: VectorStore, found: Vectors, tally: _Tally) -> tuple[DuplicatePair, ...]:
    ids = found.column("id")
    shown = sorted({ids[place] for place in (*tally.one.tolist(), *tally.other.tolist())})
    images = rows_by_id(store, shown)
    apart = tally.is_apart(tally.one, tally.other).tolist()
    pairs = []
    for one, other, cosine, differs in zip(
        tally.one.tolist(), tally.other.tolist(), tally.cosine.tolist(), apart, strict=True
    ):
        first, second = sorted((images[ids[one]], images[ids[other]]), key=lambda image: image.id)
        pairs.append(
            DuplicatePair(
                first=first, second=second, cosine=cosine, is_copy=first.content == second.content, is_apart=differs
            )
        )
    return tuple(pairs)
