"""Several lanes in threads of one process."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import torch

from striate.data.reading import Entry
from striate.features.extraction.lane import Lane


class Lanes:
    """Several lanes in threads of this process; blocks come back in their order.

    Attributes:
        count: How many lanes.
    """

    def __init__(self, lane: Lane, count: int) -> None:
        self._lanes: deque[Lane] = deque([lane, *(lane.again() for _ in range(count - 1))])
        self.count = count

    def rows(self, blocks: Iterable[Sequence[Entry]]) -> Generator[tuple[Any, float], None, None]:
        """Yield the rows of each block, and the seconds its lane took."""
        pool = ThreadPoolExecutor(self.count, thread_name_prefix="striate-lane")
        waiting: deque[Future[tuple[Any, float]]] = deque()
        try:
            for block in blocks:
                waiting.append(pool.submit(self._one, block))
                if len(waiting) > 2 * self.count:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)
            # A lane's one thread was also what torch gives to threads that begin later.
            torch.set_num_threads(torch.get_num_threads())

    def _one(self, block: Sequence[Entry]) -> tuple[Any, float]:
        began = time.monotonic()
        # There are as many lanes as threads; taking from one end and giving back at the other is safe between threads.
        lane = self._lanes.popleft()
        try:
            return lane.rows(block), time.monotonic() - began
        finally:
            self._lanes.append(lane)
