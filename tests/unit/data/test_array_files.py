"""`.npy` files of one sample: what is read, and what is set aside with which reason."""

import io
import pickle
import struct

import numpy as np
import pytest
import torch

from striate.data.array_files import ArrayError, decode_array


def npy(values, **settings):
    stream = io.BytesIO()
    np.save(stream, values, **settings)
    return stream.getvalue()


def header(text, numbers=b""):
    """Return a `.npy` with a header of our own."""
    line = text.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(line)) + line + numbers


@pytest.mark.parametrize(
    ("shape", "axes", "expected"),
    [
        ((6,), 0, (1, 6)), ((6,), 1, (1, 6)), ((2, 6), 1, (2, 6)),
        ((4, 5), 0, (1, 4, 5)), ((4, 5), 2, (1, 4, 5)), ((7, 4, 5), 0, (7, 4, 5)),
        ((3, 4, 5), 3, (1, 3, 4, 5)), ((2, 3, 4, 5), 0, (2, 3, 4, 5)), ((2, 3, 4, 5), 3, (2, 3, 4, 5)),
    ],
)  # fmt: skip
def test_axes_are_taken_as_they_are_stored_or_as_it_is_said(shape, axes, expected):
    values = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)

    found = decode_array(npy(values), axes)

    assert found.shape == expected
    assert found.flatten().tolist() == list(range(values.size))


@pytest.mark.parametrize("kind", ["<i2", ">i2", "<u2", "<f8", ">f4", "<f2", "<i8"])
def test_other_numbers_become_float32_whatever_their_order_of_bytes(kind):
    found = decode_array(npy(np.array([[1, 2], [3, 400]], kind)))

    assert found.dtype == torch.float32
    assert found.tolist() == [[[1.0, 2.0], [3.0, 400.0]]]


def test_bytes_stay_bytes_and_columns_first_is_read_too():
    found = decode_array(npy(np.asfortranarray(np.arange(6, dtype=np.uint8).reshape(2, 3))))

    assert found.dtype == torch.uint8
    assert found.tolist() == [[[0, 1, 2], [3, 4, 5]]]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (npy(np.array([{"a": 1}, None]), allow_pickle=True), "holds objects, not numbers"),
        (npy(np.array(["a", "b"])), "holds <U1, not numbers"),
        (npy(np.ones(3, complex)), "holds complex128, not numbers"),
        (npy(np.zeros((2, 2), [("a", "<f4"), ("b", "<f4")])), "not numbers"),
        (header("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000)}", b"\0" * 64), "larger than 64,000,000"),
        (header("{'descr': '<f4', 'fortran_order': False, 'shape': (9, 9)}", b"\0" * 64), "the header says 324 bytes of numbers, 64"),
        (header("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, -9)}", b"\0" * 64), "without numbers"),
        (header("{'descr': '<f4', 'fortran_order': False, 'shape': __import__('os')}"), "not a .npy file"),
        (npy(np.zeros((3, 0))), "without numbers (3×0)"),
        (npy(np.array([1.0, np.nan])), "holds numbers that are not finite"),
        (npy(np.array([1.0, -np.inf])), "holds numbers that are not finite"),
        (npy(np.array([1e300, 1.0])), "holds numbers that are not finite"),
        (npy(np.array(3.0)), "has 0 axes (one number), not 1 to 4"),
        (npy(np.zeros((1,) * 5)), "has 5 axes (1×1×1×1×1), not 1 to 4"),
        (pickle.dumps([1, 2]), "not a .npy file"),
        (b"", "not a .npy file"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why(data, reason):
    with pytest.raises(ArrayError) as caught:
        decode_array(data)

    assert reason in caught.value.reason


def test_other_axes_than_said_are_refused():
    with pytest.raises(ArrayError, match=r"has 3 axes \(2×3×4\), not 1 or 2"):
        decode_array(npy(np.zeros((2, 3, 4))), 1)


def test_nothing_is_unpickled():
    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("it ran",))

    with pytest.raises(ArrayError, match="objects"):
        decode_array(npy(np.array([Bomb()], dtype=object), allow_pickle=True))


def test_no_truncated_file_is_taken_for_a_whole_one():
    data = npy(np.arange(50.0).reshape(5, 10))

    for length in range(0, len(data), 7):
        with pytest.raises(ArrayError):
            decode_array(data[:length])
