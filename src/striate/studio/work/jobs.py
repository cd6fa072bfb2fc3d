"""Long work behind the page: one at a time, with progress, ended when asked, and found again after a reload."""

from __future__ import annotations

import queue
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Literal

from striate import fingerprint
from striate.errors import Cancelled, InputError, Quoted, StriateError, UnknownNameError
from striate.events import Events, Progress
from striate.studio.job_wire import Job
from striate.studio.wire import Failure

Kind = Literal["occlusion", "survey", "map", "unit-image", "unit-occlusion", "training"]
State = Literal["waiting", "running", "done", "failed", "cancelled"]
# Jobs that wait, and finished ones that are kept with their results.
MOST_WAITING, MOST_FINISHED = 8, 32
_GOING: tuple[State, ...] = ("waiting", "running")


class Work(Events):
    """One piece of work, and the watcher of it.

    Args:
        key: Of what was asked.
        kind: What sort of work.
        run: Does it, and is told how to tell.
        about: What it is of.
        after: Called once when it came to its end, also if it never ran.
    """

    def __init__(
        self,
        key: str,
        kind: Kind,
        run: Callable[[Events], Any],
        about: str = "",
        after: Callable[[], None] | None = None,
    ) -> None:
        self.key, self.kind, self._run, self._about, self._after = key, kind, run, about, after
        self.state: State = "waiting"
        # Of the step from waiting to running or to cancelled: it is one of them.
        self._turn = threading.Lock()
        self.result: Any = None
        self._heard: Progress | None = None
        self._failure: Failure | None = None
        self._is_cancelled = False

    def progress(self, progress: Progress) -> None:
        """Keep the newest."""
        self._heard = progress

    def is_cancelled(self) -> bool:
        """Return whether somebody asked to end it."""
        return self._is_cancelled

    def cancel(self) -> None:
        """Ask to end it: at once if it waits, at its next step if it runs."""
        self._is_cancelled = True
        with self._turn:
            waited = self.state == "waiting"
            if waited:
                self.state = "cancelled"
        if waited and self._after is not None:
            self._after()

    def do(self) -> None:
        """Do it; whatever goes wrong is kept."""
        with self._turn:
            if self.state != "waiting":
                return
            self.state = "running"
        try:
            try:
                self.check(self.kind)
                self.result = self._run(self)
            finally:
                if self._after is not None:
                    self._after()
            self.state = "done"
        except Cancelled:
            self.state = "cancelled"
        except StriateError as error:
            self._fail(error.code, str(error), error.hint)
        except Exception as error:  # noqa: BLE001 - the thread lives on, and the page is told
            self._fail("bug", f"our fault: {type(error).__name__}: {error}.", "")

    def told(self) -> Job:
        """Return how far it is."""
        heard = self._heard
        return Job(
            key=self.key,
            kind=self.kind,
            state=self.state,
            about=self._about,
            task=heard.task if heard else "",
            done=heard.done if heard else 0,
            total=heard.total if heard else None,
            unit=heard.unit if heard else "",
            elapsed_s=heard.elapsed_s if heard else 0.0,
            left_s=heard.left_s if heard and self.state == "running" else None,
            failure=self._failure,
        )

    def _fail(self, code: str, message: str, hint: str) -> None:
        self._failure, self.state = Failure(code=code, message=message, hint=hint), "failed"


class Jobs:
    """The jobs of one studio: a thread that does one after the other.

    Example:
        >>> jobs = Jobs()
        >>> work = jobs.begin("survey", {"samples": 3}, lambda events: 7)
        >>> jobs.wait()
        >>> work.state, work.result
        ('done', 7)
        >>> jobs.close()
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, Work] = OrderedDict()
        self._waiting: queue.Queue[Work | None] = queue.Queue()
        self._turn = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(
        self,
        kind: Kind,
        settings: dict[str, Any],
        run: Callable[[Events], Any],
        about: str = "",
        *,
        after: Callable[[], None] | None = None,
    ) -> Work:
        """Return the job of these settings: the one that is there, or a new one if there is none or it came to nothing.

        Args:
            kind: What sort of work.
            settings: What decides its result, as plain values.
            run: Does it; hears where to tell its progress and to ask whether it is cancelled.
            about: What it is of, by which a page finds its own.
            after: Called once when it came to its end, also if it was cancelled before it ran.

        Raises:
            InputError: Too many wait.
        """
        key = fingerprint.short(fingerprint.of_json({"kind": kind, **settings}))
        with self._turn:
            known = self._known.get(key)
            if known and known.state not in {"failed", "cancelled"}:
                return known
            if sum(work.state == "waiting" for work in self._known.values()) >= MOST_WAITING:
                raise InputError(
                    f"at most {MOST_WAITING} jobs must wait", got=Quoted("one more"), hint="Cancel one, or wait."
                )
            work = Work(key, kind, run, about, after)
            self._known[key] = work
            self._known.move_to_end(key)
            self._forget()
            if self._thread is None:
                # A daemon: a studio that is ended waits for nothing that cannot be asked to stop.
                self._thread = threading.Thread(target=self._go, name="studio jobs", daemon=True)
                self._thread.start()
            self._waiting.put(work)
        return work

    def of(self, key: str) -> Work:
        """Return the job of that key.

        Raises:
            UnknownNameError: There is none, or it was finished long ago.
        """
        with self._turn:
            if key not in self._known:
                raise UnknownNameError("a job must be one that was begun", got=Quoted(key), hint="Begin it again.")
            return self._known[key]

    def forget(self, key: str) -> None:
        """Give up a finished job with its result; begun again, it is done again."""
        with self._turn:
            if key in self._known and self._known[key].state not in _GOING:
                del self._known[key]

    def all(self) -> tuple[Work, ...]:
        """Return all that are known, the newest first."""
        with self._turn:
            return tuple(reversed(self._known.values()))

    def wait(self) -> None:
        """Return once everything that was begun has come to an end."""
        self._waiting.join()

    def close(self) -> None:
        """End all that is begun, and the thread; what does not stop at its next step within 5 s is left behind."""
        for work in self.all():
            work.cancel()
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(timeout=5)

    def _forget(self) -> None:
        finished = [key for key, work in self._known.items() if work.state not in _GOING]
        for key in finished[: max(0, len(finished) - MOST_FINISHED)]:
            del self._known[key]

    def _go(self) -> None:
        while (work := self._waiting.get()) is not None:
            work.do()
            self._waiting.task_done()
