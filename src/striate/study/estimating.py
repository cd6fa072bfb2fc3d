"""How long a study will take, from a few measured steps of each cell."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from statistics import median

from striate.data import Dataset
from striate.events import SILENT
from striate.study.training import THREADS, Work, quiet
from striate.train.device import accelerated, own_state
from striate.train.fewer import fewer
from striate.train.first_steps import first_steps, make_work
from striate.train.start import starting_network
from striate.train.training import SPLIT

_WARM, _TIMED = 2, 5
# Reading, validating after each epoch, testing, and looking at gradients take so much of the steps' time besides.
_BESIDES = 1.3


def told_seconds(works: Sequence[Work], dataset: Dataset, *, workers: int) -> float:
    """Return about how long trainings take together: a few steps of every different network are timed, one thread each.

    Args:
        works: The trainings that are still to be done.
        dataset: The data.
        workers: Trainings at once.

    When it misleads:
        Several at once share memory and caches, and the machine may do other things: twice as long is no surprise.
    """
    known: dict[tuple[str, int], float] = {}
    total = 0.0
    split = dataset.split(seed=0, validation=SPLIT["validation"], test=SPLIT["test"])
    for work in works:
        key = work.plan, work.recipe.batch
        if key not in known:
            known[key] = _step_seconds(work, dataset)
        images = work.recipe.images or len(split.train)
        total += known[key] * ceil(images / work.recipe.batch) * work.recipe.epochs
    return _BESIDES * total / max(1, min(workers, len(works)))


def _step_seconds(work: Work, dataset: Dataset) -> float:
    split = dataset.split(seed=0, validation=SPLIT["validation"], test=SPLIT["test"])
    # Few images: how they are prepared is measured on them.
    classes = dataset.output.count if dataset.output.kind == "classes" else 1
    few = min(len(split.train), max(4 * work.recipe.batch, classes))
    split = replace(fewer(dataset, split, few), validation=split.validation[:1])
    # No step may diverge: one that did would end the timing.
    recipe = replace(work.recipe, images=0, init="he", rate=1e-6)
    ends: list[float] = []
    with quiet(), accelerated() as device, own_state(device.place, THREADS):
        start = starting_network(work.blueprint, dataset, split, recipe, SILENT)
        made = make_work(start, dataset, split, recipe, device)
        first_steps(made, _WARM + _TIMED, (), advance=lambda _: ends.append(time.perf_counter()))
    return median(later - before for before, later in zip(ends[_WARM - 1 :], ends[_WARM:], strict=False))
