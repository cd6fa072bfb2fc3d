"""How long a study will take, from a few measured steps of each cell."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from statistics import median

from striate.data import Dataset
from striate.events import SILENT
from striate.numbers import duration
from striate.records.training import Recipe
from striate.study.training import THREADS, Work, quiet
from striate.train.device import accelerated, own_state
from striate.train.fewer import fewer
from striate.train.first_steps import first_steps, make_work
from striate.train.start import starting_network
from striate.train.training import SPLIT

_WARM, _TIMED = 2, 5
# Reading, validating after each epoch, testing, and looking at gradients take so much of the steps' time besides.
_BESIDES = 1.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """About how long trainings take together.

    Attributes:
        seconds: Of those that were timed.
        timed: How many were.
        untimed: How many were not, since their loss left the finite numbers in the first steps.
    """

    seconds: float
    timed: int
    untimed: int

    @property
    def told(self) -> str:
        """The estimate in words, without a full stop.

        Example:
            >>> Estimate(seconds=180, timed=6, untimed=2).told
            'about 3 min 0 s for 6; 2 are not timed: the loss is not finite in the first steps'
        """
        why = "not timed: the loss is not finite in the first steps"
        if not self.untimed:
            return f"about {duration(self.seconds)}"
        if not self.timed:
            return why
        return f"about {duration(self.seconds)} for {self.timed}; {self.untimed} {'is' if self.untimed == 1 else 'are'} {why}"


def estimated(works: Sequence[Work], dataset: Dataset, *, workers: int) -> Estimate:
    """Return about how long trainings take together: a few steps of every different network are timed, one thread each.

    One whose loss is no number before a step could be timed is not timed: it ends as soon as it is trained.

    Args:
        works: The trainings that are still to be done.
        dataset: The data.
        workers: Trainings at once.

    When it misleads:
        Several at once share memory and caches, and the machine may do other things: twice as long is no surprise.
    """
    known: dict[tuple[str, Recipe], float | None] = {}
    total, timed = 0.0, 0
    split = dataset.split(seed=0, validation=SPLIT["validation"], test=SPLIT["test"])
    for work in works:
        key = work.plan, _in_timing(work.recipe)
        if key not in known:
            known[key] = _step_seconds(work, dataset)
        seconds = known[key]
        if seconds is None:
            continue
        timed += 1
        images = work.recipe.images or len(split.train)
        total += seconds * ceil(images / work.recipe.batch) * work.recipe.epochs
    seconds = _BESIDES * total / max(1, min(workers, timed))
    return Estimate(seconds=seconds, timed=timed, untimed=len(works) - timed)


def _in_timing(recipe: Recipe) -> Recipe:
    """Return a recipe as it is timed: what changes no step's time is the same for all."""
    # At this rate hardly any step diverges: one that does ends the timing.
    return replace(recipe, images=0, init="he", rate=1e-6, seed=0)


def _step_seconds(work: Work, dataset: Dataset) -> float | None:
    """Return the time of a step; None if the loss left the finite numbers before one could be timed."""
    split = dataset.split(seed=0, validation=SPLIT["validation"], test=SPLIT["test"])
    # Few images: how they are prepared is measured on them.
    classes = dataset.output.count if dataset.output.kind == "classes" else 1
    few = min(len(split.train), max(4 * work.recipe.batch, classes))
    split = replace(fewer(dataset, split, few), validation=split.validation[:1])
    recipe = _in_timing(work.recipe)
    ends: list[float] = []
    with quiet(), accelerated() as device, own_state(device.place, THREADS):
        start = starting_network(work.blueprint, dataset, split, recipe, SILENT)
        made = make_work(start, dataset, split, recipe, device)
        first_steps(made, _WARM + _TIMED, (), advance=lambda _: ends.append(time.perf_counter()))
    taken = [later - before for before, later in zip(ends[_WARM - 1 :], ends[_WARM:], strict=False)]
    return median(taken) if taken else None
