from __future__ import annotations

import numpy as np
import pytest

from striate.features import directions
from striate.features.mapping import doubtful_labels, nearest_rows, odd_ones, outlier_factors
from striate.features.mapping.suspects import doubtful_held
from striate.nets import load_network

RNG = np.random.default_rng(6)


@pytest.fixture(scope="module")
def pixels(digits):
    """Every second digit, as a direction; the first 250 of each class are told apart well by their neighbours."""
    return directions(np.stack([digits.read(i).flatten().numpy() for i in range(0, 5000, 2)]))


@pytest.fixture(scope="module")
def truth(digits):
    return digits.targets().numpy()[::2]


def test_factors_are_scikit_learns():
    from sklearn.neighbors import LocalOutlierFactor

    points = np.vstack([RNG.normal(0, 1, (80, 3)), RNG.normal(6, 0.2, (30, 3)), [[3, 3, 3], [3, 3, 3]]]).astype(
        np.float32
    )
    theirs = -LocalOutlierFactor(n_neighbors=15).fit(points.astype(np.float64)).negative_outlier_factor_

    found = outlier_factors(*nearest_rows(points, 15))

    np.testing.assert_allclose(found, theirs, rtol=1e-4)


def test_planted_label_errors_are_found_and_little_else(pixels, truth):
    clean = {one.row for one in doubtful_labels(nearest_rows(pixels, 10)[0], truth, np.arange(len(truth)))}
    labels = truth.copy()
    planted = RNG.choice(len(truth), 75, replace=False)
    labels[planted] = (truth[planted] + RNG.integers(1, 10, 75)) % 10

    found = doubtful_labels(nearest_rows(pixels, 10)[0], labels, np.arange(len(truth)))

    # Those named with the labels as they came may be errors of the data set itself: they are counted as neither.
    named = {one.row for one in found} - clean
    right = named & set(planted.tolist())
    assert len(right) / len(planted) > 0.6
    assert len(right) / len(named) > 0.85
    assert [one.share for one in found] == sorted((one.share for one in found), reverse=True)
    assert all(one.neighbours_say == truth[one.row] for one in found if one.row in right and one.share == 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("count", [8, 25])
def test_pictures_of_something_else_are_odd_to_a_network(digits, small_run, count):
    import torch
    from sklearn.datasets import load_sample_images

    photograph = load_sample_images().images[0].mean(2)
    corners = zip(RNG.integers(0, 390, count).tolist(), RNG.integers(0, 600, count).tolist(), strict=True)
    crops = [torch.from_numpy(photograph[y : y + 28, x : x + 28])[None].float() for y, x in corners]
    images = torch.stack([*(digits.read(i).float() for i in range(0, 5000, 2)), *crops]) / 255
    network = load_network(str(small_run))
    with torch.no_grad():
        how = network.preprocessing
        vectors = network.module.eval()[:9]((images - how.mean[0]) / how.std[0]).numpy()
    assert vectors.shape == (2500 + count, 784)

    found = odd_ones(*nearest_rows(directions(vectors), 50), np.arange(len(vectors)))

    named = {one.row for one in found}
    planted = set(range(2500, 2500 + count))
    assert len(named & planted) >= 0.8 * count
    assert len(named - planted) < 0.06 * 2500


def test_points_spread_evenly_are_not_odd():
    points = RNG.uniform(0, 1, (600, 2)).astype(np.float32)

    assert len(odd_ones(*nearest_rows(points, 20), np.arange(600))) < 12


def test_a_label_that_all_neighbours_have_the_other_way_is_doubtful():
    held = np.array([[1, 0]] * 20 + [[0, 1]] * 20)
    held[3, 1] = 1
    points = (np.repeat([[0.0, 0.0], [9.0, 9.0]], 20, axis=0) + RNG.normal(0, 1, (40, 2))).astype(np.float32)

    (found,) = doubtful_held(nearest_rows(points, 10)[0], held, 5 + np.arange(40))

    assert (found.row, found.label, found.share) == (8, 1, 1.0)
