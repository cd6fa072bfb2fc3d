"""Short trainings under a time budget: many looked at briefly, the better ones longer, the best on more folds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from striate.events import Task
from striate.numbers import duration
from striate.records.adapting import Regime
from striate.transfer.costs import FIRST_FOLDS, FOLDS_SHARE, STEPS, Costs, kept
from striate.transfer.ground import Bench, penalty_at
from striate.transfer.probing import Probed
from striate.transfer.regimes import parts, recipe, regime_key
from striate.transfer.short import Attempt, try_regime

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
        costs: What attempts take.
        end_at: On the monotonic clock: when it must be over.
        recall: Returns an earlier sitting's attempt by its key, or None.
        remember: Is told each finished attempt with its key.
        brackets: Sizes of the brackets an earlier sitting began.
        begin_bracket: Is told the size of each bracket.
        reserved: The regime whose own training must still fit behind the search, by what steps turn out to take.
    """

    def __init__(  # noqa: PLR0913 - what is tried, on what, until when, and what is known already
        self,
        bench: Bench,
        probed: Sequence[Probed],
        regimes: Sequence[Regime],
        costs: Costs,
        *,
        end_at: float,
        recall: Callable[[Row], Attempt | None] = lambda _: None,
        remember: Callable[[Row, Attempt], None] = lambda *_: None,
        brackets: Sequence[int] = (),
        begin_bracket: Callable[[int], None] = lambda _: None,
        reserved: Regime | None = None,
    ) -> None:
        self._bench, self._probed, self._costs, self.end_at = bench, probed, costs, end_at
        self._recall, self._remember = recall, remember
        self._brackets, self._begin_bracket, self._reserved = tuple(brackets), begin_bracket, reserved
        self.arms = [Arm(regime=regime) for regime in regimes]

    def run(self) -> list[Arm]:
        """Return every arm with what became of it, best first.

        Arms are taken in brackets, as many at once as can go through all rungs in three fifths of what time is left; the rest is
        for the finalists' other folds, and what that leaves for the next bracket.
        """
        task = Task("trainings", total=None, unit="training", events=self._bench.events)
        pending = list(self.arms)
        replayed = list(self._brackets)
        while pending:
            # What an earlier sitting began is gone through again, from what it wrote down.
            is_again = bool(replayed)
            count = replayed.pop(0) if is_again else self._costs.fitting([arm.regime for arm in pending], self._left())
            if not count:
                break
            if not is_again:
                self._begin_bracket(count)
            self._bracket(pending[:count], task)
            pending = pending[count:]
            self._more_folds(task, until=self._now() + FOLDS_SHARE * self._left(), most=FIRST_FOLDS)
        self._more_folds(task, until=self.end_at, most=self._bench.ground.fold_count)
        for arm in pending:
            arm.state = "no time"
        return sorted(self.arms, key=lambda arm: (-arm.rung, -len(arm.gains), -arm.score, arm.loss))

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

    def _note(self, regime: Regime, rung: int, seconds: float) -> None:
        self._costs.note(regime, rung, seconds)
        if self._reserved is not None:
            self.end_at = self._bench.clock.until(self._costs.reserve_s(self._reserved))

    def _is_known(self, arm: Arm, rung: int, fold: int) -> bool:
        return self._recall(self._key(replace(arm.regime, epochs=self._costs.epochs(rung)), fold)) is not None

    def _key(self, regime: Regime, fold: int) -> Row:
        return {"regime": regime_key(regime), "fold": fold, "batch": self._bench.batch}

    def _left(self) -> float:
        return max(self.end_at - self._now(), 0.0)

    def _now(self) -> float:
        return self._bench.clock.began + self._bench.clock.spent_s

    def _attempt(self, arm: Arm, rung: int, fold: int, task: Task) -> None:
        regime = replace(arm.regime, epochs=self._costs.epochs(rung))
        key = self._key(regime, fold)
        found = self._recall(key)
        if found is None:
            if self._costs.attempt_s(regime, rung) > self._left():
                return
            began = self._now()
            found = self._train(regime, fold)
            if found.state == "stopped":
                return
            self._remember(key, found)
            # Cutting the network for it is part of what it takes.
            self._note(regime, rung, self._now() - began)
        else:
            self._note(regime, rung, found.seconds)
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
            runners = [arm for arm in best if arm.state == "open" and fold not in arm.gains]
            fresh = [arm for arm in runners if not self._is_known(arm, last, fold)]
            if fresh and self._now() + sum(self._costs.attempt_s(arm.regime, last) for arm in fresh) > until:
                return
            for arm in runners:
                self._attempt(arm, last, fold, task)


def _order(arm: Arm) -> tuple[float, float]:
    return -arm.score, arm.loss


def _kept(ranked: Sequence[Arm], *, one_each: bool) -> list[Arm]:
    """Return the best third, at least two; where `one_each`, only the best of each regime."""
    if one_each:
        first: dict[str, Arm] = {}
        for arm in ranked:
            first.setdefault(arm.regime.name, arm)
        ranked = list(first.values())
    return list(ranked[: kept(len(ranked))])


def planned_words(seconds: float, budget_s: float) -> str:
    """Return the sentence that says how long it will take."""
    return (
        f"Adapting will take about {duration(seconds)} of the {duration(budget_s)} given: one pass, probes at every cut, and as "
        "many short trainings as fit."
    )
