from __future__ import annotations

import numpy as np
import pytest

from striate.errors import InputError
from striate.features.mapping import Known, MapSettings, map_layer
from striate.features.mapping.layer import Kept

RNG = np.random.default_rng(8)
QUICK = MapSettings(is_compared=False)


def points(count, classes=3, apart=6.0):
    labels = np.arange(count) % classes
    return (RNG.normal(0, 1, (count, 6)) + apart * np.eye(6)[labels]).astype(np.float32), labels


def known(targets, truth="classes", rows=None):
    return Known(truth=truth, targets=targets, rows=np.arange(len(targets)) if rows is None else rows)


def mapped(vectors, what=None, **options):
    return map_layer("fc1", vectors, what, settings=QUICK, **options)[0]


def told(layer):
    return " ".join(layer.unmeasured)


@pytest.mark.parametrize("shape", [(0, 5), (1, 5), (5, 0), (5,)])
def test_what_is_no_set_of_vectors_is_refused(shape):
    with pytest.raises(InputError, match="at least two vectors"):
        mapped(np.zeros(shape, np.float32))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused_and_counted(value):
    vectors, _ = points(20)
    vectors[[3, 7], 2] = value

    with pytest.raises(InputError, match=r"finite numbers; got 'others in 2 rows' \(at fc1\)"):
        mapped(vectors)


def test_of_three_points_pca_is_drawn():
    found = mapped(points(3)[0])

    assert np.isfinite(found.points).all()
    np.testing.assert_array_equal(found.points, found.pca)
    assert "No t-SNE of 3 points: it must have at least 4" in told(found)
    assert found.quality is None


def test_vectors_that_are_all_the_same_are_one_place():
    found = mapped(np.ones((30, 4), np.float32), known(np.arange(30) % 2))

    assert not found.points.any()
    assert "All 30 vectors of fc1 are the same" in told(found)
    assert (found.separation, found.quality, found.odd) == (None, None, ())


def test_many_copies_and_constant_features_do_no_harm():
    vectors, labels = points(60)
    vectors[:40] = vectors[:1]
    vectors[:, 5] = 3.0

    found = mapped(vectors, known(labels))

    assert np.isfinite(found.points).all()
    assert 0 <= found.separation.accuracy.value <= 1


def test_one_class_has_nothing_to_separate():
    found = mapped(points(30)[0], known(np.zeros(30, np.int64)))

    assert found.separation is None
    assert "one class only" in told(found)


def test_without_labels_the_rest_is_measured():
    found = mapped(points(60)[0])

    assert found.separation is None
    assert "no labels" in told(found)
    assert found.quality.trustworthiness > 0.8


def test_labels_of_a_part_are_judged_among_themselves():
    vectors, labels = points(90)
    rows = np.arange(0, 90, 2)

    found = mapped(vectors, known(labels[rows], rows=rows))

    assert found.separation.points == 45
    alone = mapped(vectors[rows], known(labels[rows]))
    assert found.separation.accuracy.value == alone.separation.accuracy.value


def test_values_have_no_classes():
    vectors, _ = points(60, apart=0.0)

    found = mapped(vectors, known(vectors[:, :1].astype(np.float64), "values"))

    assert found.separation.explained > 0.2
    assert found.doubtful == ()
    assert "Values have no classes" in told(found)


def test_several_labels_are_judged_one_by_one():
    vectors, labels = points(60)
    held = np.stack([labels == 0, labels < 2], axis=1).astype(np.int64)
    held[0, 0] = 0

    found = mapped(vectors, known(held, "labels"))

    assert found.separation.accuracy.value > 0.9
    assert [(one.row, one.label) for one in found.doubtful] == [(0, 0)]
    assert found.separation.silhouette is None


def test_a_layer_is_turned_onto_the_one_before():
    vectors, _ = points(60)
    first = mapped(vectors)
    quarter = first.points[:, ::-1] * np.array([1, -1], np.float32)

    again = mapped(vectors, onto=quarter)

    np.testing.assert_allclose(again.points, quarter, atol=1e-4)


def test_beyond_the_limit_neighbours_are_sought_along_the_principal_axes(monkeypatch):
    from striate.features.mapping import layer as module

    vectors = RNG.normal(0, 1, (80, 70)).astype(np.float32)
    assert mapped(vectors).placed_by == "all 70 features"
    monkeypatch.setattr(module, "MOST_MACS", 1000)

    found = mapped(vectors)

    assert found.placed_by.startswith("50 principal axes, which hold ")
    assert f"sought along {found.placed_by}" in told(found)


@pytest.mark.parametrize(("before", "after"), [(1e13, 1000), (1000, 1e13)])
def test_who_is_far_is_told_in_the_space_where_neighbours_are_sought_now(before, after, monkeypatch):
    from striate.features.mapping import layer as module

    vectors = np.random.default_rng(8).normal(0, 1, (120, 400)).astype(np.float32)
    vectors = np.vstack([vectors, np.full((1, 400), 30.0, np.float32)])
    monkeypatch.setattr(module, "MOST_MACS", before)
    first = mapped(vectors[:80])
    monkeypatch.setattr(module, "MOST_MACS", after)

    _, far = map_layer("fc1", vectors, None, onto=Kept(layer=first, count=80), settings=QUICK)

    # Along 50 axes all is nearer than in the whole space.
    assert far[-1] == 1
    assert far[:120].sum() <= 3


def test_the_nearest_of_each_are_kept():
    vectors, _ = points(30)
    space = vectors - vectors.mean(0)
    space /= np.linalg.norm(space, axis=1, keepdims=True)
    cosine = space @ space.T
    np.fill_diagonal(cosine, -2)

    np.testing.assert_array_equal(mapped(vectors).neighbours, np.argsort(-cosine, axis=1)[:, :5])
