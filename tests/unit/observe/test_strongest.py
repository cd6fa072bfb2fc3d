from __future__ import annotations

import numpy as np
import torch

from striate.observe.strongest import Strongest

RNG = np.random.default_rng(5)


def streamed(values, samples, sizes, depth):
    kept, start = Strongest(depth), 0
    for size in sizes:
        part = slice(start, start + size)
        kept.add(
            torch.from_numpy(values[part]), torch.from_numpy(samples[part]), twice=torch.from_numpy(2 * samples[part])
        )
        start += size
    return kept


def test_it_keeps_what_a_full_sort_puts_first_ties_by_the_lower_sample():
    # Few different values, so that most are equal; samples in no order.
    values = RNG.integers(-2, 3, (200, 7)).astype(np.float32)
    samples = RNG.permutation(5000)[:200].astype(np.int64)
    for sizes in ([200], [1] * 200, [3, 150, 47]):
        kept = streamed(values, samples, sizes, depth=20)
        for unit in range(7):
            order = np.lexsort((samples, -values[:, unit]))[:20]
            np.testing.assert_array_equal(kept.samples[unit].numpy(), samples[order])
            np.testing.assert_array_equal(kept.values[unit].numpy(), values[order, unit])
            np.testing.assert_array_equal(kept["twice"][unit].numpy(), 2 * samples[order])


def test_values_of_every_size_and_sign_come_back_as_they_were():
    values = np.array([[0.0, -0.0, 1e-40, -1e-40, 3e38, -3e38, np.inf, -np.inf]], np.float32).T
    kept = streamed(values, np.arange(8), [8], depth=8)
    np.testing.assert_array_equal(kept.values[0].numpy(), np.sort(values[:, 0])[::-1])
    zeros = kept.samples[0][kept.values[0] == 0].tolist()
    assert zeros == [0, 1]


def test_not_a_number_is_never_strongest():
    kept = streamed(np.array([[np.nan], [-5.0]], np.float32), np.array([0, 1]), [2], depth=1)
    assert kept.samples.tolist() == [[1]]


def test_the_highest_index_fits():
    last = 2**31 - 1
    kept = streamed(np.array([[1.0], [-1.0]], np.float32), np.array([last, 0]), [2], depth=2)
    assert kept.samples.tolist() == [[last, 0]]
