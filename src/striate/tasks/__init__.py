"""Independent pieces of work, in this process, in several, or on a Ray cluster: the same results in the same order."""

from striate.tasks.running import run_tasks
from striate.tasks.task import LOST_WORKER, Outcome, Task, Where

__all__ = ["LOST_WORKER", "Outcome", "Task", "Where", "run_tasks"]
