"""What of a listing is still to be computed, and what is only to be told anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from striate.data import Listing
from striate.data.reading import Entry
from striate.features.extraction.known import Known, Said
from striate.features.store.store import VectorStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be done.

    Attributes:
        entries: To be read: new and changed ones, in the listing's order.
        changed: Places of those whose row is to be replaced.
        retold: What is said of others now, by place: their vectors stay.
        unsaid: Places of those whose label is another, so that their loss is not known.
        stored: How many are as they were.
    """

    entries: tuple[Entry, ...]
    changed: frozenset[str]
    retold: Mapping[str, Said]
    unsaid: frozenset[str]
    stored: int


def wanted_of(listing: Listing, known: Known, parts: Mapping[str, str] | None) -> Wanted:
    """Return what a store has not, or not as it is now; `parts` as in `extract`.

    A changed file is another picture: a label that nobody tells now is not known of it, while its group and its part of the
    split, which say where it belongs, stay.
    """
    entries, changed, stored = [], set(), 0
    retold: dict[str, Said] = {}
    unsaid = set()
    for index, entry in enumerate(listing.entries):
        said = known.saying(entry, (parts or {}).get(entry.place, entry.split), listing.output)
        state = known.state(entry, said, listing.dataset.samples[index].content if listing.dataset else "")
        if state == "same":
            stored += 1
        elif state == "retold":
            retold[entry.place] = said
            if known.rows[entry.place].said.label != said.label:
                unsaid.add(entry.place)
        else:
            if state == "changed":
                changed.add(entry.place)
            entries.append(replace(entry, group=said.group, split=said.split))
    return Wanted(
        entries=tuple(entries),
        changed=frozenset(changed),
        retold=retold,
        unsaid=frozenset(unsaid),
        stored=stored,
    )


def tell(store: VectorStore, wanted: Wanted) -> None:
    """Write what is said of rows whose vectors stay.

    Raises:
        StorageError: The disk refused, or somebody else wrote.
    """
    import pyarrow as pa

    if wanted.unsaid:
        # First: after a kill in between the rows are still to be told anew.
        places = pa.array(sorted(wanted.unsaid))
        store.describe(pa.table({"place": places, "loss": pa.nulls(len(places), pa.float32())}))
    if wanted.retold:
        columns = zip(*wanted.retold.values(), strict=True)
        types = (pa.string(), pa.list_(pa.float32()), pa.string(), pa.string())
        said = {name: pa.array(column, kind) for name, column, kind in zip(Said._fields, columns, types, strict=True)}
        store.describe(pa.table({"place": list(wanted.retold), **said}))
