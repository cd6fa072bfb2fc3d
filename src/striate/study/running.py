"""`run_study`: every cell from every seed, each once, in as many processes as there are."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from striate import fingerprint
from striate.data import Dataset, load_data
from striate.data.load import absolute_reference
from striate.events import SILENT, Events
from striate.numbers import plural
from striate.runs.claim import claim, lock_beside
from striate.study.cells import Cell, cells_of, written
from striate.study.estimating import estimated
from striate.study.folder import TRAININGS, begin_study
from striate.study.plan import Study
from striate.study.results import CellResult, StudyResults, cell_result, rate_of
from striate.study.timing import Clock, Timed, read_timed, write_timed
from striate.study.training import BUSY, Work, lock_of, read_result
from striate.tasks import Task, Where, run_tasks
from striate.train.score import SCORE_NAMES

# Rates are chosen by a seed of their own, so that no seed of the study has seen the choice.
RATE_SEED = 1_000_000
_FUNCTION = "striate.study.training:train_work"
_WAIT_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A study whose cells are solved and whose data are known, before anything is trained."""

    study: Study
    cells: tuple[Cell, ...]
    data: str
    data_key: str
    score_name: str
    timed: tuple[Timed, ...] = ()

    def work(self, cell: Cell, *, seed: int, rate: float | None = None) -> Work:
        """Return the training of a cell from a seed."""
        recipe = replace(cell.recipe, seed=seed, rate=cell.recipe.rate if rate is None else rate)
        assert cell.plan is not None  # noqa: S101 - only cells that can be built are trained
        return Work(plan=cell.plan.to_text(), data=self.data, data_key=self.data_key, recipe=recipe)

    def trials(self) -> list[Work]:
        """Return the trainings that choose each cell's rate; none where all have one rate."""
        return [work for cell in self.cells for work in self.of_trials(cell)]

    def trainings(self, folder: Path) -> list[Work]:
        """Return the trainings of every cell whose rate is known."""
        return [work for cell in self.cells for work in self.of_cell(cell, folder)]

    def of_cell(self, cell: Cell, folder: Path) -> list[Work]:
        """Return the trainings of a cell, one a seed; none before its rate is known, or without a network."""
        rate = self.rate(cell, folder)
        if cell.plan is None or (rate is None and self.study.rates):
            return []
        return [self.work(cell, seed=seed, rate=rate) for seed in self.study.seed_numbers]

    def of_trials(self, cell: Cell) -> list[Work]:
        """Return the trainings that choose a cell's rate, in the rates' order."""
        if cell.plan is None:
            return []
        return [self.work(cell, seed=RATE_SEED, rate=rate) for rate in self.study.rates]

    def all_works(self) -> list[Work]:
        """Return every training that may come to be asked for, at every rate that may be chosen."""
        rates = self.study.rates or (None,)
        return self.trials() + [work for rate in rates for cell in self.cells for work in self.at_recipe(cell, rate)]

    def planned(self) -> list[Work]:
        """Return as many trainings as there will be, as if the recipe's rate were chosen everywhere."""
        return self.trials() + [work for cell in self.cells for work in self.at_recipe(cell)]

    def at_recipe(self, cell: Cell, rate: float | None = None) -> list[Work]:
        """Return a cell's trainings at a rate, the recipe's if none is given."""
        if cell.plan is None:
            return []
        return [self.work(cell, seed=seed, rate=rate) for seed in self.study.seed_numbers]

    def rate(self, cell: Cell, folder: Path) -> float | None:
        """Return the rate the trials chose for a cell; None before they are done, or if all of them diverged."""
        trials = self.of_trials(cell)
        return rate_of(self.study.rates, [result_of(work, folder) for work in trials]) if trials else None


def prepared(study: Study, dataset: Dataset | None = None, folder: Path | str | None = None) -> Prepared:
    """Return a study ready to be run: its cells, and the key of its data.

    Args:
        study: The study.
        dataset: The data, if they are loaded already.
        folder: Of the study; where measured time is held, what was measured before is taken from there. Without it, or for
            networks that are not there, it is measured now.

    Raises:
        InputError: No cells that can be compared; data that cannot be read.
    """
    timed: tuple[Timed, ...] = ()
    if study.fixed.is_measured:
        clock = Clock(written(study, study.reference)[0], read_timed(Path(folder)) if folder is not None else ())
        cells = cells_of(study, clock)
        timed = clock.known
    else:
        cells = cells_of(study)
    dataset = load_data(study.data) if dataset is None else dataset
    return Prepared(
        study=study,
        cells=cells,
        data=absolute_reference(study.data),
        data_key=dataset.fingerprint,
        score_name=SCORE_NAMES[dataset.output.kind],
        timed=timed,
    )


def run_study(
    study: Study,
    folder: Path | str,
    *,
    workers: int | None = None,
    on: Where = "processes",
    events: Events = SILENT,
    dataset: Dataset | None = None,
) -> StudyResults:
    """Train every cell of a study from every seed, and return what came of it.

    Each training is one task with one thread, kept in the study's folder by a key of its content. Killed at any moment, the
    same call goes on where it was, in the middle of a training too; several processes, also of several machines on one disk,
    may run one study at once and do nothing twice. More seeds or levels add to what is there.

    Args:
        study: What to do.
        folder: New, empty, or this study's.
        workers: Trainings at once; as many as there are processors if None.
        on: "processes" of this machine, or "ray".
        events: Hears "tasks" by the training; may cancel between them.
        dataset: The data, if they are loaded already.

    Raises:
        InputError: The folder holds another study, or data that changed since.
        StorageError: The disk refused; what was done is kept.
        Cancelled: Asked to stop.

    When it misleads:
        One data set, one recipe and a few seeds: what differs here may not differ elsewhere. The test part is read once for
        every training; whoever chooses among many studies by it should keep another part aside.
    """
    dataset = load_data(study.data) if dataset is None else dataset
    with _first(study, Path(folder)):
        ready = prepared(study, dataset, folder)
        folder = begin_study(study, folder, data_key=ready.data_key)
        if ready.timed:
            write_timed(folder, ready.timed)
    workers = workers or os.cpu_count() or 1
    _tell_time(ready, dataset, folder, workers, events)
    reasons: dict[str, str] = {}
    reasons |= _do(ready.trials(), folder, workers, on, events, judged=False)
    # Which trainings there are depends on the rates that were chosen.
    reasons |= _do(ready.trainings(folder), folder, workers, on, events)
    return results_of(ready, folder, reasons)


@contextmanager
def _first(study: Study, folder: Path) -> Iterator[None]:
    """Wait until nobody else measures this study's networks: what one has measured holds for all."""
    if not study.fixed.is_measured:
        yield
        return
    while True:
        # Beside the folder, which is not there before the study can be begun.
        with claim(lock_beside(folder)) as is_free:
            if is_free:
                yield
                return
        time.sleep(_WAIT_S)


def _tell_time(ready: Prepared, dataset: Dataset, folder: Path, workers: int, events: Events) -> None:
    left = [work for work in ready.trials() if result_of(work, folder) is None]
    for cell in ready.cells:
        # Whichever rate will be chosen, a training takes as long.
        works = ready.of_cell(cell, folder) or ready.at_recipe(cell)
        left += [work for work in works if result_of(work, folder) is None]
    if left:
        told = estimated(left, dataset, workers=workers).told
        events.log(f"{plural(len(left), 'training')} to be done, {workers} at once: {told}.")


def results_of(ready: Prepared, folder: Path, reasons: Mapping[str, str] | None = None) -> StudyResults:
    """Return what a study's folder knows by now.

    Args:
        ready: The study.
        folder: Its folder.
        reasons: Why trainings failed this time, by key; these are tried again.
    """
    rows = tuple(_row(ready, cell, folder, reasons or {}) for cell in ready.cells)
    return StudyResults(study=ready.study, cells=rows, score_name=ready.score_name)


def _row(ready: Prepared, cell: Cell, folder: Path, reasons: Mapping[str, str]) -> CellResult:
    seeds = ready.study.seed_numbers
    works = ready.of_cell(cell, folder)
    found = [(result_of(work, folder), reasons.get(work.key, "")) for work in works]
    if cell.plan is not None and not works:
        # Without a rate there is no training; why not is what its trials said.
        found = [(None, _without_rate(ready, cell, folder, reasons)) for _ in seeds]
    return cell_result(cell, ready.rate(cell, folder), seeds, found)


def _without_rate(ready: Prepared, cell: Cell, folder: Path, reasons: Mapping[str, str]) -> str:
    works = ready.of_trials(cell)
    results = [result_of(work, folder) for work in works]
    if all(result is not None for result in results):
        return f"no rate that was tried could be trained: {results[0]['failed']}" if results[0] else ""
    # One that is still to be done may be fine: only what kept it from being done is told.
    waiting = [work for work, result in zip(works, results, strict=True) if result is None]
    return next((reasons[work.key] for work in waiting if work.key in reasons), "")


def result_of(work: Work, folder: Path) -> dict[str, Any] | None:
    """Return what came of a training; None while nothing did."""
    return read_result(folder / TRAININGS / fingerprint.short(work.key))


def _do(
    works: Sequence[Work], folder: Path, workers: int, on: Where, events: Events, *, judged: bool = True
) -> dict[str, str]:
    """Do the trainings that are not done; return why some failed, by key."""
    place = (folder / TRAININGS).absolute()
    left = [work for work in works if result_of(work, folder) is None]
    reasons: dict[str, str] = {}
    while left:
        tasks = [Task(function=_FUNCTION, arguments=work.arguments(place, judged=judged)) for work in left]
        busy = []
        for work, outcome in zip(left, run_tasks(tasks, workers=workers, on=on, events=events), strict=True):
            if outcome.error:
                reasons[work.key] = outcome.error
            elif BUSY in outcome.value:
                busy.append(work)
        left = _left_by_others(busy, folder)
    return reasons


def _left_by_others(works: Sequence[Work], folder: Path) -> list[Work]:
    """Wait while others work on trainings, and return those that they left: a process that is killed frees its locks."""
    waiting = list(works)
    while waiting := [work for work in waiting if result_of(work, folder) is None]:
        free = [work for work in waiting if _is_free(work, folder)]
        # What ended between the two looks is free and done.
        if left := [work for work in free if result_of(work, folder) is None]:
            return left
        time.sleep(_WAIT_S)
    return []


def _is_free(work: Work, folder: Path) -> bool:
    with claim(lock_of(folder / TRAININGS / fingerprint.short(work.key))) as is_free:
        return is_free
