"""Rows into the store, append by append, by the process that holds the store's lock."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

from striate.features.extraction.known import Numbers, with_ids
from striate.features.store.store import VectorStore

# An append is one version of the table and one more file: not too many, and little lost at a kill.
MOST_ROWS, MOST_S = 2048, 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Rows that were computed.

    Attributes:
        count: How many.
        errors: Why some of them have no vector.
        lane_s: Seconds they took, summed over lanes.
    """

    count: int
    errors: tuple[str, ...]
    lane_s: float


def store_rows(
    store: VectorStore,
    found: Generator[tuple[Any, float], None, None],
    numbers: Numbers,
    changed: frozenset[str],
) -> Generator[Stored, None, None]:
    """Append what lanes give, and yield what it was.

    Closed before its end, it appends what was computed.

    Args:
        store: Where to.
        found: Rows in the order of the entries, and the seconds that lanes took for them.
        numbers: Of the contents in the store; counted on.
        changed: Places whose rows are to be replaced.
    """
    pending: list[Any] = []
    written = time.monotonic()

    def flush() -> None:
        # Emptied first: what could not be written is not tried again, under other numbers.
        tables = list(pending)
        pending.clear()
        add(store, tables, numbers, changed)

    try:
        for rows, seconds in found:
            pending.append(rows)
            if sum(len(one) for one in pending) >= MOST_ROWS or time.monotonic() - written > MOST_S:
                flush()
                written = time.monotonic()
            errors = tuple(reason for reason in rows["error"].to_pylist() if reason)
            yield Stored(count=len(rows), errors=errors, lane_s=seconds)
    finally:
        # Also when somebody stops it: what was computed is kept.
        found.close()
        flush()


def add(store: VectorStore, tables: Sequence[Any], numbers: Numbers, changed: frozenset[str]) -> None:
    """Number rows and add them, in place of those of the same place where some of them have changed."""
    if not tables:
        return
    import pyarrow as pa

    rows = with_ids(pa.concat_tables(tables), numbers)
    # Replacing joins with the whole table, so it is done where it must be only.
    if changed and not changed.isdisjoint(rows["place"].to_pylist()):
        store.put(rows)
    else:
        store.append(rows)
