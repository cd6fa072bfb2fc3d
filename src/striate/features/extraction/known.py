"""What a store has already: which files need not be read again, and how often each content is in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from striate.data.pixels import content_key
from striate.data.reading import Entry
from striate.features.store.store import VectorStore

State = Literal["new", "changed", "same"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The files and contents of a store.

    Attributes:
        places: (size in bytes, time in ns, content) by place.
        contents: How many rows have each content.
    """

    places: Mapping[str, tuple[int, int, str]]
    contents: Mapping[str, int]

    def state(self, entry: Entry, content: str) -> State:
        """Return what an entry is to the store.

        Args:
            entry: The entry.
            content: The content's key, for a sample in memory; empty for a file, which is told by size and time.
        """
        found = self.places.get(entry.place)
        if found is None:
            return "new"
        if content:
            return "same" if content == found[2] else "changed"
        try:
            status = entry.path.stat()
        except OSError:
            return "changed"
        return "same" if (status.st_size, status.st_mtime_ns) == found[:2] else "changed"


def known_rows(store: VectorStore) -> Known:
    """Return what a store has; about 200 bytes a row of memory."""
    rows = store.rows(("place", "size_bytes", "modified_ns", "content"))
    columns = (rows[name].to_pylist() for name in ("place", "size_bytes", "modified_ns", "content"))
    places = {place: (size, modified, content) for place, size, modified, content in zip(*columns, strict=True)}
    return Known(places=places, contents=Counter(content for _, _, content in places.values()))


def numbered(rows: Any, seen: Counter[str]) -> Any:  # noqa: ANN401 - pyarrow ships no types
    """Return rows with their ids: the content's key, with ".2", ".3" … from its second appearance on; `seen` is counted on.

    What could not even be opened has no content: its id is made of its place.
    """
    import pyarrow as pa

    ids = []
    for content, place in zip(rows["content"].to_pylist(), rows["place"].to_pylist(), strict=True):
        if not content:
            ids.append(f"unread-{content_key(place.encode())}")
            continue
        seen[content] += 1
        ids.append(content if seen[content] == 1 else f"{content}.{seen[content]}")
    return rows.set_column(rows.schema.get_field_index("id"), "id", pa.array(ids, pa.string()))
