"""Pictures are cut and placed where they belong."""

import numpy as np
import pytest

from striate.records import Occlusion
from striate.report.pictures.inputs import to_picture
from striate.report.pictures.shrinking import shrunk, strongest
from striate.report.sections.occlusion import at_centres
from striate.report.sections.patches import crop


def _occlusion(grid, window, stride):
    grid = np.asarray(grid, np.float32)[:, :, None]
    return Occlusion(
        sample=0,
        window_px=window,
        stride_px=stride,
        clean=np.array([0.5], np.float32),
        grid=grid,
        maps=np.zeros((1, 1, 1), np.float32),
    )


def test_a_change_is_written_where_the_squares_centre_stood():
    # A 3 px square with stride 1 on 5 × 5: centres at 1, 2, 3; the border was never a centre.
    row = _occlusion([[0.5, 0.4, 0.5], [0.5, 0.5, 0.9], [0.0, 0.5, 0.5]], (3, 3), (1, 1))

    written = at_centres(row, 0, (5, 5))

    expected = np.zeros((5, 5))
    expected[1, 2], expected[2, 3], expected[3, 1] = -0.1, 0.4, -0.5
    assert written == pytest.approx(expected)


def test_with_a_larger_stride_each_change_fills_its_pixels():
    row = _occlusion([[0.5, 1.0]], (1, 1), (1, 2))

    written = at_centres(row, 0, (1, 4))

    # centres at 0 and 2: pixels 1 and 3 lie between two, and go to the even place
    assert written[0, 0] == 0
    assert written[0, 2] == 0.5


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((0, 0, 2, 2), [[1, 2], [3, 4]]),
        ((-1, -1, 1, 1), [[0, 0], [0, 1]]),
        ((1, 1, 3, 3), [[4, 0], [0, 0]]),
        ((5, 5, 6, 6), [[0]]),
    ],
)
def test_a_box_beyond_the_image_is_black_there(box, expected):
    assert crop(np.array([[1, 2], [3, 4]], np.uint8), np.array(box)).tolist() == expected


def test_pictures_are_rounded_and_cut_to_what_a_byte_holds():
    assert to_picture(np.array([[[-0.5, 0.5, 2.0]]])).tolist() == [[0, 128, 255]]
    assert to_picture(np.zeros((3, 2, 4))).shape == (2, 4, 3)
    assert to_picture(np.stack([np.zeros((1, 1)), np.ones((1, 1))])).tolist() == [[128]]


def test_small_pictures_stay_as_they_are_and_large_ones_are_averaged():
    picture = np.arange(16, dtype=np.uint8).reshape(4, 4)

    assert shrunk(picture, 4) is picture
    # means of 2 × 2 cells: (0+1+4+5)/4 = 2.5 and so on, rounded to even
    assert shrunk(picture, 2).tolist() == [[2, 4], [10, 12]]
    assert shrunk(np.zeros((100, 50, 3), np.uint8), 20).shape == (20, 10, 3)


def test_a_map_shrinks_by_its_largest_magnitude_with_its_sign():
    maps = np.array([[[1, -3, 0, 0], [0, 2, 5, -4]]], np.float32)

    assert strongest(maps, 2).tolist() == [[[-3, 5]]]
    assert strongest(maps, 4).tolist() == maps.tolist()
