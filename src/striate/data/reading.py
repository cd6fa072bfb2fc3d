"""Every file once: read, hashed, decoded and judged, before a data set exists."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from striate.data.dataset import (
    Dataset,
    check_classes,
    commonest_shape,
    data_fingerprint,
    number_ids,
)
from striate.data.decoding import ImageError, decode, read_bytes
from striate.data.pixels import InMemory, OnDemand, content_key
from striate.data.sample import Sample, SetAside, Target, one_line
from striate.errors import DataError, Quoted
from striate.events import Events, Task
from striate.records import Output

MEMORY_BYTES = 512 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file that should become a sample."""

    path: Path
    place: str
    target: Target
    group: str | None = None


@dataclass(frozen=True, slots=True)
class _Checked:
    key: str
    image: Tensor | None
    shape: tuple[int, ...]
    reason: str


def read_entries(
    entries: list[Entry],
    *,
    name: str,
    reference: str,
    output: Output,
    set_aside: list[SetAside],
    events: Events,
) -> Dataset:
    """Return the data set of all entries that can be decoded; the others are set aside.

    Decoded images are kept in memory while all together are below `MEMORY_BYTES`.

    Raises:
        DataError: Not one readable image; a class without one; fewer than two classes.
        Cancelled: The watcher asked to stop.
    """
    where = one_line(reference)
    kept: list[Entry] = []
    checked: list[_Checked] = []
    aside = list(set_aside)
    in_memory = 0
    for entry, result in zip(entries, _check_all(entries, events), strict=True):
        if result.reason:
            aside.append(SetAside(place=entry.place, reason=result.reason))
            continue
        kept.append(entry)
        if in_memory <= MEMORY_BYTES and result.image is not None:
            in_memory += result.image.numel()
            if in_memory > MEMORY_BYTES:
                checked = [_without_image(one) for one in checked]
        checked.append(result if in_memory <= MEMORY_BYTES else _without_image(result))
    if not kept:
        raise no_images(where, aside)
    if output.kind == "classes":
        targets = [target for entry in kept if isinstance(target := entry.target, int)]
        check_classes(targets, output.names, where=where, aside=aside)
    keys = [result.key for result in checked]
    samples = tuple(
        Sample(id=sample_id, target=entry.target, group=entry.group, place=entry.place)
        for sample_id, entry in zip(number_ids(keys), kept, strict=True)
    )
    images = [result.image for result in checked if result.image is not None]
    complete = len(images) == len(kept)
    tell(samples, aside, events)
    return Dataset(
        name=name,
        reference=reference,
        samples=samples,
        output=output,
        set_aside=tuple(aside),
        shape=commonest_shape([result.shape for result in checked]),
        fingerprint=data_fingerprint(samples, output),
        pixels=InMemory(images) if complete else OnDemand([entry.path for entry in kept], keys),
    )


def no_images(where: str, aside: list[SetAside]) -> DataError:
    """Return the error for a data set without a single sample; the first reason stands in it."""
    got = "none"
    if aside:
        got = f"none; {_first_of(aside)}"
    return DataError("a data set must hold at least one readable image", got=Quoted(got), where=where)


def tell(samples: tuple[Sample, ...], aside: list[SetAside], events: Events) -> None:
    """Log what people should know about the data."""
    if aside:
        events.log(_first_of(aside))
    twice = len(samples) - len({sample.content for sample in samples})
    if twice:
        events.log(f"{twice} samples repeat another's content; a split keeps them together")


def _first_of(aside: list[SetAside]) -> str:
    return f"{len(aside)} set aside, the first: {one_line(aside[0].place)}: {aside[0].reason}"


def _check_all(entries: list[Entry], events: Events) -> Iterator[_Checked]:
    """Yield the results in the order of the entries; only a few are under way at a time."""
    workers = max(1, min(4, os.cpu_count() or 1))
    task = Task("reading", total=len(entries), unit="image", events=events)
    pool = ThreadPoolExecutor(workers, thread_name_prefix="striate-reading")
    waiting: deque[Future[_Checked]] = deque()
    upcoming = iter(entries)
    try:
        for _ in entries:
            while len(waiting) < workers + 1 and (entry := next(upcoming, None)) is not None:
                waiting.append(pool.submit(_check, entry.path))
            result = waiting.popleft().result()
            task.advance()
            yield result
    finally:
        pool.shutdown(cancel_futures=True)


def _check(path: Path) -> _Checked:
    try:
        data = read_bytes(path)
        image = decode(data)
    except ImageError as error:
        return _Checked("", None, (), error.reason)
    return _Checked(content_key(data), image, tuple(image.shape), "")


def _without_image(result: _Checked) -> _Checked:
    return _Checked(result.key, None, result.shape, result.reason)
