from __future__ import annotations

import warnings
from itertools import pairwise

import numpy as np
import pytest

from striate.data import load_data
from striate.errors import Cancelled, InputError
from striate.events import Events
from striate.features import feature_map
from striate.records import Output, Predictions

RNG = np.random.default_rng(8)
NAMES = ("a", "b", "c")


def answers(truth, scores=None, kind="classes", names=NAMES):
    truth = np.asarray(truth)
    if scores is None:
        scores = np.eye(len(names), dtype=np.float32)[truth] if kind == "classes" else truth
    return Predictions(
        output=Output(kind=kind, names=names), samples=np.arange(len(truth)) * 3, truth=truth, scores=scores
    )


def clouds(truth, apart):
    return (RNG.normal(0, 1, (len(truth), 6)) + apart * np.eye(6)[truth]).astype(np.float32)


def test_classes_that_come_apart_from_layer_to_layer_are_measured_and_drawn():
    truth = np.arange(90) % 3
    found = feature_map(
        {"pixels": clouds(truth, 0.0), "conv": clouds(truth, 2.0), "fc": clouds(truth, 20.0)}, answers(truth)
    )
    assert [layer.layer for layer in found.layers] == ["pixels", "conv", "fc"]
    first, middle, last = (layer.separation for layer in found.layers)
    assert first < 0.55 < middle < last == 1.0
    assert found.overlap is not None
    assert found.overlap[2] == 0.0
    for layer in found.layers:
        assert layer.points.shape == (90, 2)
        assert np.abs(layer.points).max() == 1
    centres = np.stack([found.layers[-1].points[truth == c].mean(0) for c in range(3)])
    nearest = np.linalg.norm(found.layers[-1].points[:, None] - centres, axis=2).argmin(1)
    np.testing.assert_array_equal(nearest, truth)
    assert (found.perplexity, found.seed) == (89 / 3, 0)
    np.testing.assert_array_equal(found.samples, np.arange(90) * 3)


def test_each_picture_is_turned_to_the_one_before():
    truth = np.arange(40) % 3
    found = feature_map({name: clouds(truth, 3.0) for name in ("one", "two", "three")}, answers(truth))
    for before, after in pairwise(layer.points.astype(np.float64) for layer in found.layers):
        # No turn fits better exactly if the products of the two form a symmetric matrix without negative eigenvalues.
        products = (after - after.mean(0)).T @ (before - before.mean(0))
        np.testing.assert_allclose(products[0, 1], products[1, 0], atol=1e-4)  # float32
        assert np.linalg.eigvalsh(products).min() >= -1e-4


def test_the_pair_that_mixes_most_is_named():
    truth = np.arange(60) % 3
    values = clouds(np.where(truth == 2, 1, truth), 20.0)
    found = feature_map({"fc": values}, answers(truth))
    assert set(found.overlap[:2]) == {1, 2}
    assert 0.3 < found.overlap[2] < 0.9


def test_wrong_answers_are_marked():
    truth = np.arange(30) % 3
    scores = np.eye(3, dtype=np.float32)[truth]
    scores[4] = [0.9, 0.1, 0.0] if truth[4] else [0.1, 0.9, 0.0]
    found = feature_map({"fc": clouds(truth, 3.0)}, answers(truth, scores))
    assert np.flatnonzero(found.wrong).tolist() == [4]
    assert found.wrong.dtype == np.uint8


def test_of_too_many_samples_a_seeded_part_is_drawn_for_all_layers_alike():
    truth = np.arange(80) % 3
    values = {"one": clouds(truth, 9.0), "two": clouds(truth, 9.0)}
    found = feature_map(values, answers(truth), most=30, seed=2)
    again = feature_map(values, answers(truth), most=30, seed=2)
    other = feature_map(values, answers(truth), most=30, seed=3)
    assert len(set(found.samples.tolist())) == 30
    assert found.samples.tolist() == sorted(found.samples.tolist()) == again.samples.tolist()
    assert found.samples.tolist() != other.samples.tolist()
    np.testing.assert_array_equal(found.labels, truth[found.samples // 3])
    assert found.layers[0].separation == 1.0
    for one, two in zip(found.layers, again.layers, strict=True):
        np.testing.assert_array_equal(one.points, two.points)


def test_values_are_grouped_by_decile():
    truth = RNG.permutation(50).astype(np.float32)[:, None]
    found = feature_map({"fc": truth}, answers(truth, kind="values", names=("v",)))
    np.testing.assert_array_equal(found.labels, truth[:, 0] // 5)
    assert not found.wrong.any()


def test_several_labels_are_grouped_by_the_first():
    truth = np.tile([[0, 1], [1, 1], [0, 0]], (5, 1)).astype(np.uint8)
    found = feature_map(
        {"fc": clouds(np.arange(15) % 3, 9.0)}, answers(truth, truth.astype(np.float32), "labels", ("x", "y"))
    )
    np.testing.assert_array_equal(found.labels, [1, 0, 2] * 5)


def test_a_layer_that_is_the_same_for_all_is_one_point_and_separates_nothing():
    truth = np.array([0] * 12 + [1] * 8)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = feature_map({"dead": np.zeros((20, 4), np.float32), "fc": clouds(truth, 9.0)}, answers(truth))
    assert found.layers[0].separation == 0.6
    assert not found.layers[0].points.any()
    assert np.isfinite(found.layers[1].points).all()


class Stop(Events):
    def is_cancelled(self):
        return True


def test_a_watcher_can_stop_between_layers():
    truth = np.arange(20) % 3
    with pytest.raises(Cancelled):
        feature_map({"one": clouds(truth, 1.0), "two": clouds(truth, 1.0)}, answers(truth), events=Stop())


@pytest.mark.parametrize(
    ("features", "words"),
    [
        ({}, "at least one layer"),
        ({"fc": np.zeros((29, 3))}, "one for each of 30"),
        ({"fc": np.zeros((30, 3, 3))}, "one for each of 30"),
        ({"fc": np.full((30, 3), np.nan)}, "finite"),
    ],
)
def test_features_that_do_not_fit_are_refused(features, words):
    with pytest.raises(InputError, match=words):
        feature_map(features, answers(np.arange(30) % 3))


def test_fewer_than_ten_samples_are_refused():
    with pytest.raises(InputError, match="10 samples"):
        feature_map({"fc": np.zeros((9, 3))}, answers(np.arange(9) % 3))


def test_digits_come_apart_by_class():
    data = load_data("digits")
    indices = range(0, 5000, 25)
    truth = data.targets().numpy()[indices]
    pixels = np.stack([data.read(i).flatten().numpy() for i in indices])
    found = feature_map({"pixels": pixels}, answers(truth, names=data.output.names))
    assert 0.7 < found.layers[0].separation < 0.95
