from itertools import product
from math import isnan

import numpy as np
import pytest
from scipy import stats

from striate.study.statistics import detectable, difference, holm, interactions, paired_spread, pooled


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
    assert not difference([0.9], [0.8]).has_spread


# In float64: 0.09999999999999998 and 0.1; 0.10000000000000009, 0.1 and 0.09999999999999998; 0.0 and 5.6e-17.
@pytest.mark.parametrize(
    ("first", "second", "is_known"),
    [
        ([0.3, 0.2], [0.2, 0.1], False),
        ([0.9, 0.4, 0.7], [0.8, 0.3, 0.6], False),
        ([0.3, 0.1 + 0.2], [0.3, 0.3], True),
    ],
)
def test_pairs_that_agree_but_for_rounding_know_no_spread(first, second, is_known):
    found = difference(first, second)

    assert found.p == 1.0 if is_known else isnan(found.p)
    assert found.interval == (found.mean, found.mean)
    assert not found.has_spread
    assert paired_spread(first, second) == 0.0


def test_what_is_small_but_no_rounding_is_a_spread():
    # One image of a hundred million more.
    first, second = [0.3, 0.20000001], [0.2, 0.1]

    assert difference(first, second).p == pytest.approx(stats.ttest_rel(first, second).pvalue, rel=1e-5)
    assert difference(first, second).has_spread


def test_an_interval_is_cut_at_the_largest_difference():
    # 0.5 ± 4.3027 · 0.4583 ÷ √3
    assert difference([0.9, 1.0, 0.8], [0.0, 0.9, 0.3], largest=1.0).interval[1] == 1.0
    assert difference([0.9, 1.0, 0.8], [0.0, 0.9, 0.3]).interval[1] > 1.4


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


@pytest.mark.parametrize(("pairs", "comparisons"), [(2, 11), (3, 11), (5, 3), (10, 1)])
def test_what_can_be_seen_passes_the_first_step_of_holm(pairs, comparisons):
    shift = detectable(2.0, pairs, comparisons) / 2.0 * np.sqrt(pairs)
    limit = stats.t.isf(0.05 / comparisons / 2, pairs - 1)

    assert stats.nct.sf(limit, pairs - 1, shift) == pytest.approx(0.8, abs=0.005)


def test_one_difference_among_equal_cells_is_sure_by_holm_four_times_in_five():
    shift = detectable(1.0, 5, 4)
    rng = np.random.default_rng(4)
    drawn = rng.normal([shift, 0.0, 0.0, 0.0], 1.0, (4_000, 5, 4))
    found = stats.ttest_1samp(drawn, 0.0, axis=1).pvalue
    sure = np.mean([holm(list(row))[0] < 0.05 for row in found])

    # Where a false alarm comes first the later step is easier: a little more than 0.8.
    assert sure == pytest.approx(0.8, abs=0.02)


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


def test_scores_that_are_the_same_for_every_seed_tell_no_interaction():
    cells = list(product("12", "12", range(3)))
    scores = [{"11": 0.1, "12": 0.3, "21": 0.7, "22": 0.2}[a + b] + 0.1 * seed for a, b, seed in cells]
    [found] = interactions(["a", "b"], [cell[:2] for cell in cells], [cell[2] for cell in cells], scores)

    assert isnan(found.p)


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
