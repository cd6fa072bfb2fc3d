"""Ray: found, begun and left as it was; and tasks on it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from striate.errors import MissingExtraError, Quoted, RunError
from striate.tasks.task import MOST_SENT, Outcome, Task, lost, run_task


def import_ray(what: str) -> Any:  # noqa: ANN401 - a module
    """Return Ray.

    Args:
        what: What needs it ("training on a cluster").

    Raises:
        MissingExtraError: It is not installed.
    """
    # Ray would otherwise report its use to its makers.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as cause:
        raise MissingExtraError(
            f"{what} must have Ray", got=Quoted("none"), hint='Install it: pip install "striate[cluster]".'
        ) from cause
    return ray


@contextmanager
def ray_cluster(workers: int, what: str) -> Iterator[Any]:
    """Give Ray, up for the block: the cluster this process or this machine belongs to, or one of its own.

    A cluster of its own has as many processors as there are, or as there are workers if those are more, and ends with the block.

    Raises:
        MissingExtraError: It is not installed.
        RunError: RAY_ADDRESS names a cluster that is not up; Ray does not start here.
    """
    ray = import_ray(what)
    if ray.is_initialized():
        yield ray
        return
    with warnings.catch_warnings():
        # Ray starts its processes by fork and exec, between which nothing of LanceDB runs.
        warnings.filterwarnings("ignore", "lancedb fork support", RuntimeWarning)
        _join_or_begin(ray, workers)
    try:
        yield ray
    finally:
        ray.shutdown()


def _join_or_begin(ray: Any, workers: int) -> None:  # noqa: ANN401 - a module
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
    named = os.environ.get("RAY_ADDRESS", "")
    try:
        try:
            ray.init(address="auto", **quiet)
        except ConnectionError:
            if named:
                raise
            ray.init(num_cpus=max(os.cpu_count() or 1, workers), include_dashboard=False, **quiet)
    except Exception as cause:
        # Ray raises plain exceptions when a node does not come up in time.
        ray.shutdown()
        raise RunError(
            "a cluster must be up where RAY_ADDRESS says" if named else "Ray must be able to start",
            got=named or Quoted(str(cause).strip()[:200]),
            hint="Start it (ray start --head), or unset RAY_ADDRESS to take one of this machine alone."
            if named
            else "Is the machine very busy, or its memory short? Try again, or start it before: ray start --head.",
        ) from cause


def last_line(error: Exception) -> str:
    """Return what went wrong of an error that carries a worker's whole traceback."""
    return (str(error).strip().splitlines() or [repr(error)])[-1][:300]


def tasks_on_ray(tasks: Sequence[Task], workers: int) -> Iterator[Outcome]:
    """Yield the outcomes in the order of the tasks, `workers` of them under way at a time."""
    with ray_cluster(workers, "tasks on a cluster") as ray:
        remote = ray.remote(num_cpus=1, max_retries=MOST_SENT - 1)(run_task)
        under_way: dict[Any, int] = {}
        done: dict[int, Outcome] = {}
        sent = given = 0
        try:
            while given < len(tasks):
                while sent < len(tasks) and len(under_way) < workers:
                    under_way[remote.remote(tasks[sent])] = sent
                    sent += 1
                (first,), _ = ray.wait(list(under_way), num_returns=1)
                number = under_way.pop(first)
                try:
                    done[number] = ray.get(first)
                except (ray.exceptions.WorkerCrashedError, ray.exceptions.OutOfMemoryError):
                    done[number] = lost(tasks[number])
                while given in done:
                    yield done.pop(given)
                    given += 1
        finally:
            # Whoever stops reading wants no more: a cluster of the user's would go on.
            for one in under_way:
                ray.cancel(one, force=True)
