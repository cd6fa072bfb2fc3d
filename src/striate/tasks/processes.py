"""Work in several processes of this machine; one that is killed is replaced, and what it had is done again."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from striate.tasks.task import MOST_SENT

Item = TypeVar("Item")
LOST: Final = object()
# Libraries that count the processors themselves; joblib tells its workers the same.
_THREADS = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


@dataclass(slots=True)
class _Sent:
    item: Any
    future: Any = None
    losses: int = 0


def in_processes(
    function: Callable[[Item], object], items: Iterable[Item], *, workers: int
) -> Generator[object, None, None]:
    """Yield what a function returns for each item, in their order; twice as many items as workers are under way.

    Processes are started anew (never forked), with the processors divided among their libraries' threads. When one is killed,
    all are replaced, and the items that were under way are done again one by one, so that the one to blame is known.

    Args:
        function: Importable; called in the processes, its exceptions come out here.
        items: Read as they are needed.
        workers: How many processes.

    Returns:
        Results; `LOST` in place of one whose process was lost three times.
    """
    pool = _Pool(function, workers)
    waiting: deque[_Sent] = deque()
    upcoming = iter(items)
    try:
        while True:
            if not any(sent.losses for sent in waiting):
                for item in upcoming:
                    waiting.append(_Sent(item))
                    pool.send(waiting[-1])
                    if len(waiting) >= 2 * workers:
                        break
            if not waiting:
                return
            if (found := pool.result(waiting[0])) is not None:
                waiting.popleft()
                yield found[0]
            else:
                pool.renew(waiting)
    finally:
        pool.close()


class _Pool:
    """A pool of joblib's loky, begun anew whenever it breaks."""

    def __init__(self, function: Callable[[Any], object], workers: int) -> None:
        self._function, self._workers = function, workers
        self._pool = self._new()

    def _new(self) -> Any:  # noqa: ANN401 - joblib ships no types
        from joblib.externals.loky import ProcessPoolExecutor

        threads = str(max((os.cpu_count() or 1) // self._workers, 1))
        return ProcessPoolExecutor(self._workers, env=dict.fromkeys(_THREADS, threads))

    def send(self, sent: _Sent) -> None:
        """Put an item under way; a pool that is broken takes none, which `result` finds out."""
        from concurrent.futures.process import BrokenProcessPool

        try:
            sent.future = self._pool.submit(self._function, sent.item)
        except BrokenProcessPool:
            sent.future = None

    def result(self, sent: _Sent) -> tuple[object] | None:
        """Wait for an item's result; None if its process was lost."""
        from concurrent.futures.process import BrokenProcessPool

        if sent.losses >= MOST_SENT:
            return (LOST,)
        if sent.losses:
            # Alone, so that nobody else can be to blame.
            self.send(sent)
        if sent.future is None:
            return None
        try:
            return (sent.future.result(),)
        except BrokenProcessPool:
            return None

    def renew(self, waiting: Iterable[_Sent]) -> None:
        """Begin anew after a process was lost; what was under way is to be done again."""
        self.close()
        self._pool = self._new()
        suspects = [sent for sent in waiting if not _is_done(sent)]
        # The first that is done again alone is the only one to blame.
        alone = suspects[:1] if suspects and suspects[0].losses else suspects
        for sent in alone:
            sent.losses += 1

    def close(self) -> None:
        """End all processes, also in the middle of their work."""
        self._pool.shutdown(wait=True, kill_workers=True)


def _is_done(sent: _Sent) -> bool:
    future = sent.future
    if future is None or sent.losses or not future.done() or future.cancelled():
        return False
    return future.exception() is None
