"""Hand-made descriptors against scikit-image's own outputs, and by counting."""

import builtins

import numpy as np
import pytest
import torch

from striate.errors import DataError, MissingExtraError, UnknownNameError
from striate.features.descriptors import DESCRIPTORS, colour_histogram, describe, hog, lbp, raw_pixels


@pytest.fixture(scope="module")
def cat():
    """A real photograph, 300 × 451."""
    from skimage.data import chelsea

    return chelsea()


def test_oriented_gradients_are_scikit_images(cat):
    from PIL import Image
    from skimage.feature import hog as theirs

    grey = np.asarray(Image.fromarray(cat).resize((64, 64), Image.Resampling.BILINEAR).convert("L"))

    assert hog(cat) == pytest.approx(theirs(grey, 9, (8, 8), (2, 2)), abs=1e-6)


def test_binary_patterns_are_scikit_images(cat):
    from PIL import Image
    from skimage.feature import local_binary_pattern

    grey = np.asarray(Image.fromarray(cat[:100, :120]).convert("L"))
    found = lbp(cat[:100, :120])
    begin = 0
    for radius, points in ((1, 8), (2, 16), (3, 24)):
        codes = local_binary_pattern(grey, points, radius, method="uniform")
        shares = [(codes == code).mean() for code in range(points + 2)]
        assert found[begin : begin + points + 2] == pytest.approx(shares, abs=1e-6)
        begin += points + 2

    assert begin == len(found) == 54


def test_colours_are_counted_in_boxes():
    picture = np.zeros((10, 10, 3), np.uint8)
    picture[:3] = (255, 0, 31)
    picture[3:5] = (0, 32, 0)
    found = colour_histogram(picture)

    # Box numbers of 64 · red + 8 · green + blue; 31 is the end of the first box, 32 the beginning of the second.
    assert {int(box): pytest.approx(float(found[box])) for box in np.flatnonzero(found)} == {0: 0.5, 8: 0.2, 448: 0.3}


def test_pixels_are_those_of_the_picture():
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8)

    assert raw_pixels(picture) == pytest.approx(picture.ravel() / 255)


def test_grey_and_colour_go_together_and_the_order_is_kept(cat):
    stored = torch.from_numpy(np.ascontiguousarray(cat.transpose(2, 0, 1)))
    grey = stored[:1, :50, :60]
    found = describe([stored, grey])

    assert {name: rows.shape for name, rows in found.items()} == {
        "raw pixels": (2, 3072), "colour histogram": (2, 512), "HOG": (2, 1764), "LBP": (2, 54),
    }  # fmt: skip
    for name, rows in found.items():
        assert rows.dtype == np.float32
        assert rows[0] == pytest.approx(DESCRIPTORS[name](cat))
    # A grey picture fills the boxes on the diagonal.
    assert set(np.flatnonzero(found["colour histogram"][1])) <= {73 * box for box in range(8)}


@pytest.mark.parametrize(
    "stored", [np.zeros((3, 8, 8), np.float32), np.zeros((4, 8, 8), np.uint8), np.zeros((1, 4, 8, 8), np.uint8)]
)
def test_what_is_no_picture_is_refused(stored):
    with pytest.raises(DataError, match=r"pictures of bytes; got \d"):
        describe([stored])


def test_nothing_and_unknown_names_are_refused():
    with pytest.raises(DataError, match="pictures to describe"):
        describe([])
    with pytest.raises(UnknownNameError, match="Did you mean HOG"):
        describe([], ["HOGG"])


def test_without_scikit_image_the_cure_is_said(cat, monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name.startswith("skimage"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=r"striate\[descriptors\]"):
        hog(cat)

    assert raw_pixels(cat).shape == (3072,)
