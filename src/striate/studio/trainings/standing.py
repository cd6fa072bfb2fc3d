"""How a training stands: by its folder, and by what the studio that began it knows."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Literal

from striate.errors import StriateError
from striate.runs import Run
from striate.studio.job_wire import Job

State = Literal["waiting", "running", "done", "stopped", "failed", "killed", "elsewhere"]
# A training writes a line every few steps and a checkpoint every 20 s: one that was silent for longer is not under way.
SILENT_S = 60.0
_ELSEWHERE = "Something wrote to it within the last minute: another process works on it, or was just killed."


def standing(folder: Path, job: Job | None, *, is_alone: bool) -> tuple[State, str, bool]:
    """Return a training's state, that in a sentence, and whether it can be gone on with.

    Args:
        folder: Of the training.
        job: The newest work of this studio on it; None if it never worked on it.
        is_alone: No other training is under way here.

    When it misleads:
        Of a training that another process began only its silence tells that it was killed: within a minute nobody knows.
    """
    if job and job.state == "waiting":
        return "waiting", "It begins." if is_alone else "It waits for another training.", False
    if job and job.state == "running":
        return "running", "It is under way.", False
    try:
        document = Run.read(folder).document
    except StriateError:
        return "failed", job.failure.message if job and job.failure else "It wrote nothing.", False
    if document.status == "running" and job is None and _silence_s(folder) < SILENT_S:
        return "elsewhere", _ELSEWHERE, False
    found: dict[str, tuple[State, str, bool]] = {
        "done": ("done", "It is done.", False),
        "running": ("killed", "It was killed; its last checkpoint is kept, and it can be gone on with.", True),
        "stopped": ("stopped", "It was stopped, and can be gone on with.", True),
        "failed": ("failed", document.reason, True),
    }
    return found[document.status]


def _silence_s(folder: Path) -> float:
    """Return how long ago a training last wrote a line or a checkpoint."""
    times = []
    for path in (folder, folder / "metrics.jsonl", folder / "log.jsonl", folder / "checkpoint"):
        with suppress(OSError):
            times.append(path.stat().st_mtime)
    return time.time() - max(times, default=0.0)
