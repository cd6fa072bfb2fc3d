from itertools import product
from math import isnan

import numpy as np
import pytest
from scipy import stats

from striate.study.statistics import detectable, difference, holm, interactions, pooled


def test_a_paired_difference_is_scipys():
    rng = np.random.default_rng(0)
    first, second = rng.normal(0.9, 0.01, 7), rng.normal(0.88, 0.02, 7)
    found = difference(list(first), list(second))
    theirs = stats.ttest_rel(first, second)

    assert found.p == pytest.approx(theirs.pvalue)
    assert found.interval == pytest.approx(tuple(theirs.confidence_interval(0.95)), abs=2e-5)
    assert found.pairs == 7


def test_what_knows_no_spread_knows_no_p():
    assert isnan(difference([0.9], [0.8]).p)
    assert isnan(difference([0.75, 0.5], [0.5, 0.25]).p)
    assert difference([0.5, 0.6], [0.5, 0.6]).p == 1.0


def test_holm_by_hand():
    # 4 · 0.01; 3 · 0.015 = 0.045; 2 · 0.02 = 0.04, not below the one before; 1 · 0.9.
    assert holm([0.02, 0.9, 0.01, 0.015]) == pytest.approx((0.045, 0.9, 0.04, 0.045))
    found = holm([0.03, float("nan"), 0.6])
    assert found[0] == pytest.approx(0.06)
    assert isnan(found[1])
    assert holm([0.9, 0.8]) == (1.0, 1.0)


@pytest.mark.parametrize("pairs", [3, 8])
def test_what_can_be_seen_is_seen_four_times_in_five(pairs):
    shift = detectable(2.0, pairs)
    rng = np.random.default_rng(1)
    drawn = rng.normal(shift, 2.0, (40_000, pairs))
    seen = stats.ttest_1samp(drawn, 0.0, axis=1).pvalue < 0.05

    assert seen.mean() == pytest.approx(0.8, abs=0.01)


def test_spreads_are_pooled_and_one_seed_sees_nothing():
    assert pooled([3.0, 4.0]) == pytest.approx(np.sqrt(12.5))
    assert pooled([]) == 0
    assert detectable(3.0, 5) == pytest.approx(3 * detectable(1.0, 5))
    assert isnan(detectable(1.0, 1))
    assert isnan(detectable(0.0, 5))


def test_an_interaction_is_that_of_a_two_way_analysis_of_variance():
    rng = np.random.default_rng(2)
    scores = rng.normal(0, 1, (3, 2, 5))
    scores[2, 1] += 3
    cells = list(product(range(3), range(2), range(5)))
    [found] = interactions(
        ["a", "b"],
        [(str(a), str(b)) for a, b, _ in cells],
        [seed for *_, seed in cells],
        [scores[cell] for cell in cells],
    )
    # By the sums of squares of a balanced design with blocks.
    mean = scores.mean()
    a, b, block = scores.mean((1, 2)), scores.mean((0, 2)), scores.mean((0, 1))
    both = scores.mean(2) - a[:, None] - b[None, :] + mean
    between = 5 * (both**2).sum()
    fitted = scores.mean(2)[:, :, None] + block[None, None, :] - mean
    left = ((scores - fitted) ** 2).sum()
    f = (between / 2) / (left / 20)

    assert found.degrees == (2, 20)
    assert found.f == pytest.approx(f)
    assert found.p == pytest.approx(stats.f.sf(f, 2, 20))


def test_no_interaction_without_two_levels_of_both_or_with_nothing_left_over():
    assert interactions(["a", "b"], [("1", "1"), ("2", "1")], [0, 0], [0.1, 0.2]) == ()
    square = list(product("12", "12"))
    assert interactions(["a", "b"], square, [0] * 4, [0.1, 0.2, 0.3, 0.5]) == ()


def test_three_factors_with_a_missing_cell_tell_what_can_be_told():
    rng = np.random.default_rng(3)
    rows = [
        ((a, b, c), seed, float(a == b) + rng.normal(0, 0.1))
        for a, b, c in product("12", "12", "12")
        for seed in range(3)
        if (a, b, c) != ("2", "2", "2")
    ]
    found = interactions(["a", "b", "c"], [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])

    assert [one.factors for one in found] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert found[0].p < 1e-6
    assert min(found[1].p, found[2].p) > 0.01
