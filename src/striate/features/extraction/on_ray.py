"""Extraction on a Ray cluster: every worker computes parts and writes them beside the table, one commit a part adds them."""

from __future__ import annotations

import json
import logging
import os
import time
import warnings
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from inspect import signature
from pathlib import Path
from typing import Any

from striate.data.reading import Entry
from striate.errors import MissingExtraError, Quoted, RunError
from striate.features.extraction.job import Job, absolute_entries
from striate.features.extraction.known import Numbers, with_ids
from striate.features.extraction.lanes import Lanes
from striate.features.extraction.storing import MOST_ROWS, MOST_S, Stored, add
from striate.features.store.columns import table_schema
from striate.features.store.store import VectorStore
from striate.tasks.cluster import last_line, ray_cluster
from striate.tasks.task import MOST_SENT

# So many parts for each worker, at least, where there is little to do: then no worker waits long for the last one.
_PARTS_EACH = 4
# Every commit writes down all files of the table again: twice as many parts, four times as much of that.
MOST_PARTS = 20_000
# Commits come one after the other, and take some tens of milliseconds each.
_LEAST_S = 1.0


def store_on_ray(
    store: VectorStore,
    job: Job,
    entries: Sequence[Entry],
    workers: int,
    numbers: Numbers,
    changed: frozenset[str],
) -> Generator[Stored, None, None]:
    """Let workers of a Ray cluster compute and write parts, add them in the order of the entries, and yield what they were.

    Vectors go from the worker to the store; this process sees contents and errors only. A part that holds contents which were in
    the store before, or replaces rows, is read back, numbered and added by this process.

    Args:
        store: Where to.
        job: What workers do.
        entries: What is to be read.
        workers: How many; each has `job.lanes` threads.
        numbers: Of the contents in the store; counted on.
        changed: Places whose rows are to be replaced.

    Raises:
        MissingExtraError: Ray or lance-ray is not installed.
        RunError: A worker failed, or was lost three times with the same part.
    """
    if not entries:
        return
    parts = parts_of(absolute_entries(entries), job.spec.batch_size, workers)
    with ray_cluster(workers, "extraction on a cluster") as ray, _quiet(), _told(store.address):
        _check_sink()
        adder = _Adder(store, numbers, changed)
        try:
            for part, row in zip(parts, _written(ray, job, store.uri, parts, workers), strict=True):
                adder.add(part, row)
                yield Stored(count=len(part), errors=tuple(row["errors"]), lane_s=row["lane_s"])
        finally:
            # Also when somebody stops it: what was written is kept.
            adder.commit()


def parts_of(entries: Sequence[Entry], batch: int, workers: int) -> list[Sequence[Entry]]:
    """Return the entries in parts of whole batches, `MOST_ROWS` each; larger ones where there would be too many.

    Example:
        >>> entries = [Entry(path=Path(), place=str(n), target=None) for n in range(50)]
        >>> [len(part) for part in parts_of(entries, 8, 2)]
        [8, 8, 8, 8, 8, 8, 2]
    """
    size = min(MOST_ROWS, -(-len(entries) // (workers * _PARTS_EACH)))
    size = max(size, -(-len(entries) // MOST_PARTS))
    size = max(-(-size // batch) * batch, batch)
    return [entries[start : start + size] for start in range(0, len(entries), size)]


class PartWriter:
    """What an actor does: the rows of a part, written into a file of the table that no version names yet."""

    def __init__(self, job: Job, uri: str) -> None:
        if "://" not in uri and not Path(uri).is_dir():
            raise RunError("a store must be at the same path for every worker", got=Quoted("nothing there"), where=uri)
        self._lanes = Lanes(job.lane(), job.lanes)
        self._job, self._uri = job, uri

    def __call__(self, packed: Any) -> Any:  # noqa: ANN401 - pyarrow ships no types
        """Return one row: the file's metadata as JSON, contents, errors and lane seconds."""
        import pyarrow as pa
        from lance_ray.fragment import write_fragment

        contents: list[str] = []
        errors: list[str] = []
        seconds: list[float] = []

        def tables() -> Iterator[Any]:
            # Numbered within the part, which is right unless a content was there before.
            within = Numbers()
            for rows, took in self._lanes.rows(blocks_of(_unpacked(packed), self._job.spec.batch_size)):
                contents.extend(rows["content"].to_pylist())
                errors.extend(reason for reason in rows["error"].to_pylist() if reason)
                seconds.append(took)
                yield with_ids(rows, within)

        written = write_fragment(tables(), self._uri, schema=table_schema(self._job.spec))
        return pa.table(
            {
                "fragments": [[json.dumps(fragment.to_json()) for fragment, _ in written]],
                "contents": [contents],
                "errors": pa.array([errors], pa.list_(pa.string())),
                "lane_s": [sum(seconds)],
            }
        )


def blocks_of(entries: Sequence[Entry], size: int) -> Iterator[Sequence[Entry]]:
    """Yield entries, `size` at a time."""
    return (entries[start : start + size] for start in range(0, len(entries), size))


def _written(ray: Any, job: Job, uri: str, parts: Sequence[Sequence[Entry]], workers: int) -> Iterator[Any]:  # noqa: ANN401 - a module
    """Yield what actors say of each part, in the order of the parts."""
    data = ray.data.from_arrow([_packed(part) for part in parts])
    given: dict[str, Any] = {}
    # Ray Data begins a lost worker anew for ever, unless it is told otherwise in the one way it still knows.
    if "ray_remote_args_fn" in signature(data.map_batches).parameters:
        given["ray_remote_args_fn"] = _retried
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`ray_remote_args_fn` is deprecated")
        asked = data.map_batches(
            PartWriter,
            fn_constructor_kwargs={"job": job, "uri": uri},
            batch_size=None,
            batch_format="pyarrow",
            num_cpus=job.lanes,
            compute=ray.data.ActorPoolStrategy(size=workers),
            **given,
        )
    yield from asked.iter_rows()


def _retried() -> dict[str, int]:
    return {"max_restarts": 100, "max_task_retries": MOST_SENT - 1}


def _packed(entries: Sequence[Entry]) -> Any:  # noqa: ANN401 - as above
    import pyarrow as pa

    rows = [[one.place, json.dumps(one.target), one.group, one.split] for one in entries]
    names = ["place", "target", "group", "split"]
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    # A path may be no UTF-8.
    paths = pa.array([os.fsencode(one.path) for one in entries], pa.binary())
    return pa.table([paths, *columns], names=["path", *names])


def _unpacked(table: Any) -> list[Entry]:  # noqa: ANN401 - as above
    found = []
    for row in table.to_pylist():
        target = json.loads(row["target"])
        found.append(
            Entry(
                path=Path(os.fsdecode(row["path"])),
                place=row["place"],
                target=tuple(target) if isinstance(target, list) else target,
                group=row["group"],
                split=row["split"],
            )
        )
    return found


class _Adder:
    """Adds parts in their order; those that come quickly share a commit."""

    def __init__(self, store: VectorStore, numbers: Numbers, changed: frozenset[str]) -> None:
        self._store, self._numbers, self._changed = store, numbers, changed
        self._pending: list[str] = []
        self._rows, self._at = 0, time.monotonic()

    def add(self, part: Sequence[Entry], row: Mapping[str, Any]) -> None:
        """Add a part that an actor wrote."""
        contents = [content for content in row["contents"] if content]
        places = [one.place for one in part]
        if self._numbers.knows(contents) or not self._changed.isdisjoint(places):
            self.commit()
            tables = [self._store.written(fragment) for fragment in row["fragments"]]
            add(self._store, tables, self._numbers, self._changed)
            return
        self._numbers.ids(row["contents"], places)
        self._pending += row["fragments"]
        self._rows += len(part)
        waited = time.monotonic() - self._at
        if waited > MOST_S or (self._rows >= MOST_ROWS and waited > _LEAST_S):
            self.commit()

    def commit(self) -> None:
        """Add what is waiting."""
        # Emptied first: what was refused is not tried again.
        pending, self._pending = self._pending, []
        self._rows, self._at = 0, time.monotonic()
        if pending:
            self._store.commit(pending)


def _check_sink() -> None:
    try:
        import lance_ray.fragment  # noqa: F401
    except ImportError as cause:
        raise MissingExtraError(
            "extraction on a cluster must have lance-ray",
            got=Quoted("none"),
            hint='Install it: pip install "striate[cluster]".',
        ) from cause


@contextmanager
def _quiet() -> Iterator[None]:
    """Let Ray Data keep the order of parts, and its progress to itself, for the block."""
    from ray.data import DataContext

    context = DataContext.get_current()
    options = context.execution_options
    log = logging.getLogger("ray.data")
    before = (options.preserve_order, context.enable_progress_bars, log.level)
    options.preserve_order, context.enable_progress_bars = True, False
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        options.preserve_order, context.enable_progress_bars = before[:2]
        log.setLevel(before[2])


@contextmanager
def _told(address: str) -> Iterator[None]:
    """Turn what Ray raises for a worker into one line of ours."""
    try:
        yield
    except Exception as cause:
        if not type(cause).__module__.startswith("ray."):
            raise
        raise RunError(
            "every worker must be able to do its part",
            got=Quoted(last_line(cause)),
            where=address,
            hint="What was added is whole; the same call goes on.",
        ) from cause
