"""`extract`: the feature vectors of a data set, into a store."""

from __future__ import annotations

import os
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from striate.data import Dataset, Listing, list_data
from striate.data.reading import Entry
from striate.errors import InputError, Quoted, RunError
from striate.events import SILENT, Events, Task
from striate.features.extraction.known import Known, known_rows, numbered
from striate.features.extraction.lane import Lane
from striate.features.extraction.planning import DEFAULT, plan_vectors
from striate.features.store.lock import only_writer
from striate.features.store.store import VectorStore
from striate.nets import Network, load_network
from striate.numbers import duration
from striate.records.vectors import Extraction, VectorChoice, VectorSpec

# An append is one version of the table and one more file: not too many, and little lost at a kill.
MOST_ROWS, MOST_S = 2048, 15.0
_TRIED = 2
_FEWEST_TOLD = 64


def extract(
    network: Network | str | Path,
    data: str | Path | Dataset,
    store: str | Path,
    choice: VectorChoice = DEFAULT,
    *,
    lanes: int | None = None,
    parts: Mapping[str, Sequence[int]] | None = None,
    events: Events = SILENT,
) -> Extraction:
    """Write the feature vectors of a data set into a store, and return what was done.

    What is in the store already, by place, size and time of the file (samples in memory: by their content), is not read again;
    so the same call goes on after a kill, and adds what is new when the data grew. A file that cannot be read becomes a row with
    the reason. Every vector's bits depend on network, preprocessing and file alone.

    Args:
        network: A network or its reference.
        data: As for `list_data`.
        store: Where to; made if it is not there.
        choice: Which layers, and how they become vectors; a store that is there must have been filled with the same.
        lanes: Threads that read and compute, one image each at a time; None takes as many as there are processors.
        parts: Indices by name of a part ("train"), for a data set in memory: the column `split`.
        events: Hears what it will take, and "vectors" by the image; may cancel between blocks. What is done stays.

    Raises:
        InputError: A store of another network, layer, pooling or preprocessing; wrong arguments.
        DataError: Nothing to read.
        StorageError: Another writer; the disk refused. What was written before is whole.
        Cancelled: The watcher asked to stop.

    When it misleads:
        Reduced JPEGs give slightly other vectors than whole ones (a cosine of 0.99 and more on photographs): a store keeps to one
        of the two. A file that was changed without changing its size and time is not noticed.

    Example:
        >>> import tempfile
        >>> from striate.blueprint import Blueprint
        >>> net = load_network(Blueprint.from_text("input 1x28x28; conv 5x5 8, relu; globalavgpool; classes 10"))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     found = extract(net, "digits", folder + "/vectors")
        >>> found.computed, found.failed
        (5000, 0)
    """
    reference = "" if isinstance(network, Network) else str(network)
    loaded = load_network(network)
    listing = list_data(data, events=events)
    with only_writer(str(store)):
        opened = _opened(loaded, str(store), reference, choice)
        known = known_rows(opened)
        wanted = _wanted(listing, known, parts)
        lane = Lane(loaded, opened.spec, listing.output, dataset=listing.dataset)
        count = lanes_for(lanes)
        return _run(opened, listing, wanted, known, _Lanes(lane, count), events)


def lanes_for(asked: int | None) -> int:
    """Return how many lanes: as many as asked for, or as there are processors.

    Raises:
        InputError: Fewer than one.
    """
    if asked is not None and asked < 1:
        raise InputError("lanes must be at least 1", got=asked)
    return asked or os.cpu_count() or 1


def _opened(network: Network, address: str, reference: str, choice: VectorChoice) -> VectorStore:
    """Return the store, new or filled with the same; the network is looked at before anything is made."""
    try:
        found = VectorStore.open(address)
    except InputError as error:
        if "must have been written first" not in error.rule:
            raise
        found = None
    plan = plan_vectors(
        network,
        choice,
        reference=reference,
        memory_format=found.spec.memory_format if found else None,
    )
    if found is None:
        return VectorStore.create(address, plan)
    check_same(found, plan)
    return found


def check_same(store: VectorStore, plan: VectorSpec) -> None:
    """Refuse to mix vectors that were made in different ways.

    Raises:
        InputError: Names what differs.
    """
    different = store.spec.difference(plan)
    if different is None:
        return
    name, own, others = different
    words = {
        "weights_key": "weights", "layers": "layers", "views": "views", "is_normalised": "normalisation",
        "preprocessing": "preprocessing", "is_reduced": "decoding",
    }[name]  # fmt: skip
    raise InputError(
        f"a store must hold vectors of one network made in one way; its {words}: {_short(own)}",
        got=Quoted(_short(others)),
        where=store.address,
        hint="Write them into another store, or ask for the same.",
    )


def _short(value: object) -> str:
    if isinstance(value, str):
        return value[:16]
    if isinstance(value, tuple):
        return ", ".join(f"{layer.name} ({layer.pooling}, {layer.size})" for layer in value)
    return str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    entries: tuple[Entry, ...]
    changed: frozenset[str]
    stored: int


def _wanted(listing: Listing, known: Known, parts: Mapping[str, Sequence[int]] | None) -> _Wanted:
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
    return _Wanted(entries=tuple(entries), changed=frozenset(changed), stored=stored)


class _Lanes:
    """Several lanes in threads of this process; blocks come back in their order."""

    def __init__(self, lane: Lane, count: int) -> None:
        self._lanes: deque[Lane] = deque([lane, *(lane.again() for _ in range(count - 1))])
        self.count = count

    def rows(self, blocks: Iterator[Sequence[Entry]]) -> Iterator[Any]:
        """Yield the rows of each block."""
        pool = ThreadPoolExecutor(self.count, thread_name_prefix="striate-lane")
        waiting: deque[Future[Any]] = deque()
        try:
            for block in blocks:
                waiting.append(pool.submit(self._one, block))
                if len(waiting) > 2 * self.count:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _one(self, block: Sequence[Entry]) -> Any:  # noqa: ANN401 - pyarrow ships no types
        # There are as many lanes as threads; taking from one end and giving back at the other is safe between threads.
        lane = self._lanes.popleft()
        try:
            return lane.rows(block)
        finally:
            self._lanes.append(lane)


def _run(
    store: VectorStore, listing: Listing, wanted: _Wanted, known: Known, lanes: _Lanes, events: Events
) -> Extraction:
    size = store.spec.batch_size
    blocks = [wanted.entries[start : start + size] for start in range(0, len(wanted.entries), size)]
    began = time.monotonic()
    task = Task("vectors", total=len(wanted.entries), unit="image", events=events)
    told = 0.0
    reasons: Counter[str] = Counter()
    pending: list[Any] = []
    seen, written = Counter(known.contents), began
    first = time.monotonic()
    try:
        for number, rows in enumerate(lanes.rows(iter(blocks)), start=1):
            pending.append(rows)
            reasons.update(reason for reason in rows["error"].to_pylist() if reason)
            if number == _TRIED * lanes.count and len(wanted.entries) >= _FEWEST_TOLD:
                told = (time.monotonic() - first) / number * len(blocks)
                events.log(f"{len(wanted.entries)} images will take about {duration(told)}")
            held = sum(len(one) for one in pending)
            if held >= MOST_ROWS or time.monotonic() - written > MOST_S:
                _append(store, pending, seen, wanted.changed)
                pending, written = [], time.monotonic()
            task.advance(len(rows))
    finally:
        # Also when somebody stops it: what was computed is kept.
        _append(store, pending, seen, wanted.changed)
    if len(blocks) > 1:
        store.compact()
    seconds = time.monotonic() - began
    failed = sum(reasons.values())
    if wanted.entries and failed == len(wanted.entries) == len(listing.entries):
        raise RunError(
            "at least one sample must give a vector",
            got=Quoted(f"none of {failed}: {reasons.most_common(1)[0][0]}"),
            where=store.address,
            hint="The rows with their reasons are in the store; delete it, and begin again with other data or weights.",
        )
    return Extraction(
        address=store.address,
        asked=len(listing.entries),
        stored=wanted.stored,
        changed=len(wanted.changed),
        computed=len(wanted.entries),
        failed=failed,
        errors=tuple(reasons.most_common(5)),
        rows=store.count(),
        seconds=seconds,
        told_s=told,
        image_s=seconds / max(len(wanted.entries), 1),
    )


def _append(store: VectorStore, pending: Sequence[Any], seen: Counter[str], changed: frozenset[str]) -> None:
    if not pending:
        return
    import pyarrow as pa

    rows = numbered(pa.concat_tables(pending), seen)
    if changed:
        store.put(rows)
    else:
        store.append(rows)
