"""Units that tell chosen samples apart: the share of pairs counted one by one, its interval by root-finding and by drawing."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import mannwhitneyu, norm, rankdata

from striate.errors import InputError
from striate.features.differing import differing_units, doubled_ranks

RNG = np.random.default_rng(3)


def values_with_ties(count=60, units=9):
    return np.round(RNG.normal(0, 2, (count, units)) + np.arange(units) / 4, 0).astype(np.float32)


def test_ranks_are_scipys_doubled_also_over_several_blocks(monkeypatch):
    values = values_with_ties(40, 7)
    monkeypatch.setattr("striate.features.differing._BLOCK_VALUES", 90)

    np.testing.assert_array_equal(doubled_ranks(values), 2 * rankdata(values, axis=0))


def test_the_share_is_that_of_all_pairs_and_the_mann_whitney_statistic():
    values = values_with_ties()
    chosen = RNG.random(len(values)) < 0.3
    found = differing_units(doubled_ranks(values), chosen)
    here, rest = values[chosen], values[~chosen]
    pairs = (here[:, None] > rest[None]).mean((0, 1)) + (here[:, None] == rest[None]).mean((0, 1)) / 2

    np.testing.assert_allclose(found.share, pairs)
    np.testing.assert_allclose(
        np.asarray(found.share) * len(here) * len(rest), mannwhitneyu(here, rest, method="asymptotic").statistic
    )
    assert (found.chosen, found.others) == (len(here), len(rest))


def newcombe(share, here, rest, level):
    """The ends of method 5 of Newcombe 2006 by SciPy's root-finder, from its formula as it is printed."""
    z = norm.ppf((1 + level) / 2)

    def apart(true):
        n_star = (here + rest) / 2 - 1
        variance = (
            true * (1 - true) * (1 + n_star * (1 - true) / (2 - true) + n_star * true / (1 + true)) / (here * rest)
        )
        return (share - true) ** 2 - z**2 * variance

    return brentq(apart, 1e-12, share) if share > 0 else 0.0, brentq(apart, share, 1 - 1e-12) if share < 1 else 1.0


def test_intervals_are_the_roots_and_hold_for_all_units_together():
    values = values_with_ties(50, 6)
    chosen = np.arange(50) < 12
    found = differing_units(doubled_ranks(values), chosen)
    ends = [newcombe(float(share), 12, 38, 1 - 0.05 / 6) for share in found.share]

    assert found.level == pytest.approx(1 - 0.05 / 6)
    np.testing.assert_allclose(np.stack([found.low, found.high], 1), ends, atol=1e-9)


def test_an_interval_leaves_one_half_out_exactly_where_the_mann_whitney_test_rejects():
    values = RNG.normal(0, 1, (40, 400)).astype(np.float32)
    chosen = np.arange(40) < 15
    values[chosen] += np.linspace(0, 1.6, 400).astype(np.float32)
    found = differing_units(doubled_ranks(values), chosen, sure=1 - 400 * 0.01)
    tested = mannwhitneyu(values[chosen], values[~chosen], method="asymptotic", use_continuity=False).pvalue < 0.01

    assert 50 < tested.sum() < 350
    np.testing.assert_array_equal(found.differs, tested)


def test_perfectly_apart_is_not_surely_perfect():
    values = np.arange(12, dtype=np.float32)[:, None]
    upper = differing_units(doubled_ranks(values), np.arange(12) >= 6)
    lower = differing_units(doubled_ranks(values), np.arange(12) < 6)

    assert (upper.share[0], upper.high[0]) == (1.0, 1.0)
    assert 0.5 < upper.low[0] < 0.9
    assert (lower.share[0], lower.low[0]) == (0.0, 0.0)
    assert lower.high[0] == pytest.approx(1 - upper.low[0])


def test_drawn_again_and_again_the_interval_holds_as_often_as_it_says():
    generator, shift = np.random.default_rng(0), 1.0
    true = norm.cdf(shift / np.sqrt(2))
    draws = generator.normal(0, 1, (45, 3000)).astype(np.float32)
    draws[:20] += shift
    found = differing_units(doubled_ranks(draws), np.arange(45) < 20, sure=1 - 3000 * 0.05)
    holds = np.mean((np.asarray(found.low) <= true) & (true <= np.asarray(found.high)))

    # Of 3,000 draws at 95 % three standard errors are 1.2 points.
    assert 0.938 < holds < 0.985


@pytest.mark.parametrize("chosen", [np.zeros(5, bool), np.ones(5, bool)])
def test_a_choice_leaves_both_sides(chosen):
    with pytest.raises(InputError, match="on both sides"):
        differing_units(doubled_ranks(np.zeros((5, 2), np.float32)), chosen)


def test_too_many_samples_are_refused():
    with pytest.raises(InputError, match="32,767"):
        doubled_ranks(np.zeros((32_768, 1), np.float32))
