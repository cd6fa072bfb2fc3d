from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from striate.observe.survey.bins import BINS, ERROR, SMALLEST, bins_of, middles, quantiles
from striate.observe.survey.sums import Sums


def summed(parts):
    sums = Sums(parts.shape[1:])
    for part in parts:
        sums.add(part)
    return sums


def test_a_sum_is_that_of_exact_arithmetic_in_whatever_order():
    draw = np.random.default_rng(0)
    parts = draw.normal(size=(400, 5)) * 10.0 ** draw.integers(-12, 12, (400, 5))
    expected = [math.fsum(column) for column in parts.T]
    for seed in range(20):
        order = np.random.default_rng(seed).permutation(400)
        assert summed(parts[order]).values.tolist() == expected
    # What plain float64 makes of it, or this test would show nothing.
    assert sum(parts[order]).tolist() != expected


def test_rows_are_added_where_they_belong():
    sums = Sums((4, 2))
    sums.add(np.array([[1.0, 2.0], [3.0, 4.0]]), at=np.array([3, 1]))
    sums.add(np.array([[10.0, 20.0]]), at=np.array([3]))
    assert sums.values.tolist() == [[0, 0], [3, 4], [0, 0], [11, 22]]


def test_every_value_lies_in_the_bin_whose_middle_is_near():
    draw = np.random.default_rng(1)
    values = (2.0 ** draw.uniform(-15.9, 15.9, 20_000) * draw.choice([-1, 1], 20_000)).astype(np.float32)
    near = middles()[bins_of(torch.from_numpy(values)).numpy()]
    assert (np.abs(near - values) <= ERROR * np.abs(values) * (1 + 1e-6)).all()
    small = torch.linspace(-SMALLEST, SMALLEST, 101)[1:-1]
    assert set(bins_of(small).tolist()) == {BINS // 2}


def test_bins_rise_with_the_value():
    values = torch.cat([-torch.logspace(6, -6, 500), torch.zeros(1), torch.logspace(-6, 6, 500)])
    bins = bins_of(values)
    assert (bins.diff() >= 0).all()
    assert (bins.min(), bins.max()) == (0, BINS - 1)


@pytest.mark.parametrize("shape", [(500, 3), (7, 2)])
def test_quantiles_are_those_of_numpy_within_the_stated_error(shape):
    values = np.random.default_rng(2).normal(0.5, 2, shape).astype(np.float32)
    counts = np.stack([np.bincount(bins_of(torch.from_numpy(column)).numpy(), minlength=BINS) for column in values.T])
    shares = (0.01, 0.25, 0.5, 0.9, 1.0)
    found = quantiles(counts, shares)
    for column, row in zip(values.T, found, strict=True):
        exact = np.quantile(column, shares, method="inverted_cdf")
        assert (np.abs(row - exact) <= np.maximum(ERROR * np.abs(exact) * 1.0001, SMALLEST)).all()


def test_without_values_there_is_no_quantile():
    assert np.isnan(quantiles(np.zeros((2, BINS), np.int64), (0.5,))).all()
