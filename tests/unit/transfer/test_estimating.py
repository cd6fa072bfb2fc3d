"""Scores, intervals and choices, by hand and against scikit-learn."""

import math

import numpy as np
import pytest
import torch

from striate.errors import InputError
from striate.records.adapting import CutPoint, Estimate, Probe, Regime
from striate.transfer.choosing import best_cut, choose, common, compared, is_as_good
from striate.transfer.estimating import chance, difference, estimate, gains
from striate.transfer.ground import Measured
from striate.transfer.probing import Probed


def regime(name, **changes):
    made = {"title": name, "lecture": "", "cut": "the end", "hidden": (), "trained": "all", "start": "new"} | changes
    return Regime(name=name, **made)


def measured(name, **folds):
    return Measured(regime=regime(name), gains={int(fold[1:]): np.array(own, float) for fold, own in folds.items()})


def test_the_mean_of_gains_is_the_score_of_scikit_learn():
    from sklearn.metrics import accuracy_score, hamming_loss, r2_score

    draw = np.random.default_rng(0)
    scores, classes = draw.normal(size=(50, 4)), draw.integers(0, 4, 50)
    labels, values = draw.integers(0, 2, (50, 4)), draw.normal(size=(50, 4)) * [1, 5, 0.1, 100]

    assert gains("classes", scores, classes).mean() == pytest.approx(accuracy_score(classes, scores.argmax(1)))
    assert gains("labels", scores, labels).mean() == pytest.approx(1 - hamming_loss(labels, scores > 0))
    assert gains("values", scores, values).mean() == pytest.approx(r2_score(values, scores))


def test_a_part_of_the_samples_is_measured_by_the_spread_of_all():
    answers, truth = np.array([[1.0], [2.0]]), np.array([[1.0], [3.0]])
    everything = np.array([[1.0], [3.0], [5.0], [7.0]])
    # Spread of all: 9, 1, 1, 9 about 4, mean 5. Errors: 0 and 1.

    assert gains("values", answers, truth, among=everything).tolist() == pytest.approx([1.0, 0.8])
    # On their own: mean 2, spread 1.
    assert gains("values", answers, truth).tolist() == pytest.approx([1.0, 0.0])


def test_shares_have_wilsons_interval():
    found = estimate("classes", np.array([1.0] * 9 + [0.0]))

    # (0.9 + z²/20) / (1 + z²/10) ± z / (1 + z²/10) · √(0.009 + z²/400), z = 1.96.
    assert found.interval == pytest.approx((0.5958, 0.9821), abs=1e-4)
    # √(0.9 · 0.1 · 10/9 / 10)
    assert (found.mean, found.error, found.count) == pytest.approx((0.9, 0.1, 10))


@pytest.mark.parametrize("kind", ["labels", "values"])
def test_other_scores_have_students(kind):
    found = estimate(kind, np.array([1.0, 2.0, 3.0, 4.0]))

    # Deviation √(5/3), error √(5/12) = 0.6455; t of 3 degrees 3.1824.
    assert found.error == pytest.approx(0.6455, abs=1e-4)
    assert found.interval == pytest.approx((2.5 - 2.0542, 2.5 + 2.0542), abs=1e-4)


def test_one_sample_knows_no_interval():
    found = estimate("values", np.array([0.3]))

    assert found.interval == (-math.inf, math.inf)
    assert found.error == math.inf


def test_a_difference_is_paired():
    one = np.array([1.0, 1.0, 0.0, 1.0])
    other = np.array([1.0, 0.0, 0.0, 1.0])
    found = difference(one, other)

    # 0, 1, 0, 0: mean 1/4, deviation 1/2, error 1/4.
    assert (found.mean, found.error) == (0.25, 0.25)
    assert found.interval == pytest.approx((0.25 - 0.7956, 0.25 + 0.7956), abs=1e-4)


def test_chance_is_the_best_constant_answer():
    assert chance("classes", [0, 2, 2, 1]) == 0.5
    # The first label is there once in four, the second three times: three right each.
    assert chance("labels", [[1, 1], [0, 1], [0, 1], [0, 0]]) == 0.75
    assert chance("values", [[3.0], [9.0]]) == 0.0


BEST = np.array([1.0] * 9 + [0.0])


def without(*places):
    own = BEST.copy()
    own[list(places)] = 0.0
    return own


def test_within_one_standard_error_by_hand():
    # One of ten worse: 0.1 below, error √(0.09 · 10/9 / 10) = 0.1. Two worse: 0.2 below, error 0.1333.
    assert is_as_good(without(0), BEST)
    assert not is_as_good(without(0, 1), BEST)
    # Two worse and one better: 0.1 below, error √(0.29 · 10/9 / 10) = 0.1795.
    mixed = without(0, 1)
    mixed[9] = 1.0
    assert is_as_good(mixed, BEST)
    assert is_as_good(BEST, BEST)


def probed(name, own):
    made = estimate("classes", own)
    return Probed(
        probe=Probe(cut=name, estimate=made, penalty=1.0, loss=0.0, difference=made),
        gains=own,
        scores=torch.zeros(len(own), 2),
    )


def cut(name, share):
    return CutPoint(
        name=name, op=name, path=name, turn=0, side="after", over=(), shape=(4,), features=4, macs=int(100 * share),
        parameters=1, macs_share=share,
    )  # fmt: skip


def test_the_shallowest_cut_as_good_as_the_best_is_taken():
    cuts = [cut("a", 0.1), cut("b", 0.3), cut("c", 0.6), cut("the end", 1.0)]
    own = [without(0, 1), without(0), BEST, without(3, 4, 5)]

    assert best_cut([probed(one.name, g) for one, g in zip(cuts, own, strict=True)], cuts).name == "b"
    assert best_cut([probed("a", without(0, 1)), probed("the end", BEST)], [cuts[0], cuts[3]]).name == "the end"


def test_the_cheapest_regime_within_one_standard_error_is_taken_and_why_is_said():
    found = [measured("dear", f0=BEST), measured("cheap", f0=without(0)), measured("cheapest", f0=without(0, 1))]
    place, why = choose(found, {0: (9.0, 1.0), 1: (5.0, 7.0), 2: (1.0, 1.0)})

    assert found[place].regime.name == "cheap"
    assert why == (
        "“cheap” is the cheapest within one standard error of the best, “dear”, which is 10.0 points better with a standard "
        "error of 10.0 points."
    )


def test_costs_are_compared_in_turn():
    found = [measured("one", f0=BEST), measured("two", f0=BEST), measured("three", f0=BEST)]

    assert choose(found, {0: (5.0, 2.0, 9.0), 1: (5.0, 2.0, 3.0), 2: (5.0, 3.0, 0.0)})[0] == 1


def test_the_best_says_so_itself():
    place, why = choose([measured("a", f0=without(0, 1)), measured("b", f0=BEST)], {0: (1.0,), 1: (2.0,)})

    assert place == 1
    assert why == "“b” has the highest score, and nothing cheaper is within one standard error of it."


def test_whoever_answered_fewer_folds_is_compared_on_those():
    # Over all folds "short" looks best; on fold 0, which both answered, it is not.
    long = measured("long", f0=[1, 1, 1, 1], f1=[0, 0, 0, 0])
    short = measured("short", f0=[1, 1, 0, 0])

    assert choose([long, short], {0: (1.0,), 1: (2.0,)})[0] == 0
    assert [own.tolist() for own in common(long.gains, short.gains)] == [[1, 1, 1, 1], [1, 1, 0, 0]]
    assert compared(short, long).mean == -0.5


def test_one_fold_must_be_better_by_more_than_chance_to_beat_all_folds():
    half = [1.0, 0.0] * 50
    whole = measured("whole", f0=half, f1=half)
    # Of a hundred five more are right: 0.05 above, error 0.0219. Three more and two less: 0.01 above, error 0.0224.
    better = measured("better", f0=[*[1.0] * 10, *half[10:]])
    hardly = measured("hardly", f0=[*[1.0] * 6, *half[6:96], 0.0, 0.0, 0.0, 0.0])

    assert choose([whole, better], {0: (1.0,), 1: (2.0,)})[0] == 1
    place, why = choose([whole, hardly], {0: (1.0,), 1: (2.0,)})
    assert (place, why.startswith("“whole” has the highest score")) == (0, True)


def test_what_was_dropped_is_not_taken():
    found = [measured("whole", f0=without(0, 1, 2)), measured("dropped", f0=BEST)]

    assert choose(found, {0: (2.0,), 1: (1.0,)})[0] == 1
    assert choose(found, {0: (2.0,), 1: (1.0,)}, eligible=[0])[0] == 0


def test_folds_are_compared_in_one_order_whatever_theirs():
    one = {1: np.array([1.0, 0.0]), 0: np.array([1.0, 1.0])}
    other = {0: np.array([1.0, 1.0]), 1: np.array([1.0, 0.0])}

    first, second = common(one, other)
    assert first.tolist() == second.tolist() == [1, 1, 1, 0]


def test_no_fold_in_common_is_refused():
    with pytest.raises(InputError, match="two regimes must have answered a fold in common"):
        compared(measured("a", f0=[1]), measured("b", f1=[1]))


def test_an_estimate_is_that_of_its_own_samples_only():
    assert estimate("classes", np.array([1.0, 0.0])) == Estimate(
        mean=0.5, interval=estimate("classes", np.array([0.0, 1.0])).interval, error=0.5, count=2
    )
