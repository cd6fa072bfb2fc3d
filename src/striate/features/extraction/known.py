"""What a store has already: which files need not be read again, what is said of them, and how contents are numbered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from striate.data.pixels import content_key
from striate.data.reading import Entry
from striate.features.extraction.rows import label_of, targets_of
from striate.features.store.store import VectorStore, told
from striate.records import Output

State = Literal["new", "changed", "retold", "same"]
_COLUMNS = ("place", "size_bytes", "modified_ns", "content", "id", "label", "targets", "group", "split")
# Read at a time.
_ROWS = 16_384


class Said(NamedTuple):
    """What is said of a sample, as the store's columns hold it."""

    label: str | None
    targets: tuple[float, ...] | None
    group: str | None
    split: str


class KnownRow(NamedTuple):
    """A row of the store, as far as it matters here."""

    size_bytes: int
    modified_ns: int
    content: str
    number: int
    said: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The rows of a store, by place."""

    rows: Mapping[str, KnownRow]

    def state(self, entry: Entry, said: Said, content: str) -> State:
        """Return what an entry is to the store; "retold" if only what is said of it changed.

        Args:
            entry: The entry.
            said: What is to be said of it, see `saying`.
            content: The content's key, for a sample in memory; empty for a file, which is told by size and time.
        """
        found = self.rows.get(entry.place)
        if found is None:
            return "new"
        # What could not be opened may have been a fault that passed.
        if not found.content or not _is_same(entry, found, content):
            return "changed"
        return "same" if said == found.said else "retold"

    def saying(self, entry: Entry, split: str, truth: Output | None) -> Said:
        """Return what is said of an entry; what nobody says now stays as the store has it."""
        found = self.rows.get(entry.place)
        stored = found.said if found is not None else Said(None, None, None, "")
        targets = targets_of(entry)
        return Said(
            label=stored.label if targets is None else label_of(entry, truth),
            targets=stored.targets if targets is None else tuple(float(np.float32(value)) for value in targets),
            group=entry.group or stored.group,
            split=split or stored.split,
        )

    def numbers(self) -> Numbers:
        """Return the numbers in use."""
        return Numbers(self.rows)


def _is_same(entry: Entry, found: KnownRow, content: str) -> bool:
    if content:
        return content == found.content
    try:
        status = entry.path.stat()
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (found.size_bytes, found.modified_ns)


def known_rows(store: VectorStore) -> Known:
    """Return what a store has."""
    same: dict[Said, Said] = {}
    found: dict[str, KnownRow] = {}
    with told(store.address):
        for batch in store.scan(_COLUMNS).to_batches(_ROWS):
            columns = (batch[name].to_pylist() for name in _COLUMNS)
            for place, size, modified, content, own, label, targets, group, split in zip(*columns, strict=True):
                said = Said(label, None if targets is None else tuple(targets), group, split or "")
                # Many rows say the same: one of them is kept.
                said = same.setdefault(said, said)
                found[place] = KnownRow(size, modified, content, _number(own), said)
    return Known(rows=found)


def _number(own: str) -> int:
    _, _, number = own.partition(".")
    return int(number) if number else 1


class Numbers:
    """Numbers samples of the same content: the first has the content's key as its id, further ones ".2", ".3" and so on.

    Args:
        rows: Those in use, by place: numbers go on from the highest of each content, and what is written again at its place
            keeps its number while the content stays.
    """

    def __init__(self, rows: Mapping[str, KnownRow] | None = None) -> None:
        self._rows = rows or {}
        self._highest: dict[str, int] = {}
        for row in self._rows.values():
            self._highest[row.content] = max(self._highest.get(row.content, 0), row.number)

    def knows(self, contents: Iterable[str]) -> bool:
        """Return whether one of the contents has been numbered before."""
        return any(content in self._highest for content in contents)

    def ids(self, contents: Iterable[str], places: Iterable[str]) -> list[str]:
        """Return the ids of rows; what could not even be opened has no content, and its id is made of its place."""
        return [self._id(content, place) for content, place in zip(contents, places, strict=True)]

    def _id(self, content: str, place: str) -> str:
        if not content:
            return f"unread-{content_key(place.encode())}"
        before = self._rows.get(place)
        if before is not None and before.content == content:
            number = before.number
        else:
            number = self._highest.get(content, 0) + 1
            self._highest[content] = number
        return content if number == 1 else f"{content}.{number}"


def with_ids(rows: Any, numbers: Numbers) -> Any:  # noqa: ANN401 - pyarrow ships no types
    """Return rows with their ids."""
    import pyarrow as pa

    ids = numbers.ids(rows["content"].to_pylist(), rows["place"].to_pylist())
    return rows.set_column(rows.schema.get_field_index("id"), "id", pa.array(ids, pa.string()))
