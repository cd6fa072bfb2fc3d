"""Independent pieces of work, in this process or in several, with the same results in the same order.

A task carries references and plain values, never modules or tensors, so that it can be sent anywhere and its key says what it
is. Seeds belong to tasks, not to workers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from striate import fingerprint
from striate.errors import InputError
from striate.events import SILENT, Events
from striate.events import Task as Watched


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
        error: Type and message of the exception, "" if it went well.
    """

    task: Task
    value: Any
    error: str = ""


def run_tasks(tasks: Sequence[Task], *, workers: int = 1, events: Events = SILENT) -> Iterator[Outcome]:
    """Yield the outcome of each task in the order given, as soon as it and those before it are done.

    Args:
        tasks: The work; keys must differ.
        workers: 1 works in this process; more start so many processes (never forked).
        events: Hears "tasks" by the task; may cancel between them.

    Raises:
        InputError: Two tasks are the same work; fewer than one worker.

    Example:
        >>> work = [Task(function="math:pow", arguments={}), Task(function="builtins:dict", arguments={"a": 1})]
        >>> [(outcome.value, outcome.error[:9]) for outcome in run_tasks(work)]
        [(None, 'TypeError'), ({'a': 1}, '')]
    """
    if workers < 1:
        raise InputError("workers must be at least 1", got=workers)
    keys = [task.key for task in tasks]
    if len(set(keys)) < len(keys):
        raise InputError("tasks must differ", got=f"{len(keys) - len(set(keys))} twice")
    watched = Watched("tasks", total=len(tasks), unit="task", events=events)
    for outcome in _outcomes(tasks, workers):
        yield outcome
        watched.advance()


def _outcomes(tasks: Sequence[Task], workers: int) -> Iterator[Outcome]:
    if workers == 1:
        yield from (_run(task) for task in tasks)
        return
    from joblib import Parallel, delayed

    yield from Parallel(n_jobs=workers, backend="loky", return_as="generator")(delayed(_run)(task) for task in tasks)


def _run(task: Task) -> Outcome:
    try:
        module, _, name = task.function.partition(":")
        value = getattr(import_module(module), name)(**task.arguments)
    except Exception as error:  # noqa: BLE001 - a failed task is recorded with its reason
        return Outcome(task=task, value=None, error=f"{type(error).__name__}: {error}")
    return Outcome(task=task, value=value)
