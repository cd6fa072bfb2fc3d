"""Arrays in memory: classes, labels, values, and what is refused."""

import numpy as np
import pytest
import torch

from striate.data import load_data
from striate.errors import DataError, ShapeError

IMAGES = np.arange(3 * 2 * 2, dtype=np.uint8).reshape(3, 2, 2)


def test_whole_numbers_are_classes_named_after_themselves():
    data = load_data((IMAGES, np.array([7, 3, 7])))
    assert data.output.names == ("3", "7")
    assert [sample.target for sample in data.samples] == [1, 0, 1]
    assert data.read(1).tolist() == [[[4, 5], [6, 7]]]
    assert data.shape == (1, 2, 2)
    assert data.reference == "arrays"


def test_words_are_classes():
    data = load_data((IMAGES, ["dog", "cat", "dog"]))
    assert data.output.names == ("cat", "dog")


def test_a_table_of_0_and_1_is_labels():
    data = load_data((torch.from_numpy(IMAGES), torch.tensor([[0, 1], [1, 1], [0, 0]])))
    assert data.output.kind == "labels"
    assert data.targets().tolist() == [[0, 1], [1, 1], [0, 0]]


def test_floats_are_values_and_rows_without_a_finite_number_are_set_aside():
    data = load_data((IMAGES, np.array([0.5, np.nan, 1e39])))
    assert data.output.names == ("value",)
    assert [sample.target for sample in data.samples] == [(0.5,)]
    assert [row.place for row in data.set_aside] == ["arrays/1", "arrays/2"]
    assert data.read(0).tolist() == [[[0, 1], [2, 3]]]


def test_a_table_of_floats_is_several_values():
    assert load_data((IMAGES, np.ones((3, 2)))).output.names == ("value 0", "value 1")


def test_the_arrays_are_copied():
    mine = IMAGES.copy()
    data = load_data((mine, [0, 1, 0]))
    mine[:] = 0
    data.read(2)[:] = 0
    assert data.read(2).tolist() == [[[8, 9], [10, 11]]]


@pytest.mark.parametrize(
    ("images", "targets", "error", "message"),
    [
        (IMAGES.astype(str), [0, 1, 0], DataError, "samples must be numbers; got '<U3'"),
        (np.zeros((2, 5, 5, 3), np.uint8), [0, 1], ShapeError, "must have their channels first"),
        (np.zeros((2, 1, 1, 1, 5, 5), np.uint8), [0, 1], ShapeError, "samples must be signals, images or volumes"),
        (np.zeros(2, np.uint8), [0, 1], ShapeError, "samples must be signals, images or volumes"),
        (np.zeros((0, 3, 3), np.uint8), [], ShapeError, "samples must be signals, images or volumes"),
        ([[1, 2], [3]], [0, 1], ShapeError, "arrays must be rectangular"),
        (IMAGES, [0, 1], ShapeError, "one target for each of the 3 samples"),
        (IMAGES, 5, ShapeError, "one target for each of the 3 samples"),
        (IMAGES, [0, 0, 0], DataError, "at least two classes; got '0'"),
        (IMAGES, [[0], [1], [2]], DataError, "targets must be whole numbers"),
        (IMAGES, [None, 1, 2], DataError, "targets must be whole numbers"),
        (IMAGES, [np.nan] * 3, DataError, "at least one readable sample; got none; 3 set aside"),
    ],
)  # fmt: skip
def test_arrays_that_cannot_be_used_are_refused(images, targets, error, message):
    with pytest.raises(error, match=message):
        load_data((images, targets))
