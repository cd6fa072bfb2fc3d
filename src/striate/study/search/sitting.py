"""A search while it is worked on: ask for designs, train them, tell what they reached."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from striate.data import Dataset
from striate.data.load import absolute_reference
from striate.events import Events
from striate.events import Task as Watched
from striate.study.search.asking import given, known_design, storage_at, suggested
from striate.study.search.search import Search
from striate.study.search.space import Design, Space
from striate.study.search.telling import cut_off, is_lost, tell, tell_again
from striate.study.training import BUSY, Work
from striate.tasks import Outcome, Task, Where, run_tasks

OWNER, DESIGN, AGAIN, LOST = "owner", "design", "again", "lost"
_FUNCTION = "striate.study.search.working:try_design"
# Of a trial that a kill or an error not its own cut off; any other mark is of one that was tried before.
_CUT = "cut off"
_MOST_AGAIN = 20
_WAIT_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """A search while it is worked on."""

    asked: Search
    space: Space
    study: Any
    dataset: Dataset
    folder: Path
    storage: str
    owner: str

    def begin(self) -> list[Design]:
        """Give up what a kill cut off, and return it, then what is known: the designs to try first."""
        self._give_up()
        cut = [one for one in self.study.get_trials(deepcopy=False) if one.user_attrs.get(AGAIN) == _CUT]
        mine = [tuple(one.user_attrs[DESIGN]) for one in cut if self._is_mine(one) and DESIGN in one.user_attrs]
        return [*mine, *(known_design(self.space, values) for values in self.asked.known)]

    def run(self, trials: int, workers: int, on: Where, events: Events) -> None:
        """Ask for as many designs as workers, train them, tell what they reached, until so many different ones were tried.

        Raises:
            RunError: A training was cut off by what its design is not to blame for; it is tried again in the next sitting. A
                design whose workers are lost in two sittings is a failed trial.
            Cancelled: Asked to stop.
        """
        trials = min(trials, len(self.space.designs))
        # Others that share the database try designs meanwhile: it is asked anew every round.
        tried = self.tried()
        first = self.begin()
        watched = Watched("searching", total=max(trials, len(tried)), unit="trial", events=events, done=len(tried))
        while len(tried) < trials:
            room = min(workers, trials - len(tried))
            asked_now: dict[Design, Any] = {}
            while len(asked_now) < room and (found := self.ask(first)) is not None:
                trial, design = found
                asked_now[design] = trial
            if not asked_now:
                # What is left, others have under way.
                events.check("searching")
                time.sleep(_WAIT_S)
            self._train(asked_now, on, watched)
            tried = self.tried()

    def _train(self, asked_now: Mapping[Design, Any], on: Where, watched: Watched) -> None:
        """Train designs at once, and tell what they reached; then raise what cut one off, if something did."""
        trouble = ""
        for design, outcome in self.trained(asked_now, on):
            if is_lost(outcome) and self._lost_before(design):
                # It takes too much wherever it goes: without an end to it no other would come to its turn.
                outcome = replace(outcome, value={"failed": outcome.error}, error="")
            if outcome.error:
                # Not the design's fault: it is no failed trial, and the next would meet the same.
                trouble = trouble or outcome.error
                self._mark(asked_now[design], outcome)
                continue
            tell(self.study, asked_now[design], self.space.blueprint(design), outcome, self.asked.goal)
            watched.advance()
        if trouble:
            self._leave()
            raise cut_off(trouble, self.folder)

    def _mark(self, trial: Any, outcome: Outcome) -> None:  # noqa: ANN401 - Optuna's
        """Mark a trial whose workers were lost, if the database takes it."""
        import optuna

        if is_lost(outcome):
            with suppress(optuna.exceptions.StorageInternalError):
                trial.set_user_attr(LOST, 1)

    def _lost_before(self, design: Design) -> bool:
        """Return whether a design's workers were lost in a sitting before."""
        trials = self.study.get_trials(deepcopy=False)
        return any(LOST in one.user_attrs and tuple(one.user_attrs[DESIGN]) == design for one in trials)

    def trained(self, asked_now: Mapping[Design, Any], on: Where) -> Iterator[tuple[Design, Outcome]]:
        """Train designs at once, and give what came of each."""
        if asked_now:
            tasks = [Task(function=_FUNCTION, arguments=self.arguments(*pair)) for pair in asked_now.items()]
            yield from zip(asked_now, _outcomes(tasks, on), strict=True)

    def _give_up(self) -> None:
        """Mark trials a kill cut off; the folder's lock is ours, so nobody is at those of its own."""
        import optuna

        for one in self.study.get_trials(states=(optuna.trial.TrialState.RUNNING,)):
            if not self._is_mine(one):
                continue
            # What was under way is tried again, and counts then.
            optuna.trial.Trial(self.study, one._trial_id).set_user_attr(AGAIN, _CUT)  # noqa: SLF001 - Optuna has no public one
            self.study.tell(one.number, state=optuna.trial.TrialState.FAIL)

    def _leave(self) -> None:
        """Let others have what was cut off, at once if the database takes it: else the next sitting gives it up."""
        import optuna

        with suppress(optuna.exceptions.StorageInternalError):
            self._give_up()

    def _is_mine(self, trial: Any) -> bool:  # noqa: ANN401 - Optuna's
        # A kill before a trial had an owner leaves one without; in a database of our own it is ours.
        return bool(trial.user_attrs.get(OWNER, "" if self.storage else self.owner) == self.owner)

    def tried(self) -> dict[Design, Any]:
        """Return the designs that were tried, with the values the sampler was told; None of those that have none."""
        return {design: trial.values for design, trial in self._counted() if trial.state.is_finished()}

    def ask(self, first: list[Design] | None = None) -> tuple[Any, Design] | None:
        """Return a trial with a design that nobody tried or is at; None if there is none left.

        One that was tried is told to the sampler again, and costs no training; a sampler that goes on asking for such gets one
        of the others, drawn evenly.

        Args:
            first: Designs to try before the sampler is asked; what somebody tried or is at is taken out.
        """
        for design in list(first or ()):
            found = self._given(design)
            # Of two that gave way to each other, one must come back to it.
            if first and design in self.taken():
                first.remove(design)
            if found is not None:
                return found
        for _ in range(_MOST_AGAIN):
            if len(self.taken()) >= len(self.space.designs):
                return None
            trial = self.study.ask()
            trial.set_user_attr(OWNER, self.owner)
            design = suggested(trial, self.space)
            # Told before it is looked who else has it: of two that ask at once, at least one sees the other, and gives way.
            trial.set_user_attr(DESIGN, list(design))
            if self._has_alone(trial, design):
                return trial, design
        taken, asked = self.taken(), len(self.study.get_trials(deepcopy=False))
        left = [one for one in self.space.designs if one not in taken]
        drawn = random.Random(f"{self.asked.seed} {asked}").choice(left) if left else None  # noqa: S311 - no secret
        # Whoever else asks may have been given what was drawn.
        return None if drawn is None else self._given(drawn)

    def _given(self, design: Design) -> tuple[Any, Design] | None:
        """Return a trial of this design, or None if somebody tried it or is at it."""
        if design in self.taken():
            return None
        trial = given(self.study, self.space, design, {OWNER: self.owner, DESIGN: list(design)})
        return (trial, design) if self._has_alone(trial, design) else None

    def _has_alone(self, trial: Any, design: Design) -> bool:  # noqa: ANN401 - Optuna's
        """Return whether nobody else tried a trial's design or is at it; otherwise the sampler is told the trial again."""
        taken = self.taken(besides=trial.number)
        if design in taken:
            trial.set_user_attr(AGAIN, 1)
            tell_again(self.study, trial, taken[design])
        return design not in taken

    def taken(self, *, besides: int | None = None) -> dict[Design, Any]:
        """Return the designs that were tried or that somebody is at, with the values the sampler was told; None of the others.

        Args:
            besides: Number of a trial that does not count.
        """
        return {design: trial.values for design, trial in self._counted() if trial.number != besides}

    def _counted(self) -> Iterator[tuple[Design, Any]]:
        """Yield the trials that count, whoever asked for them, with their designs."""
        for trial in self.study.get_trials(deepcopy=False):
            if DESIGN in trial.user_attrs and AGAIN not in trial.user_attrs:
                yield tuple(trial.user_attrs[DESIGN]), trial

    def arguments(self, design: Design, trial: Any) -> dict[str, Any]:  # noqa: ANN401 - Optuna's
        """Return what a trial's task takes."""
        work = Work(
            plan=self.space.blueprint(design).to_text(),
            data=absolute_reference(self.dataset.reference),
            data_key=self.dataset.fingerprint,
            recipe=replace(self.asked.recipe, seed=self.asked.seed),
        )
        is_pruning = self.asked.prune and self.asked.goal == "score"
        return {
            "work": work.arguments((self.folder / "trainings").absolute(), judged=False),
            "storage": storage_at(self.folder, self.storage) if is_pruning else "",
            "name": self.study.study_name,
            "trial": trial._trial_id,  # noqa: SLF001 - Optuna has no public one
        }


def _outcomes(tasks: list[Task], on: Where) -> list[Outcome]:
    """Return what came of the tasks; one that another process still has, of a sitting that was killed, is waited for."""
    found = list(run_tasks(tasks, workers=len(tasks), on=on))
    while busy := [number for number, one in enumerate(found) if not one.error and BUSY in one.value]:
        time.sleep(_WAIT_S)
        for number, outcome in zip(
            busy, run_tasks([tasks[one] for one in busy], workers=len(busy), on=on), strict=True
        ):
            found[number] = outcome
    return found
