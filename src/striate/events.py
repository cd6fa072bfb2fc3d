"""Progress, time left, log lines and cancelling, for whoever is watching.

The library tells; it never prints. A watcher is a command line, a page, a notebook, or nobody (`SILENT`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from striate.errors import Cancelled

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far one piece of work is.

    Attributes:
        task: What is being done ("occlusion").
        done: Units finished.
        total: Units in all, or None if it is not known.
        unit: What is counted ("image", "step").
        elapsed_s: Seconds since the task began.
        left_s: Estimated seconds to go, or None while nothing is known.
        rate: Units a second since the task began here, or None.
        figures: Numbers worth showing beside the bar (loss, accuracy).
    """

    task: str
    done: int
    total: int | None
    unit: str
    elapsed_s: float
    left_s: float | None
    rate: float | None = None
    figures: dict[str, float] = field(default_factory=dict)


class Events:
    """A watcher. This one hears nothing and never cancels; override what you need."""

    def progress(self, progress: Progress) -> None:
        """Hear how far a task is."""

    def log(self, message: str) -> None:
        """Hear one line about what happened."""

    def is_cancelled(self) -> bool:
        """Return whether the work should stop at the next safe place."""
        return False

    def check(self, task: str) -> None:
        """Raise `Cancelled` if the work should stop."""
        if self.is_cancelled():
            raise Cancelled(f"{task} was asked to stop", hint="Run it again to go on.")


SILENT = Events()


class Task:
    """One piece of work with a known or unknown number of units, told to a watcher.

    Example:
        >>> heard = []
        >>> class Listener(Events):
        ...     def progress(self, progress):
        ...         heard.append((progress.done, progress.total))
        >>> task = Task("count", total=2, unit="number", events=Listener())
        >>> task.advance(); task.advance()
        >>> heard
        [(0, 2), (1, 2), (2, 2)]
    """

    def __init__(
        self,
        name: str,
        *,
        total: int | None,
        unit: str,
        events: Events = SILENT,
        done: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.total = total
        self.unit = unit
        self.done = done
        self._events = events
        self._clock = clock
        self._began_at = done
        self._start = clock()
        self._tell({})

    def advance(self, units: int = 1, **figures: float) -> None:
        """Count `units` more as done, tell the watcher, and raise `Cancelled` if it wants to stop."""
        self.done += units
        self._tell(figures)
        self._events.check(self.name)

    def _tell(self, figures: dict[str, float]) -> None:
        elapsed = self._clock() - self._start
        fresh = self.done - self._began_at
        left = None
        if self.total is not None and fresh > 0:
            left = elapsed / fresh * max(self.total - self.done, 0)
        self._events.progress(
            Progress(
                task=self.name,
                done=self.done,
                total=self.total,
                unit=self.unit,
                elapsed_s=elapsed,
                left_s=left,
                rate=fresh / elapsed if fresh > 0 and elapsed > 0 else None,
                figures=figures,
            )
        )


def track(items: Iterable[Item], name: str, *, total: int | None, unit: str, events: Events = SILENT) -> Iterator[Item]:
    """Yield the items, telling the watcher after each one is done."""
    task = Task(name, total=total, unit=unit, events=events)
    for item in items:
        yield item
        task.advance()
