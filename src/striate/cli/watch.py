"""A progress bar with rate and time left, for whatever the library is doing."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING

from striate.cli.terminal import console
from striate.events import Events, Progress
from striate.numbers import duration, measure

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID


class Watcher(Events):
    """Draws bars on standard error; without a terminal it writes a line every few seconds instead.

    Use it as a context manager; `quiet` hears everything and shows nothing.
    """

    _PAUSE_S = 5.0

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._console = console(stderr=True)
        self._bars: Bars | None = None
        self._tasks: dict[str, TaskID] = {}
        self._last_line: dict[str, float] = {}

    def __enter__(self) -> Watcher:  # noqa: PYI034 - the run-time type checker does not know Self here
        if not self._quiet and self._console.is_terminal:
            from rich.progress import BarColumn, TextColumn
            from rich.progress import Progress as Bars

            self._bars = Bars(
                TextColumn("{task.description:<24}"),
                BarColumn(bar_width=30),
                TextColumn("{task.completed:.0f}/{task.total:.0f} {task.fields[unit]}"),
                TextColumn("{task.fields[words]}"),
                console=self._console,
            )
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def progress(self, progress: Progress) -> None:
        """Draw how far a task is."""
        if self._quiet:
            return
        words = _words(progress)
        if self._bars is None:
            self._line(progress, words)
            return
        total = progress.total or progress.done or 1
        if progress.task not in self._tasks:
            self._tasks[progress.task] = self._bars.add_task(progress.task, total=total, unit=progress.unit, words="")
        self._bars.update(self._tasks[progress.task], completed=progress.done, total=total, words=words)

    def log(self, message: str) -> None:
        """Write a line above the bars."""
        if not self._quiet:
            self._console.print(message)

    def _line(self, progress: Progress, words: str) -> None:
        now = time.monotonic()
        is_end = progress.total is not None and progress.done >= progress.total
        if is_end or now - self._last_line.get(progress.task, now - self._PAUSE_S) >= self._PAUSE_S:
            self._last_line[progress.task] = now
            self._console.print(f"{progress.task} {progress.done}/{progress.total or '?'} {progress.unit} {words}")


def _words(progress: Progress) -> str:
    parts = []
    if progress.rate is not None:
        parts.append(f"{measure(progress.rate, 2)} {progress.unit}/s")
    if progress.left_s is not None:
        is_done = progress.total is not None and progress.done >= progress.total
        parts.append(duration(progress.elapsed_s) if is_done else f"{duration(progress.left_s)} left")
    parts += [f"{name} {measure(value)}" for name, value in progress.figures.items()]
    return " · ".join(parts)
