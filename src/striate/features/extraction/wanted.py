"""What of a listing is still to be computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from striate.data import Listing
from striate.data.reading import Entry
from striate.features.extraction.known import Known


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Entries to be read.

    Attributes:
        entries: New and changed ones, in the listing's order.
        changed: Places of those whose row is to be replaced.
        stored: How many others the store has already.
    """

    entries: tuple[Entry, ...]
    changed: frozenset[str]
    stored: int


def wanted_of(listing: Listing, known: Known, parts: Mapping[str, Sequence[int]] | None) -> Wanted:
    """Return what a store has not, or not as it is now; `parts` as in `extract`."""
    split = {index: name for name, indices in (parts or {}).items() for index in indices}
    entries, changed, stored = [], set(), 0
    for index, entry in enumerate(listing.entries):
        state = known.state(entry, listing.dataset.samples[index].content if listing.dataset else "")
        if state == "same":
            stored += 1
            continue
        if state == "changed":
            changed.add(entry.place)
        entries.append(replace(entry, split=split.get(index, entry.split)))
    return Wanted(entries=tuple(entries), changed=frozenset(changed), stored=stored)
