"""`extract`: the feature vectors of a data set, into a store."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import closing
from pathlib import Path

from striate.data import Dataset, Listing, list_data
from striate.data.telling import first_of
from striate.errors import InputError, Quoted, RunError
from striate.events import SILENT, Events, Task
from striate.features.extraction.job import check_references, job_of
from striate.features.extraction.known import known_rows
from striate.features.extraction.lane import Lane
from striate.features.extraction.lanes import Lanes
from striate.features.extraction.on_ray import blocks_of, store_on_ray
from striate.features.extraction.opening import opened_or_made, planned
from striate.features.extraction.planning import DEFAULT
from striate.features.extraction.processes import ProcessLanes
from striate.features.extraction.storing import Stored, store_rows
from striate.features.extraction.wanted import Wanted, tell, wanted_of
from striate.features.store.lock import only_writer
from striate.features.store.store import VectorStore
from striate.nets import Network, load_network
from striate.numbers import duration
from striate.records.vectors import Extraction, VectorChoice
from striate.tasks import Where
from striate.trace import trace

_TRIED = 2
_FEWEST_TOLD = 64


def extract(  # noqa: PLR0913 - who works, and where, is the caller's to say
    network: Network | str | Path,
    data: str | Path | Dataset,
    store: str | Path,
    choice: VectorChoice = DEFAULT,
    *,
    lanes: int | None = None,
    workers: int = 1,
    on: Where = "processes",
    parts: Mapping[str, str] | None = None,
    events: Events = SILENT,
) -> Extraction:
    """Write the feature vectors of a data set into a store, and return what was done.

    What is in the store already, by place, size and time of the file (samples in memory: by their content), is not read again;
    so the same call goes on after a kill, and adds what is new when the data grew. Where only labels, groups or parts are
    others now, these are written and the vectors stay. A file that cannot be read becomes a row with the reason. Every
    vector's bits depend on network, preprocessing and file alone.

    Args:
        network: A network or its reference.
        data: As for `list_data`.
        store: Where to; made if it is not there.
        choice: Which layers, and how they become vectors; a store that is there must have been filled with the same.
        lanes: Threads that read and compute, a block of images each at a time; None takes as many as there are processors,
            on Ray one a worker. They are divided among the workers.
        workers: 1 works in this process, more start so many (never forked), each with its own network. On Ray, so many actors.
        on: "processes" of this machine, or "ray": the cluster it belongs to, or one of its own where there is none. With Ray or
            several workers, network and data must be references, the store's address must mean the same everywhere.
        parts: Name of the part ("train") by place, where the data do not say it themselves: the column `split`.
        events: Hears what it will take, and "vectors" by the image; may cancel between blocks. What is done stays.

    Raises:
        InputError: A store of another network, layer, pooling or preprocessing; wrong arguments; a network or data of this
            session for several workers.
        DataError: Nothing to read.
        MissingExtraError: Ray is not installed.
        RunError: Not one sample gave a vector; a worker failed, or was lost three times with the same images. A worker that is
            lost less often is replaced, and what it had is computed again.
        StorageError: Another writer; the disk refused. What was written before is whole.
        Cancelled: The watcher asked to stop.

    When it misleads:
        Reduced JPEGs give slightly other vectors than whole ones (a cosine of 0.99 and more on photographs): a store keeps to one
        of the two. A file that was changed without changing its size and time is not noticed.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from striate.data import load_data
        >>> from striate.blueprint import Blueprint
        >>> net = load_network(Blueprint.from_text("input 1x28x28; conv 5x5 8, relu; globalavgpool; classes 10"))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     images = np.eye(28, dtype=np.uint8)[None].repeat(9, 0)
        ...     found = extract(net, load_data((images, list("abcabcabc"))), folder + "/vectors")
        >>> found.computed, found.failed
        (9, 0)
    """
    reference = "" if isinstance(network, Network) else str(network)
    count = lanes_for(workers if lanes is None and on == "ray" else lanes)
    if workers < 1:
        raise InputError("workers must be at least 1", got=workers)
    if workers > 1 or on == "ray":
        check_references(network, data)
    loaded = load_network(network)
    listing = list_data(data, events=events)
    if listing.set_aside:
        events.log(first_of(listing.set_aside))
    recording = trace(loaded.module, (1, *loaded.input_shape))
    plan = planned(loaded, str(store), reference, choice, recording)
    with only_writer(str(store)):
        opened = opened_or_made(str(store), plan)
        known = known_rows(opened)
        wanted = wanted_of(listing, known, parts)
        tell(opened, wanted)
        numbers = known.numbers()
        each = max(count // workers, 1)
        if on == "ray":
            job = job_of(network, listing, opened.spec, lanes=each)
            stored = store_on_ray(opened, job, wanted.entries, workers, numbers, wanted.changed)
            return _run(opened, listing, wanted, stored, workers * each, events)
        source: Lanes | ProcessLanes
        if workers > 1:
            source = ProcessLanes(job_of(network, listing, opened.spec, lanes=each), workers)
        else:
            source = Lanes(
                Lane(loaded, opened.spec, listing.output, dataset=listing.dataset, recording=recording), count
            )
        blocks = blocks_of(wanted.entries, opened.spec.batch_size)
        stored = store_rows(opened, source.rows(blocks), numbers, wanted.changed)
        return _run(opened, listing, wanted, stored, source.count, events)


def lanes_for(asked: int | None) -> int:
    """Return how many lanes: as many as asked for, or as there are processors for this process.

    Raises:
        InputError: Fewer than one.
    """
    from joblib import cpu_count

    if asked is not None and asked < 1:
        raise InputError("lanes must be at least 1", got=asked)
    return asked or int(cpu_count())


def _run(
    store: VectorStore,
    listing: Listing,
    wanted: Wanted,
    stored: Generator[Stored, None, None],
    lanes: int,
    events: Events,
) -> Extraction:
    total = len(wanted.entries)
    task = Task("vectors", total=total, unit="image", events=events)
    began, told, lane_s, done = time.monotonic(), 0.0, 0.0, 0
    reasons: Counter[str] = Counter()
    with closing(stored):
        for one in stored:
            reasons.update(one.errors)
            done += one.count
            lane_s += one.lane_s
            if not told and done >= _TRIED * lanes * store.spec.batch_size and total >= _FEWEST_TOLD:
                told = lane_s / done * total / lanes
                events.log(f"{total} images will take about {duration(told)}")
            task.advance(one.count)
    if total > store.spec.batch_size:
        store.compact()
    seconds = time.monotonic() - began
    failed = sum(reasons.values())
    if not store.count("error IS NULL"):
        [first] = store.rows(["error"]).slice(0, 1)["error"].to_pylist()
        raise RunError(
            "at least one sample must give a vector",
            got=Quoted(f"none of {len(listing.entries)}: {first}"),
            where=store.address,
            hint="The rows with their reasons are in the store; delete it, and begin again with other data or weights.",
        )
    return Extraction(
        address=store.address,
        asked=len(listing.entries),
        stored=wanted.stored,
        changed=len(wanted.changed),
        retold=len(wanted.retold),
        computed=total,
        failed=failed,
        errors=tuple(reasons.most_common(5)),
        rows=store.count(),
        seconds=seconds,
        told_s=told,
        image_s=seconds / max(total, 1),
    )
