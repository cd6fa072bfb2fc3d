"""Short trainings under a time budget: many looked at briefly, the better ones longer, the best on more folds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

import numpy as np

from striate.events import Task
from striate.numbers import duration, plural
from striate.records.adapting import Regime
from striate.transfer.ground import Bench, penalty_at
from striate.transfer.probing import Probed
from striate.transfer.regimes import parts, recipe
from striate.transfer.short import Attempt, try_regime

# Steps of each rung; a third goes on from one to the next, at least two.
STEPS = (20, 60, 180)
_KEPT = 3
_FINALISTS = 2
# Of the time that is left, for other folds than the first; and how many of them before more is tried.
_FOLDS_SHARE = 0.4
_FIRST_FOLDS = 3
# A training is this many times as long as one forward pass, where gradients flow through all of it.
BACKWARD = 2.2
_SAFETY = 1.15

Row = Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Arm:
    """A regime with one rate and policy, under way.

    Attributes:
        regime: The regime; its epochs are those of the rung it came to.
        gains: Held-out gains by fold, of the highest rung.
        loss: Mean held-out loss at the highest rung, fold 0.
        rung: The highest rung that was finished; −1 for none.
        state: "open", "dropped", "lost" or "no time".
        step_s: Seconds a step.
        looks: One a finished attempt: {"rung", "fold", "score", "loss"}.
    """

    regime: Regime
    gains: dict[int, Any] = field(default_factory=dict)
    loss: float = math.inf
    rung: int = -1
    state: str = "open"
    step_s: float = 0.0
    looks: list[dict[str, float]] = field(default_factory=list)

    @property
    def score(self) -> float:
        """Mean held-out gain over the folds answered; −inf for none."""
        return float(np.concatenate(list(self.gains.values())).mean()) if self.gains else -math.inf


class Search:
    """Successive halving over regimes.

    Args:
        bench: What is adapted to what.
        probed: The probes, for regimes that start from one.
        arms: What to try, in order; what there is no time for is said.
        end_at: On the monotonic clock: when it must be over.
        recall: Returns an earlier sitting's attempt by its key, or None.
        remember: Is told each finished attempt with its key.
    """

    def __init__(
        self,
        bench: Bench,
        probed: Sequence[Probed],
        regimes: Sequence[Regime],
        *,
        end_at: float,
        recall: Callable[[Row], Attempt | None] = lambda _: None,
        remember: Callable[[Row, Attempt], None] = lambda *_: None,
    ) -> None:
        self._bench, self._probed, self.end_at = bench, probed, end_at
        self._recall, self._remember = recall, remember
        self._ratio: list[float] = []
        self.arms = [Arm(regime=regime) for regime in regimes]

    def run(self) -> list[Arm]:
        """Return every arm with what became of it, best first.

        Arms are taken in brackets, as many at once as can go through all rungs in three fifths of what time is left; the rest is
        for the finalists' other folds, and what that leaves for the next bracket.
        """
        task = Task("trainings", total=None, unit="training", events=self._bench.events)
        pending = list(self.arms)
        while pending:
            count = self._fitting(pending)
            if not count:
                break
            self._bracket(pending[:count], task)
            pending = pending[count:]
            self._more_folds(task, until=self._now() + _FOLDS_SHARE * self._left(), most=_FIRST_FOLDS)
        self._more_folds(task, until=self.end_at, most=self._bench.ground.fold_count)
        for arm in pending:
            arm.state = "no time"
        return sorted(self.arms, key=lambda arm: (-arm.rung, -arm.score, arm.loss))

    def _bracket(self, arms: Sequence[Arm], task: Task) -> None:
        runners = list(arms)
        for rung in range(len(STEPS)):
            for arm in runners:
                self._attempt(arm, rung, 0, task)
            done = sorted((arm for arm in runners if arm.rung == rung and arm.state == "open"), key=_order)
            if rung == len(STEPS) - 1:
                return
            runners = _kept(done, one_each=rung == len(STEPS) - 2)
            for arm in done:
                if not any(arm is one for one in runners):
                    arm.state = "dropped"

    def _fitting(self, pending: Sequence[Arm]) -> int:
        """Return how many of the next arms can go through all rungs in the time a bracket may take."""
        time_s = (1 - _FOLDS_SHARE) * self._left()
        for count in range(len(pending), 0, -1):
            own = [[self.cost_s(arm.regime, steps) for steps in STEPS] for arm in pending[:count]]
            runners, needed = count, 0.0
            for rung in range(len(STEPS)):
                # Nobody knows yet which go on: those of mean cost, the dearest first in the last rung.
                costs = sorted((row[rung] for row in own), reverse=True)
                needed += sum(costs) * min(runners / count, 1.0)
                runners = _count_kept(runners)
            if needed <= time_s:
                return count
        return 0

    def _left(self) -> float:
        return max(self.end_at - self._now(), 0.0)

    def cost_s(self, regime: Regime, steps: int) -> float:
        """Return how long one attempt of so many steps will take, by what steps took so far."""
        return _SAFETY * self._pass_s(regime, steps) * (median(self._ratio) if self._ratio else 1.0)

    def _pass_s(self, regime: Regime, steps: int) -> float:
        bench = self._bench
        image_s = bench.features.image_s * max(bench.cut(regime.cut).macs_share, 0.05)
        share = parts(regime, bench.cuts, bench.recording).trained_share
        held = int((bench.ground.folds == 0).sum())
        return image_s * (bench.batch * self._whole(steps) * (1 + BACKWARD * share) + held)

    def _whole(self, steps: int) -> int:
        """Return the steps of the whole epochs that so many steps take."""
        return self._epochs(steps) * self._per_epoch()

    def _epochs(self, steps: int) -> int:
        return max(math.ceil(steps / self._per_epoch()), 1)

    def _per_epoch(self) -> int:
        count = int(self._bench.training(0).sum())
        whole, rest = divmod(count, self._bench.batch)
        return whole + (rest > 1 or not whole)

    def _now(self) -> float:
        return self._bench.clock.began + self._bench.clock.spent_s

    def _attempt(self, arm: Arm, rung: int, fold: int, task: Task) -> None:
        steps = STEPS[rung]
        regime = replace(arm.regime, epochs=self._epochs(steps))
        key = {"regime": regime_key(regime), "fold": fold, "batch": self._bench.batch}
        found = self._recall(key)
        if found is None:
            if self.cost_s(regime, steps) > self._left():
                return
            found = self._train(regime, fold)
            if found.state == "stopped":
                return
            self._remember(key, found)
            self._ratio.append(found.seconds / self._pass_s(regime, steps))
        if found.gains is None:
            arm.state = "lost"
            return
        if rung > arm.rung:
            arm.gains, arm.loss, arm.rung = {}, found.loss, rung
        arm.gains[fold] = found.gains
        arm.regime, arm.step_s = regime, found.step_s
        arm.looks.append({"rung": rung, "fold": fold, "score": float(np.mean(found.gains)), "loss": found.loss})
        task.advance(score=arm.score)

    def _train(self, regime: Regime, fold: int) -> Attempt:
        bench = self._bench
        start = bench.adapted(regime, penalty_at(self._probed, regime.cut), bench.training(fold))
        frozen = parts(regime, bench.cuts, bench.recording).frozen
        return try_regime(
            start, bench.dataset, bench.split(fold), recipe(regime, frozen, batch=bench.batch), bench.device,
            deadline=self.end_at, check=lambda: bench.events.check("trainings"),
        )  # fmt: skip

    def _more_folds(self, task: Task, *, until: float, most: int) -> None:
        """Let the finalists answer fold after fold, all of them the same ones, while time is left."""
        last = len(STEPS) - 1
        best = _kept(
            sorted((arm for arm in self.arms if arm.state == "open" and arm.rung == last), key=_order), one_each=True
        )
        for fold in range(1, most):
            runners = [arm for arm in best if fold not in arm.gains]
            if self._now() + sum(self.cost_s(arm.regime, STEPS[last]) for arm in runners) > until:
                return
            for arm in runners:
                self._attempt(arm, last, fold, task)


def _order(arm: Arm) -> tuple[float, float]:
    return -arm.score, arm.loss


def _count_kept(count: int) -> int:
    return max(math.ceil(count / _KEPT), min(_FINALISTS, count))


def _kept(ranked: Sequence[Arm], *, one_each: bool) -> list[Arm]:
    """Return the best third, at least two; where `one_each`, only the best of each regime."""
    if one_each:
        first: dict[str, Arm] = {}
        for arm in ranked:
            first.setdefault(arm.regime.name, arm)
        ranked = list(first.values())
    return list(ranked[: _count_kept(len(ranked))])


def regime_key(regime: Regime) -> dict[str, Any]:
    """Return what decides an attempt, in plain values."""
    return {
        "cut": regime.cut, "hidden": list(regime.hidden), "trained": regime.trained, "start": regime.start,
        "rate": regime.rate, "body_rate": regime.body_rate, "norm": regime.norm, "epochs": regime.epochs,
    }  # fmt: skip


def planned_words(seconds: float, budget_s: float, count: int) -> str:
    """Return the sentence that says how long it will take."""
    return (
        f"Adapting will take about {duration(seconds)} of the {duration(budget_s)} given: "
        f"one pass, probes at every cut, and {plural(count, 'way')} to train, as far as the time goes."
    )
