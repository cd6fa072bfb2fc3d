"""Lanes in several processes of this machine: each with its own network, and none bothered by the others' interpreter."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import islice
from typing import Any, cast

from striate.data.reading import Entry
from striate.errors import RunError
from striate.features.extraction.job import Job, absolute_entries
from striate.features.extraction.lanes import Lanes
from striate.tasks.processes import LOST, in_processes

# Blocks sent to a lane at once: enough that sending costs nothing beside them, few enough that little is done twice.
_BLOCKS = 8

# The lanes of a worker process, made for its first blocks.
_made: list[tuple[Job, Lanes]] = []


class ProcessLanes:
    """Lanes in threads of several processes; rows come back in the order of the entries.

    A process that is killed is replaced, and its blocks are computed again.

    Attributes:
        count: How many lanes, all processes together.
    """

    def __init__(self, job: Job, workers: int) -> None:
        self._job, self._workers = job, workers
        self.count = workers * job.lanes

    def rows(self, blocks: Iterable[Sequence[Entry]]) -> Generator[tuple[Any, float], None, None]:
        """Yield the rows of some blocks at a time, and the seconds that lanes took.

        Raises:
            RunError: A process was lost three times with the same blocks.
        """
        groups = _grouped(blocks, _BLOCKS * self._job.lanes)
        with closing(in_processes(partial(compute, self._job), groups, workers=self._workers)) as results:
            for found in results:
                if found is LOST:
                    raise RunError(
                        "every worker must stay alive",
                        got="one ended three times with the same images",
                        hint="Was memory short? Take fewer workers; the same call goes on where it ended.",
                    )
                yield cast("tuple[Any, float]", found)


def compute(job: Job, blocks: Sequence[Sequence[Entry]]) -> tuple[Any, float]:
    """What a worker process does: rows of blocks, and the seconds its lanes took."""
    import pyarrow as pa

    if not _made or _made[0][0] != job:
        _made[:] = [(job, Lanes(job.lane(), job.lanes))]
    found = list(_made[0][1].rows(blocks))
    return pa.concat_tables([rows for rows, _ in found]), sum(seconds for _, seconds in found)


def _grouped(blocks: Iterable[Sequence[Entry]], size: int) -> Iterator[list[tuple[Entry, ...]]]:
    upcoming = iter(blocks)
    while group := [absolute_entries(block) for block in islice(upcoming, size)]:
        yield group
