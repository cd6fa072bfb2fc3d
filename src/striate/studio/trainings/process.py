"""A training's process, from the studio's side: begun, heard, and asked to stop."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from striate.errors import Cancelled, Quoted, RunError
from striate.events import Events, Progress

_LOOK_S = 0.2
# A step may take long, and a checkpoint is written after it; nobody waits for ever.
_MOST_STOPPING_S = 120.0
_COMMAND = ("-m", "striate.studio.trainings.child")


def trained(asked: dict[str, Any], *, events: Events) -> None:
    """Train in a process of its own until it is done, or the watcher asks to stop.

    It ends with the studio, however that ends: its checkpoint is then written first. Killed, it leaves the last checkpoint.

    Args:
        asked: For `child`: plan or network, data, recipe, folder.
        events: Hears of every few steps; may cancel.

    Raises:
        Cancelled: It stopped as asked; it can be gone on with.
        RunError: It refused, as its process tells; its process is gone without a word; it did not stop within two minutes of
            being asked, and was killed.
    """
    with tempfile.TemporaryFile() as errors:
        command = [sys.executable, *_COMMAND]
        # Ours alone ends it: an interrupt meant for the studio must not reach it twice.
        process = subprocess.Popen(  # noqa: S603 - our own module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, start_new_session=True, text=True
        )
        try:
            end = _followed(process, asked, events)
        finally:
            _end(process)
        if end != "done":
            raise RunError(
                "a training's process must say how it ended",
                got=Quoted(_last_word(process, errors)),
                where=Path(asked["folder"]).name,
                hint="Go on with it: the last checkpoint is kept.",
            )


def _followed(process: subprocess.Popen[str], asked: dict[str, Any], events: Events) -> str:
    if process.stdin is None or process.stdout is None:
        return ""
    with suppress(OSError):
        process.stdin.write(json.dumps(asked) + "\n")
        process.stdin.flush()
    lines: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_read, args=(process.stdout, lines), daemon=True).start()
    latest: float | None = None
    while True:
        if events.is_cancelled():
            latest = _hurried(process, latest, Path(asked["folder"]).name)
        try:
            line = lines.get(timeout=_LOOK_S)
        except queue.Empty:
            continue
        if line is None:
            return ""
        if (said := _understood(line)) and (end := _heard(said, events)):
            return end


def _hurried(process: subprocess.Popen[str], latest: float | None, name: str) -> float:
    """Ask a process to stop, and return until when it must have; one that has not is killed."""
    if latest is None:
        with suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()
        return time.monotonic() + _MOST_STOPPING_S
    if time.monotonic() > latest:
        process.kill()
        raise RunError(
            f"a training must stop within {_MOST_STOPPING_S:g} s of being asked to",
            got=Quoted("one that did not: its process was killed"),
            where=name,
            hint="Go on with it: the last checkpoint is kept.",
        )
    return latest


def _heard(said: dict[str, Any], events: Events) -> str:
    """Pass on what a process said, and return how it ended; empty while it goes on.

    Raises:
        Cancelled: It stopped as asked.
        RunError: It refused.
    """
    if "progress" in said:
        events.progress(Progress(**said["progress"]))
        return ""
    if "failure" in said:
        failure = said["failure"]
        raise RunError(failure["rule"], got=Quoted(failure["got"]), where=failure["where"], hint=failure["hint"])
    if said["end"] == "cancelled":
        raise Cancelled("training was asked to stop", hint="Go on with it.")
    return str(said["end"])


def _read(outgoing: Iterable[str], lines: queue.Queue[str | None]) -> None:
    try:
        for line in outgoing:
            lines.put(line)
    finally:
        lines.put(None)


def _understood(line: str) -> dict[str, Any] | None:
    """Return what a line says; a library may print lines of its own."""
    try:
        said = json.loads(line)
    except ValueError:
        return None
    return said if isinstance(said, dict) and {"progress", "failure", "end"} & set(said) else None


def _end(process: subprocess.Popen[str]) -> None:
    """Wait until a process is gone; one that does not stop is killed, and its last checkpoint stays."""
    with suppress(OSError):
        if process.stdin is not None:
            process.stdin.close()
    try:
        process.wait(_MOST_STOPPING_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _last_word(process: subprocess.Popen[str], errors: IO[bytes]) -> str:
    if process.returncode < 0:
        return f"it was killed by signal {-process.returncode}"
    errors.seek(0)
    lines = errors.read()[-4000:].decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"it ended with {process.returncode}"
