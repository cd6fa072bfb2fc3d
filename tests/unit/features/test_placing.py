from __future__ import annotations

import numpy as np
import pytest

from striate.data import load_data
from striate.features import directions, place, usual_perplexity

RNG = np.random.default_rng(7)


@pytest.fixture(scope="module")
def digits():
    data = load_data("digits")
    pixels = np.stack([data.read(i).flatten().numpy() for i in range(0, 4800, 16)])
    return directions(pixels)


@pytest.fixture(scope="module")
def placed(digits):
    return place(digits, seed=0)


def test_neighbours_in_the_plane_are_neighbours_in_the_space(digits, placed):
    from sklearn.manifold import trustworthiness

    assert placed.shape == (300, 2)
    assert placed.dtype == np.float32
    assert trustworthiness(digits, placed, n_neighbors=10) >= 0.9


def test_the_same_seed_gives_the_same_points(digits, placed):
    np.testing.assert_array_equal(place(digits, seed=0), placed)


def test_the_global_random_state_is_not_touched(digits):
    before = np.random.get_state()  # noqa: NPY002 - the state that must stay
    place(digits[:40], seed=3)
    after = np.random.get_state()  # noqa: NPY002
    np.testing.assert_array_equal(before[1], after[1])
    assert before[2:] == after[2:]


@pytest.mark.parametrize("points", [RNG.normal(size=(10, 3)), RNG.normal(size=(40, 1)), np.tile(np.eye(3), (20, 1))])
def test_few_flat_and_equal_points_are_placed_too(points):
    found = place(points.astype(np.float32), seed=0)
    assert found.shape == (len(points), 2)
    assert np.isfinite(found).all()


@pytest.mark.parametrize(("count", "perplexity"), [(10, 3.0), (91, 30.0), (5000, 30.0)])
def test_perplexity_is_thirty_or_a_third_of_the_others(count, perplexity):
    assert usual_perplexity(count) == perplexity
