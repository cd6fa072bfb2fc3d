"""`run_tasks`: the outcomes of tasks in their order, wherever they are worked on."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from typing import cast

from striate.errors import InputError
from striate.events import SILENT, Events
from striate.events import Task as Watched
from striate.tasks.processes import LOST, in_processes
from striate.tasks.task import Outcome, Task, Where, lost, run_task


def run_tasks(
    tasks: Sequence[Task], *, workers: int = 1, on: Where = "processes", events: Events = SILENT
) -> Iterator[Outcome]:
    """Yield the outcome of each task in the order given, as soon as it and those before it are done.

    A worker that was killed is replaced, and what it had is done again: tasks are pure, so nobody can tell. A task whose worker
    was lost three times is recorded as failed; the others go on.

    Args:
        tasks: The work; keys must differ.
        workers: In processes, 1 works in this one, more start so many (never forked). On Ray, how many tasks are under way at
            once.
        on: "processes" of this machine, or "ray": the cluster this machine belongs to, or one of its own where there is none.
        events: Hears "tasks" by the task; may cancel between them.

    Raises:
        InputError: Two tasks are the same work; fewer than one worker.
        MissingExtraError: Ray is not installed.
        Cancelled: The watcher asked to stop.

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
    with closing(_outcomes(tasks, workers, on)) as outcomes:
        for outcome in outcomes:
            yield outcome
            watched.advance()


def _outcomes(tasks: Sequence[Task], workers: int, on: Where) -> Generator[Outcome, None, None]:
    if on == "ray":
        from striate.tasks.cluster import tasks_on_ray

        yield from tasks_on_ray(tasks, workers)
    elif workers == 1:
        yield from (run_task(task) for task in tasks)
    else:
        for task, found in zip(tasks, in_processes(run_task, tasks, workers=workers), strict=True):
            yield lost(task) if found is LOST else cast("Outcome", found)
