"""Unbiased linear CKA against its definition, summed over all quadruples of images."""

from itertools import permutations

import numpy as np
import pytest
from scipy.stats import t as student

from striate.errors import InputError
from striate.explain.cka import best_matches, cka_interval

pytestmark = pytest.mark.reference


def rows(seed, n, features):
    return np.random.default_rng(seed).normal(size=(n, features))


def hsic(first, second):
    """The U-statistic of Song et al. 2012, eq. 4: mean over four distinct images of K_ij (L_ij + L_qr − 2 L_iq)."""
    k, other = first @ first.T, second @ second.T
    quadruples = list(permutations(range(len(k)), 4))
    return sum(k[i, j] * (other[i, j] + other[q, r] - 2 * other[i, q]) for i, j, q, r in quadruples) / len(quadruples)


def cka(first, second):
    return hsic(first, second) / np.sqrt(hsic(first, first) * hsic(second, second))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_value_is_that_of_the_definition(seed):
    first = rows(seed, 8, 3)
    second = first @ rows(9, 3, 5) + 0.3 * rows(seed + 10, 8, 5)

    value, _ = cka_interval(first, second)

    assert value == pytest.approx(cka(first, second), abs=1e-10)


def test_the_interval_is_the_jackknife_s():
    first = rows(0, 8, 3)
    second = first @ rows(9, 3, 5) + 0.5 * rows(10, 8, 5)
    without = np.array([cka(np.delete(first, i, 0), np.delete(second, i, 0)) for i in range(8)])
    half = student.ppf(0.975, 7) * np.sqrt(7 / 8 * ((without - without.mean()) ** 2).sum())

    value, (low, high) = cka_interval(first, second)

    assert low == pytest.approx(max(-1, value - half), abs=1e-4)
    assert high == pytest.approx(min(1, value + half), abs=1e-4)


def test_rotation_scale_and_shift_of_features_do_not_matter():
    first = rows(3, 40, 6)
    rotation, _ = np.linalg.qr(rows(4, 6, 6))

    value, (low, high) = cka_interval(first, 1000 - 0.01 * first @ rotation)

    assert (value, low, high) == pytest.approx((1, 1, 1), abs=1e-8)


def test_unrelated_features_are_at_zero_on_average_however_few_images():
    found = [cka_interval(rows(seed, 12, 30), rows(1000 + seed, 12, 30))[0] for seed in range(300)]

    # The biased estimator would be above 0.7 here.
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(300)
    assert np.std(found) < 0.2


def test_single_precision_loses_nothing_that_matters():
    first = rows(5, 30, 4) + 100
    second = first @ rows(6, 4, 4)

    value, _ = cka_interval(first.astype(np.float32), second.astype(np.float32))

    assert value == pytest.approx(cka_interval(first, second)[0], abs=1e-4)


def test_features_that_do_not_vary_have_no_similarity():
    assert cka_interval(np.full((10, 3), 0.1, dtype=np.float32), rows(0, 10, 3)) is None
    assert cka_interval(rows(0, 10, 3), np.zeros((10, 3))) is None


def test_other_images_or_too_few_are_refused():
    with pytest.raises(InputError, match="got 10 and 9 rows"):
        cka_interval(rows(0, 10, 3), rows(0, 9, 3))
    with pytest.raises(InputError, match="5 at least"):
        cka_interval(rows(0, 4, 3), rows(1, 4, 3))


def test_the_best_match_is_the_largest_correlation():
    units, others = rows(0, 20, 4), rows(1, 20, 6)
    table = np.abs(np.corrcoef(units.T, others.T)[:4, 4:])

    assert best_matches(units, others) == pytest.approx(table.max(1), abs=1e-12)


def test_units_that_do_not_vary_are_left_out_of_the_matches():
    units = np.concatenate([rows(0, 20, 2), np.full((20, 1), 7.0)], axis=1)

    assert best_matches(units, rows(1, 20, 3)).shape == (2,)
    assert best_matches(np.ones((20, 2)), rows(1, 20, 3)).shape == (0,)
    assert best_matches(units, np.ones((20, 3))).tolist() == [0.0, 0.0]
