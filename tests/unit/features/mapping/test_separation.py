from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from striate.features.mapping import Known, nearest_rows, pixel_score, separation_of, silhouettes
from striate.features.mapping import silhouette as module
from striate.features.mapping.overlapping import overlapping_classes

RNG = np.random.default_rng(5)
LABELS = np.repeat([0, 1, 2], [60, 40, 15])
POINTS = (RNG.normal(0, 1, (115, 5)) + 1.6 * np.eye(5)[LABELS]).astype(np.float32)
ROWS = np.arange(115)


def known(targets, truth="classes"):
    return Known(truth=truth, targets=targets, rows=np.arange(len(targets)))


def measured(points, targets, truth="classes", pixels=None):
    what = known(targets, truth)
    beside = None if pixels is None else pixel_score(pixels, what.rows, what)
    return separation_of(points, nearest_rows(points, 10)[0], what, pixels=beside)


def test_accuracy_is_leave_one_out_and_balanced():
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.model_selection import LeaveOneOut, cross_val_predict
    from sklearn.neighbors import KNeighborsClassifier

    # Ten neighbours tie at times; weights by rank that cannot outvote a neighbour break them as ours do.
    def by_rank(distances):
        return np.tile(1 - np.arange(distances.shape[1]) / 1000, (len(distances), 1))

    votes = cross_val_predict(KNeighborsClassifier(10, weights=by_rank), POINTS, LABELS, cv=LeaveOneOut())

    found = measured(POINTS, LABELS)

    assert found.accuracy.value == pytest.approx(balanced_accuracy_score(LABELS, votes), abs=0.02)
    assert found.accuracy.chance == pytest.approx(1 / 3)
    assert found.accuracy.interval[0] < found.accuracy.value < found.accuracy.interval[1]
    assert np.mean(found.by_class) == pytest.approx(found.accuracy.value)


def test_the_interval_is_wilsons_for_classes_of_one_size():
    from scipy.stats import binomtest

    labels = np.arange(200) % 2
    points = (RNG.normal(0, 1, (200, 2)) + 1.5 * labels[:, None]).astype(np.float32)

    found = measured(points, labels).accuracy

    expected = binomtest(round(found.value * 200), 200).proportion_ci(method="wilson")
    assert found.interval == pytest.approx((expected.low, expected.high), abs=1e-5)


def test_values_are_explained_by_the_mean_of_neighbours():
    from sklearn.metrics import r2_score
    from sklearn.model_selection import LeaveOneOut, cross_val_predict
    from sklearn.neighbors import KNeighborsRegressor

    values = (POINTS @ np.array([[1.0], [2.0], [0.0], [0.0], [1.0]])).astype(np.float64)
    told = cross_val_predict(KNeighborsRegressor(10), POINTS, values, cv=LeaveOneOut())

    found = measured(POINTS, values, "values")

    assert found.explained == pytest.approx(r2_score(values, told), abs=1e-4)
    assert found.explained_interval[0] < found.explained < found.explained_interval[1]
    assert found.accuracy is found.silhouette is None


def test_of_several_labels_balanced_accuracy_is_averaged():
    from sklearn.metrics import balanced_accuracy_score

    held = np.stack([POINTS[:, 0] > 0, POINTS[:, 1] > 1, np.ones(115, bool)], axis=1).astype(np.int64)
    near = nearest_rows(POINTS, 10)[0]
    told = held[near].mean(1) > 0.5

    found = measured(POINTS, held, "labels")

    expected = [balanced_accuracy_score(held[:, n], told[:, n]) for n in (0, 1)]
    assert found.by_class[:2] == pytest.approx(expected)
    # The last one holds for all: it tells nothing.
    assert np.isnan(found.by_class[2])
    assert found.accuracy.value == pytest.approx(np.mean(expected))
    assert found.accuracy.chance == 0.5


def test_the_gain_over_pixels_is_paired():
    worse = (POINTS + RNG.normal(0, 2, POINTS.shape)).astype(np.float32)

    found, same = measured(POINTS, LABELS, pixels=worse), measured(POINTS, LABELS, pixels=POINTS)

    assert found.pixels == pytest.approx(measured(worse, LABELS).accuracy.value)
    assert found.gain == pytest.approx(found.accuracy.value - found.pixels)
    assert 0 < found.gain_interval[0] < found.gain < found.gain_interval[1]
    assert (same.gain, same.gain_interval) == (0, (0, 0))
    assert found.silhouette_of_pixels == pytest.approx(measured(worse, LABELS).silhouette)


def test_pixels_are_compared_on_the_points_that_have_a_picture():
    what = known(LABELS)
    places = np.flatnonzero(np.arange(115) % 4)
    pixels = (POINTS + RNG.normal(0, 2, POINTS.shape)).astype(np.float32)[places]

    found = separation_of(POINTS, nearest_rows(POINTS, 10)[0], what, pixels=pixel_score(pixels, places, what))
    alone = measured(POINTS[places], LABELS[places], pixels=pixels)

    assert found.accuracy == measured(POINTS, LABELS).accuracy
    for name in ("pixels", "gain", "gain_interval", "silhouette_of_pixels"):
        assert getattr(found, name) == getattr(alone, name)
    assert pixel_score(pixels[:10], places[:10], what) is None


def test_many_classes_take_no_memory_of_their_own():
    labels = np.arange(3000) % 1000
    points = RNG.normal(0, 1, (3000, 4)).astype(np.float32)
    near = nearest_rows(points, 10)[0]
    tracemalloc.start()

    separation_of(points, near, known(labels))
    overlapping_classes(near, labels, np.arange(3000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    # One column a class, labelling and point would be 240 MB, in float64 twice that.
    assert peak < 130e6


@pytest.mark.parametrize("block_values", [2**24, 2000])
def test_silhouettes_are_scikit_learns(monkeypatch, block_values):
    from sklearn.metrics import silhouette_samples

    monkeypatch.setattr(module, "BLOCK_VALUES", block_values)
    labels = LABELS.copy()
    labels[7] = 3  # alone in its class

    found, _ = silhouettes(POINTS, labels)

    np.testing.assert_allclose(found, silhouette_samples(POINTS.astype(np.float64), labels), atol=1e-4)


def test_of_many_points_silhouettes_are_sampled_but_exact():
    from sklearn.metrics import silhouette_samples

    found, _ = silhouettes(POINTS, LABELS, most=50, seed=1)

    every = silhouette_samples(POINTS.astype(np.float64), LABELS)
    assert len(found) == 50
    assert all(np.abs(every - one).min() < 1e-4 for one in found)


def test_shuffled_labels_show_what_chance_gives():
    found, nothing = measured(POINTS, LABELS), measured(POINTS, RNG.permutation(LABELS))

    assert found.silhouette > 3 * max(found.silhouette_by_chance, 0.01)
    assert nothing.silhouette < nothing.silhouette_by_chance + 0.02


def test_pairs_that_mix_are_named_with_their_border():
    labels = np.array([0] * 30 + [1] * 30 + [2] * 30)
    points = (RNG.normal(0, 1, (90, 3)) + np.array([[0, 0, 0], [2.5, 0, 0], [90, 0, 0]])[labels]).astype(np.float32)
    near = nearest_rows(points, 10)[0]

    (pair,) = overlapping_classes(near, labels, 100 + np.arange(90))

    crossing = sum((labels[near[row]] == 1 - labels[row]).sum() for row in range(60))
    assert (pair.first, pair.second) == (0, 1)
    assert pair.share == pytest.approx(crossing / 600)
    assert pair.expected == pytest.approx(30 / 89)
    mixed = [(labels[near[row - 100]] != labels[row - 100]).sum() for row in pair.border]
    assert mixed == sorted(mixed, reverse=True)
    assert mixed[0] == max((labels[near[row]] != labels[row]).sum() for row in range(60))
    assert min(mixed) >= 1
