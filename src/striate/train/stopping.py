"""Ctrl-C between two steps instead of within one, and what run.json says of an end that was not planned."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from striate.errors import Cancelled, Quoted, StorageError
from striate.runs import Run


@contextmanager
def interrupts() -> Iterator[Callable[[], bool]]:
    """Yield a question: has Ctrl-C been pressed? A second Ctrl-C interrupts at once.

    Only where Python's own handler is in place (scripts, notebooks); a server that has its own
    keeps it.
    """
    pressed = threading.Event()
    is_ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )

    def note(_number: int, _frame: FrameType | None) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    if is_ours:
        signal.signal(signal.SIGINT, note)
    try:
        yield pressed.is_set
    finally:
        if is_ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def told_ending(run: Run, work: str) -> Iterator[None]:
    """Write into run.json how the block ended, unless it ended well.

    Args:
        run: The folder.
        work: What was going on: "training".

    Raises:
        Cancelled: In place of a wish to stop, with what to do.
    """
    try:
        yield
    except (Cancelled, KeyboardInterrupt) as cause:
        run.end("stopped", "Asked to stop.")
        raise Cancelled(
            f"{work} was stopped before its end",
            got=Quoted("a request to stop"),
            where=str(run.folder),
            hint="What was finished is kept. Start it again with the same folder to go on.",
        ) from cause
    except Exception as cause:
        with suppress(StorageError):
            run.end("failed", str(cause) or repr(cause))
        raise
