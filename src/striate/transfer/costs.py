"""How long short trainings take, before they are run: which ones fit into a time budget, and what all of it will come to."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from striate.records.adapting import Regime

# Steps of each rung, at a ladder of 1; a third goes on from one to the next, at least two.
STEPS = (20, 60, 180)
# What all rungs are multiplied by: the largest at which one training of the last rung takes at most this share of the budget,
# and no more than so many epochs.
LADDERS = (0.5, 1.0, 2.0, 4.0, 8.0)
_LAST_SHARE = 0.12
_MOST_EPOCHS = 30
KEPT = 3
FINALISTS = 2
# Of the time that is left, for other folds than the first; and how many of them before more is tried.
FOLDS_SHARE = 0.4
FIRST_FOLDS = 3
# A step's backward pass beside its forward pass, where gradients flow through all of it and nobody has measured it.
BACKWARD = 2.6
# What is kept back for the chosen network's training, beside what one like it took.
RESERVE = 1.3
LEAST_RESERVE_S = 3.0
_SAFETY = 1.1


@dataclass(slots=True, kw_only=True)
class Costs:
    """What attempts cost, learned as they are made.

    Attributes:
        image_s: Seconds of one image's forward pass.
        batch: Images a step.
        count: Samples learned from in a fold.
        held: Samples held out in it.
        depth: Of a regime: the share of the network's MACs that is run, and of these the share gradients flow through.
        backward: A step's backward pass beside one forward pass in eval mode.
        ladder: What the rungs' steps are multiplied by.
        ratios: What attempts took, each beside what was expected of it.
    """

    image_s: float
    batch: int
    count: int
    held: int
    depth: Callable[[Regime], tuple[float, float]]
    backward: float = BACKWARD
    ladder: float = 1.0
    ratios: list[float] = field(default_factory=list)

    @property
    def steps_per_epoch(self) -> int:
        """Steps of one epoch; a last batch of one image is left out."""
        whole, rest = divmod(self.count, self.batch)
        return whole + (rest > 1 or not whole)

    def epochs(self, rung: int) -> int:
        """Return the whole epochs that a rung's steps take."""
        return max(math.ceil(self.ladder * STEPS[rung] / self.steps_per_epoch), 1)

    def climb(self, regime: Regime, budget_s: float) -> None:
        """Choose the ladder for a budget, by the dearest regime."""
        last = len(STEPS) - 1
        for ladder in LADDERS:
            before, self.ladder = self.ladder, ladder
            is_over = self.attempt_s(regime, last) > _LAST_SHARE * budget_s or self.epochs(last) > _MOST_EPOCHS
            if is_over and ladder > LADDERS[0]:
                self.ladder = before
                return

    def expected_s(self, regime: Regime, rung: int) -> float:
        """Return what an attempt would take if every pass took what the first one did."""
        run, trained = self.depth(regime)
        images = self.epochs(rung) * self.count
        return self.image_s * max(run, 0.05) * (images * (1 + self.backward * trained) + self.held)

    def attempt_s(self, regime: Regime, rung: int) -> float:
        """Return what an attempt will take, by what others took."""
        return _SAFETY * self.expected_s(regime, rung) * (median(self.ratios) if self.ratios else 1.0)

    def note(self, regime: Regime, rung: int, seconds: float) -> None:
        """Learn from an attempt."""
        self.ratios.append(seconds / self.expected_s(regime, rung))

    def reserve_s(self, regime: Regime) -> float:
        """Return what must be kept back for the chosen network's own training."""
        return max(RESERVE * self.attempt_s(regime, len(STEPS) - 1), LEAST_RESERVE_S)

    def fitting(self, pending: Sequence[Regime], left_s: float) -> int:
        """Return how many of the next regimes can go through all rungs in the share of the time a bracket may take."""
        for number in range(len(pending), 0, -1):
            if self.bracket_s(pending[:number]) <= (1 - FOLDS_SHARE) * left_s:
                return number
        return 0

    def bracket_s(self, regimes: Sequence[Regime]) -> float:
        """Return what a bracket will take; nobody knows yet which go on, so each rung counts its runners at the mean cost."""
        runners, needed = len(regimes), 0.0
        for rung in range(len(STEPS)):
            needed += sum(self.attempt_s(regime, rung) for regime in regimes) * runners / len(regimes)
            runners = kept(runners)
        return needed

    def plan_s(self, regimes: Sequence[Regime], left_s: float, folds: int) -> float:
        """Return what a search will take of the time that is left, by going through it without running anything."""
        used, pending, finalists = 0.0, list(regimes), 0
        answered = 1
        while pending:
            number = self.fitting(pending, left_s - used)
            if not number:
                break
            used += self.bracket_s(pending[:number])
            finalists = min(finalists + 1, FINALISTS) if finalists else min(number, FINALISTS)
            pending = pending[number:]
        if finalists:
            a_fold = finalists * sum(self.attempt_s(one, len(STEPS) - 1) for one in regimes) / len(regimes)
            while answered < folds and used + a_fold <= left_s:
                used, answered = used + a_fold, answered + 1
        return used


def kept(count: int) -> int:
    """Return how many of so many go on to the next rung."""
    return max(math.ceil(count / KEPT), min(FINALISTS, count))
