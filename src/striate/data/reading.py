"""Every file once: read, hashed, decoded and judged, before a data set exists."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from torch import Tensor

from striate.data.array_files import SUFFIXES as ARRAYS
from striate.data.dataset import (
    Dataset,
    check_classes,
    commonest_shape,
    data_fingerprint,
    number_ids,
)
from striate.data.decoding import UnreadableError, read_bytes
from striate.data.files import decode_file, suffix_of
from striate.data.pixels import InMemory, OnDemand, content_key
from striate.data.read_as import ReadAs
from striate.data.sample import Sample, SetAside, Target, one_line
from striate.data.telling import first_of, tell
from striate.errors import DataError, Quoted
from striate.events import Events, Task
from striate.records import Output

MEMORY_BYTES = 512 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file that should become a sample.

    Attributes:
        path: Where it is.
        place: The same, for people.
        target: As in `Sample`; None where nobody said.
        group: As in `Sample`.
        split: The part of the data it is said to belong to; only a listing keeps it.
    """

    path: Path
    place: str
    target: Target | None
    group: str | None = None
    split: str = ""


@dataclass(frozen=True, slots=True)
class _Checked:
    key: str
    values: Tensor | None
    shape: tuple[int, ...]
    reason: str
    sort: str = ""
    sample_rate_hz: int = 0


def read_entries(
    entries: list[Entry],
    *,
    name: str,
    reference: str,
    output: Output,
    set_aside: list[SetAside],
    events: Events,
    read_as: ReadAs,
) -> Dataset:
    """Return the data set of all entries that can be decoded and go together; the others are set aside.

    Decoded samples are kept in memory while all together are below `MEMORY_BYTES`.

    Raises:
        DataError: Not one readable sample; a class without one; fewer than two classes; as many samples of one sort as of
            another.
        Cancelled: The watcher asked to stop.
    """
    where = one_line(reference)
    found = _kept_in_memory(_check_all(entries, read_as.axes, events))
    faults = _faults(found, where)
    aside = list(set_aside)
    aside.extend(SetAside(place=entries[at].place, reason=reason) for at, reason in enumerate(faults) if reason)
    kept = [(entry, result) for entry, result, fault in zip(entries, found, faults, strict=True) if not fault]
    if not kept:
        raise no_samples(where, aside)
    if output.kind == "classes":
        targets = [target for entry, _ in kept if isinstance(target := entry.target, int)]
        check_classes(targets, output.names, where=where, aside=aside)
    keys = [result.key for _, result in kept]
    samples = tuple(
        Sample(
            id=sample_id,
            # Whoever reads entries has refused data without targets.
            target=cast("Target", entry.target),
            group=entry.group,
            place=entry.place,
            sample_rate_hz=result.sample_rate_hz,
        )
        for sample_id, (entry, result) in zip(number_ids(keys), kept, strict=True)
    )
    values = [result.values for _, result in kept if result.values is not None]
    shapes = [result.shape for _, result in kept]
    tell(samples, shapes, aside, events)
    return Dataset(
        name=name,
        reference=reference,
        samples=samples,
        output=output,
        set_aside=tuple(aside),
        shape=commonest_shape(shapes),
        fingerprint=data_fingerprint(samples, output),
        pixels=InMemory(values)
        if len(values) == len(kept)
        else OnDemand([entry.path for entry, _ in kept], keys, read_as.axes),
        read_as=read_as if _hold_arrays(kept) else replace(read_as, axes=0),
    )


def no_samples(where: str, aside: list[SetAside]) -> DataError:
    """Return the error for a data set without a single sample; the first reason stands in it."""
    got = f"none; {first_of(aside)}" if aside else "none"
    return DataError("a data set must hold at least one readable sample", got=Quoted(got), where=where)


def _hold_arrays(kept: list[tuple[Entry, _Checked]]) -> bool:
    """Return whether what was said of axes mattered: pictures, sounds and volumes know theirs."""
    return any(suffix_of(entry.path.name) in ARRAYS for entry, _ in kept)


def _kept_in_memory(results: Iterator[_Checked]) -> list[_Checked]:
    """Return the results, with their values while all together are below `MEMORY_BYTES`, otherwise without any."""
    found: list[_Checked] = []
    in_memory = 0
    for result in results:
        if in_memory <= MEMORY_BYTES and result.values is not None:
            in_memory += result.values.nbytes
            if in_memory > MEMORY_BYTES:
                found = [replace(one, values=None) for one in found]
        found.append(result if in_memory <= MEMORY_BYTES else replace(result, values=None))
    return found


def _faults(results: list[_Checked], where: str) -> list[str]:
    """Return for each result why it is set aside, empty if it is not: it cannot be read, or is of another sort than most."""
    sorts = Counter(result.sort for result in results if not result.reason)
    if len(sorts) > 1 and len({count for _, count in sorts.most_common(2)}) == 1:
        words = " and ".join(f"{count} times {sort}" for sort, count in sorts.most_common(2))
        raise DataError(
            "samples must be all of one sort",
            got=Quoted(words),
            where=where,
            hint="Put pictures, sounds, signals and volumes into folders of their own; of arrays, say the axes of space "
            "(--axes, ReadAs(axes=…)).",
        )
    sort = sorts.most_common(1)[0][0] if sorts else ""
    channels = Counter(one.shape[0] for one in results if not one.reason and one.sort == sort)
    commonest = max(channels, key=lambda count: (channels[count], count), default=0)
    return [one.reason or _misfit(one, sort, commonest) for one in results]


def _misfit(one: _Checked, sort: str, channels: int) -> str:
    if one.sort != sort:
        return f"{one.sort} among others that are {sort}"
    # Grey and colour become each other, and so do mono and stereo; other channels do not.
    if one.sample_rate_hz or one.shape[0] == channels or {one.shape[0], channels} == {1, 3}:
        return ""
    return f"{one.shape[0]} channels among others of {channels}"


def _check_all(entries: list[Entry], axes: int, events: Events) -> Iterator[_Checked]:
    """Yield the results in the order of the entries; only a few are under way at a time."""
    workers = max(1, min(4, os.cpu_count() or 1))
    task = Task("reading", total=len(entries), unit="sample", events=events)
    pool = ThreadPoolExecutor(workers, thread_name_prefix="striate-reading")
    waiting: deque[Future[_Checked]] = deque()
    upcoming = iter(entries)
    try:
        for _ in entries:
            while len(waiting) < workers + 1 and (entry := next(upcoming, None)) is not None:
                waiting.append(pool.submit(_check, entry.path, axes))
            result = waiting.popleft().result()
            task.advance()
            yield result
    finally:
        pool.shutdown(cancel_futures=True)


def _check(path: Path, axes: int) -> _Checked:
    try:
        data = read_bytes(path)
        decoded = decode_file(path.name, data, axes)
    except UnreadableError as error:
        return _Checked("", None, (), error.reason)
    return _Checked(
        content_key(data),
        decoded.values,
        tuple(decoded.values.shape),
        "",
        decoded.sort,
        decoded.sample_rate_hz,
    )
