from __future__ import annotations

import numpy as np
import pytest

from striate.features import directions, overlap, separation
from striate.features.mapping import nearest_rows

RNG = np.random.default_rng(6)


def test_directions_have_the_cosines_of_the_centred_features():
    from sklearn.metrics.pairwise import cosine_similarity

    features = RNG.normal(3, 2, (30, 8))
    found = directions(features)
    np.testing.assert_allclose(found @ found.T, cosine_similarity(features - features.mean(0)), atol=1e-6)
    assert found.dtype == np.float32


def test_equal_samples_have_no_direction():
    for value in (0.1, 1e8, 0.0):
        assert not directions(np.full((7, 3), value, np.float32)).any()


def test_separation_is_that_of_a_classifier_that_leaves_one_out():
    from sklearn.neighbors import KNeighborsClassifier

    labels = RNG.integers(0, 3, 60)
    points = (RNG.normal(0, 1, (60, 4)) + labels[:, None]).astype(np.float32)
    right = 0
    for i in range(60):
        rest = np.arange(60) != i
        model = KNeighborsClassifier(9).fit(points[rest], labels[rest])
        shares = model.predict_proba(points[[i]])[0]
        tied = np.flatnonzero(shares == shares.max())
        order = np.argsort(np.linalg.norm(points[rest] - points[i], axis=1))
        right += next(c for c in labels[rest][order] if c in tied) == labels[i]
    assert separation(nearest_rows(points, 9)[0], labels) == right / 60


def test_a_tie_goes_to_the_nearest_of_the_tied():
    labels = np.array([1, 0, 1, 0, 2])
    neighbours = np.array([[1, 2, 3, 2], [2, 3, 3, 2], [4, 3, 0, 0], [4, 1, 0, 2], [1, 2, 1, 2]])
    # Votes: 0101 → 0, wrong; 1001 → 1, wrong; 2 0 11 → 1, right; 2 0 11 → 1, wrong; 0101 → 0, wrong.
    assert separation(neighbours, labels) == 0.2


def test_overlap_counts_the_first_classes_neighbours():
    labels = np.array([0, 0, 3, 3])
    assert overlap(np.array([[1, 2], [0, 3], [1, 0], [0, 2]]), labels) == (3, 0, 0.75)


@pytest.mark.parametrize("labels", [[0, 0, 0], [4, 4, 4]])
def test_one_class_alone_mixes_with_none(labels):
    assert overlap(np.array([[1], [0], [1]]), np.array(labels)) is None
