"""Successive halving with a trainer that returns what was planned, on a clock of its own."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from striate.events import Events
from striate.records.adapting import Regime
from striate.transfer.costs import STEPS, Costs
from striate.transfer.ground import Bench
from striate.transfer.halving import Search, planned_words, regime_key
from striate.transfer.short import Attempt

FOLDS, HELD = 5, 100


def regime(name, rate):
    return Regime(
        name=name, title=name, lecture="", cut=name, hidden=(), trained="all", start="new", rate=rate, norm="train"
    )


class Clock:
    began = 0.0

    def __init__(self):
        self.spent_s = 0.0


class Planned:
    """A search whose trainings take a second a rung and score what `plan` says: shares right of a hundred."""

    def __init__(self, monkeypatch, regimes, plan, *, end_at=1e6, seconds=(1.0, 2.0, 4.0), told=(), kept=None):
        self.clock, self.plan, self.seconds, self.calls = Clock(), plan, seconds, []
        self.kept = {} if kept is None else kept
        self.told = []
        self.costs = Costs(image_s=1e-6, batch=16, count=160, held=HELD, depth=lambda _: (1.0, 1.0))
        monkeypatch.setattr(Costs, "attempt_s", lambda _costs, _regime, rung: self.seconds[rung])
        monkeypatch.setattr(Search, "_train", lambda _search, regime, fold: self.train(regime, fold))
        bench = object.__new__(Bench)
        for name, value in {
            "clock": self.clock, "batch": 16, "events": Events(), "ground": SimpleNamespace(fold_count=FOLDS),
        }.items():  # fmt: skip
            object.__setattr__(bench, name, value)
        self.search = Search(
            bench, [], regimes, self.costs, end_at=end_at, recall=lambda key: self.kept.get(repr(key)),
            remember=lambda key, attempt: self.kept.update({repr(key): attempt}),
            brackets=told, begin_bracket=self.told.append,
        )  # fmt: skip
        self.arms = {(arm.regime.name, arm.regime.rate): arm for arm in self.search.run()}

    def train(self, regime, fold):
        rung = [self.costs.epochs(number) for number in range(len(STEPS))].index(regime.epochs)
        self.calls.append((regime.name, regime.rate, rung, fold))
        self.clock.spent_s += self.seconds[rung]
        right = self.plan(regime.name, regime.rate, rung, fold)
        if right is None or isinstance(right, str):
            return Attempt(gains=None, loss=math.inf, seconds=1.0, step_s=0.1, state=right or "lost")
        own = np.array([1.0] * right + [0.0] * (HELD - right))
        return Attempt(gains=own, loss=1 - right / HELD, seconds=1.0, step_s=0.1, state="done")

    def runners(self, rung, fold=0):
        return [(name, rate) for name, rate, *place in self.calls if place == [rung, fold]]


NINE = [regime(name, rate) for rate in (0.1, 0.2, 0.3) for name in ("a", "b", "c")]
SCORES = {"a": 60, "b": 50, "c": 40}


def by_name(name, rate, rung, _fold):
    return SCORES[name] + round(10 * rate) + 5 * rung


def test_a_third_goes_on_and_only_one_of_each_regime_to_the_last_rung(monkeypatch):
    found = Planned(monkeypatch, NINE, by_name)

    assert found.runners(0) == [(one.name, one.rate) for one in NINE]
    # 63, 62 and 61 are the three best of nine: all of "a".
    assert found.runners(1) == [("a", 0.3), ("a", 0.2), ("a", 0.1)]
    # Of one regime only the best rate is taken further.
    assert found.runners(2) == [("a", 0.3)]
    assert {key: arm.rung for key, arm in found.arms.items() if arm.rung} == {
        ("a", 0.3): 2,
        ("a", 0.2): 1,
        ("a", 0.1): 1,
    }
    assert [key for key, arm in found.arms.items() if arm.state == "open"] == [("a", 0.3)]
    assert sum(arm.state == "dropped" for arm in found.arms.values()) == 8


def test_the_best_comes_first_and_epochs_are_those_of_its_rung(monkeypatch):
    found = Planned(monkeypatch, NINE, by_name)
    first = next(iter(found.arms.values()))

    assert (first.regime.name, first.regime.rate) == ("a", 0.3)
    # 180 steps of ten an epoch; the dropped ones have those of 20 and of 60 steps.
    assert first.regime.epochs == 18
    assert found.arms["a", 0.1].regime.epochs == 6
    assert found.arms["c", 0.1].regime.epochs == 2
    assert first.score == 0.73
    assert [look["rung"] for look in first.looks] == [0, 1, 2, 2, 2, 2, 2]


def test_two_finalists_answer_the_same_other_folds(monkeypatch):
    regimes = [regime("a", 0.1), regime("b", 0.1)]
    found = Planned(monkeypatch, regimes, by_name)

    for fold in range(FOLDS):
        assert found.runners(2, fold) == [("a", 0.1), ("b", 0.1)]
    assert sorted(found.arms["a", 0.1].gains) == sorted(found.arms["b", 0.1].gains) == list(range(FOLDS))


def test_a_lost_training_goes_no_further(monkeypatch):
    def plan(name, rate, rung, fold):
        return None if (name, rate) == ("a", 0.3) else by_name(name, rate, rung, fold)

    found = Planned(monkeypatch, NINE, plan)

    assert found.arms["a", 0.3].state == "lost"
    assert found.arms["a", 0.3].gains == {}
    assert ("a", 0.3) not in found.runners(1)
    assert found.runners(2)[0] == ("a", 0.2)


def test_one_that_is_lost_in_a_later_fold_is_lost(monkeypatch):
    def plan(name, rate, rung, fold):
        return None if (name, fold) == ("a", 1) else by_name(name, rate, rung, fold)

    found = Planned(monkeypatch, [regime("a", 0.1), regime("b", 0.1)], plan)

    assert found.arms["a", 0.1].state == "lost"
    assert found.arms["b", 0.1].state == "open"
    assert ("a", 0.1) not in found.runners(2, 2)


def test_with_little_time_the_first_are_tried_and_the_rest_is_told(monkeypatch):
    # Two arms take 2 · (1 + 2 + 4) = 14 s, three 3 + 4 + 8 = 15; three fifths of 24 s are 14.4.
    found = Planned(monkeypatch, NINE, by_name, end_at=24.0)

    assert found.runners(0)[:2] == [("a", 0.1), ("b", 0.1)]
    assert found.clock.spent_s <= 24.0
    # 14 s are gone and 4 of 10 may go into a fold of 8: none. Then a third arm does not fit into 6 s.
    assert [key for key, arm in found.arms.items() if arm.state == "no time"] == [
        (one.name, one.rate) for one in NINE[2:]
    ]
    assert len(found.arms["a", 0.1].gains) == 2


def test_without_time_nothing_is_tried(monkeypatch):
    found = Planned(monkeypatch, NINE, by_name, end_at=5.0)

    assert found.calls == []
    assert {arm.state for arm in found.arms.values()} == {"no time"}


def test_a_training_whose_time_is_up_leaves_the_rung_before(monkeypatch):
    def plan(name, rate, rung, fold):
        return "stopped" if (name, rung) == ("a", 2) else by_name(name, rate, rung, fold)

    found = Planned(monkeypatch, [regime("a", 0.1), regime("b", 0.1)], plan)
    stopped = found.arms["a", 0.1]

    assert (stopped.rung, stopped.score) == (1, 0.66)
    assert not any("stopped" in attempt.state for attempt in found.kept.values())


def test_what_an_earlier_sitting_trained_is_not_trained_again(monkeypatch):
    kept = {}
    first = Planned(monkeypatch, NINE, by_name, kept=kept)
    again = Planned(monkeypatch, NINE, by_name, kept=kept)

    assert len(first.calls) == len(kept) > 0
    assert again.calls == []
    for key, arm in first.arms.items():
        other = again.arms[key]
        assert (arm.state, arm.rung, arm.score, arm.looks) == (other.state, other.rung, other.score, other.looks)


def test_half_of_it_is_gone_on_with(monkeypatch):
    whole = Planned(monkeypatch, NINE, by_name)
    half = dict(list(whole.kept.items())[:7])
    again = Planned(monkeypatch, NINE, by_name, kept=half)

    assert again.calls == whole.calls[7:]
    assert list(again.arms) == list(whole.arms)


def test_a_training_that_is_cancelled_is_not_kept(monkeypatch):
    class StopError(Exception):
        pass

    def plan(_name, rate, _rung, _fold):
        if rate == 0.2:
            raise StopError
        return 50

    kept = {}
    with pytest.raises(StopError):
        Planned(monkeypatch, NINE, plan, kept=kept)

    assert len(kept) == 3


def test_brackets_that_were_begun_are_gone_through_again_without_time(monkeypatch):
    first = Planned(monkeypatch, NINE, by_name, end_at=60.0)
    again = Planned(monkeypatch, NINE, by_name, end_at=0.0, told=first.told, kept=first.kept)

    assert first.told[0] > 1
    assert again.calls == []
    assert {key: (arm.rung, sorted(arm.gains)) for key, arm in again.arms.items()} == {
        key: (arm.rung, sorted(arm.gains)) for key, arm in first.arms.items()
    }


def test_what_decides_an_attempt_is_in_its_key():
    one = regime("a", 0.1)
    assert regime_key(one) == regime_key(replace(one, name="b", title="other", lecture="similar, much"))
    for change in (
        {"rate": 0.2}, {"epochs": 3}, {"cut": "layer3"}, {"hidden": (8,)}, {"trained": "last block"}, {"start": "probe"},
        {"body_rate": 0.1}, {"norm": "keep"},
    ):  # fmt: skip
        assert regime_key(one) != regime_key(replace(one, **change))


def test_the_plan_is_said_in_a_sentence():
    assert planned_words(80, 120) == (
        "Adapting will take about 1 min 20 s of the 2 min 0 s given: one pass, probes at every cut, and as many short trainings "
        "as fit."
    )
