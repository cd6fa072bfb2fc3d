"""Inputs as pictures: curves and slices, counted by hand."""

import numpy as np
import pytest

from striate.report.pictures.inputs import curve, slices, to_picture


def test_a_curve_holds_every_value_of_its_stretch_of_time():
    # 8 columns of two values each on 4 rows, of which the lowest is −4 and the highest 4.
    signal = np.zeros((1, 16))
    signal[0, 6], signal[0, 7], signal[0, 12] = 4.0, -4.0, 99.0

    found = curve(signal, 8)

    assert found.shape == (4, 8)
    # 0 lies between rows 1 and 2: to the even one.
    assert found[2].tolist() == [255] * 8
    assert found[:, 3].tolist() == [255] * 4
    assert found[:, 6].tolist() == [255, 255, 255, 0]
    assert [int((found[:, column] > 0).sum()) for column in (0, 1, 2, 5, 7)] == [1] * 5


def test_a_curve_has_no_gaps():
    signal = np.repeat([[-4.0, 4.0]], 4, axis=1).reshape(1, 8)

    assert bool((curve(signal, 8)[:, 1::2] == 255).any(0).all())
    assert curve(np.array([[-4.0, 4.0]]), 8)[:, 4].tolist() == [255] * 4


@pytest.mark.parametrize(("channels", "shape"), [(1, (8, 16)), (2, (8, 16)), (4, (8, 16)), (9, (8, 16))])
def test_each_channel_has_a_lane_up_to_four(channels, shape):
    assert curve(np.zeros((channels, 50)), 16).shape == shape


def test_the_middle_slices_stand_side_by_side_with_a_dark_line_between():
    volume = np.arange(2 * 3 * 4).reshape(1, 2, 3, 4) / 255

    found = slices(volume)

    assert found.shape == (3, 4 + 1 + 4 + 1 + 3)
    assert found[:, :4].tolist() == [[12, 13, 14, 15], [16, 17, 18, 19], [20, 21, 22, 23]]
    assert found[:2, 5:9].tolist() == [[4, 5, 6, 7], [16, 17, 18, 19]]
    assert found[:2, 10:].tolist() == [[2, 6, 10], [14, 18, 22]]
    assert not found[:, [4, 9]].any()
    assert not found[2, 5:].any()


def test_images_of_many_channels_are_their_mean():
    assert to_picture(np.stack([np.full((1, 2), value) for value in (0.0, 0.25, 0.5, 1.0)])).tolist() == [[112, 112]]
