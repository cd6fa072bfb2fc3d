"""A piece of work that can be sent anywhere, and what became of it.

A task carries references and plain values, never modules or tensors, so that its key says what it is. Seeds belong to tasks, not
to workers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal

from striate import fingerprint

Where = Literal["processes", "ray"]

# A task is sent so often when the worker that had it was lost: memory that ran out may be another's doing, three times hardly.
MOST_SENT = 3
# What an outcome begins with whose workers were lost.
LOST_WORKER = "WorkerLost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One piece of work.

    Attributes:
        function: "package.module:name" of a function that takes keyword arguments and returns plain values.
        arguments: Plain values.
    """

    function: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Content key of the work: the same function with the same arguments has the same key."""
        return fingerprint.of_json({"function": self.function, "arguments": dict(self.arguments)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a task: its value, or why it failed; one failure does not stop the others.

    Attributes:
        task: The task.
        value: What the function returned; None if it failed.
        error: Type and message of the exception, or that its workers were lost; "" if it went well.
    """

    task: Task
    value: Any
    error: str = ""


def run_task(task: Task) -> Outcome:
    """Do a task in this process; never raises for what the task raises."""
    try:
        module, _, name = task.function.partition(":")
        value = getattr(import_module(module), name)(**task.arguments)
    except Exception as error:  # noqa: BLE001 - a failed task is recorded with its reason
        return Outcome(task=task, value=None, error=f"{type(error).__name__}: {error}")
    return Outcome(task=task, value=value)


def lost(task: Task) -> Outcome:
    """Return the outcome of a task whose worker was lost every time it was sent."""
    return Outcome(
        task=task,
        value=None,
        error=f"{LOST_WORKER}: the worker ended {MOST_SENT} times with this task; was memory short?",
    )
