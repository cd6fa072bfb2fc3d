import numpy as np
import pytest
import torch

from striate.errors import InputError, UnknownNameError
from striate.explain import positions
from striate.explain.cover import covered, mean_over_windows
from striate.explain.fills import fill_values


@pytest.mark.parametrize(
    ("shape", "window", "stride", "expected"),
    [
        ((1, 28, 28), 7, 7, (4, 4)),
        ((1, 28, 28), 7, 1, (22, 22)),
        ((1, 28, 28), 5, 4, (7, 7)),  # (28 − 5) / 4 = 5.75: a seventh window, cut at the border
        ((3, 10, 20), (3, 20), (2, 1), (5, 1)),
        ((1, 50), 8, 8, (1, 7)),
        ((1, 4, 9, 8), (2, 3, 3), (2, 3, 1), (2, 3, 6)),
    ],
)
def test_windows_go_on_until_the_border_is_covered(shape, window, stride, expected):
    assert positions(shape, window, stride) == expected


@pytest.mark.parametrize(("window", "stride"), [(3, 4), ((3, 5), (3, 6)), (13, 1), (0, 0), (3, 0), ((3, 3, 3), 3)])
def test_windows_that_leave_pixels_uncovered_or_do_not_fit_are_refused(window, stride):
    with pytest.raises(InputError):
        positions((1, 12, 12), window, stride)


@pytest.mark.parametrize("case", range(30))
def test_means_over_windows_equal_those_of_one_mask_a_window(toys, case):
    random = np.random.default_rng(case)
    size = tuple(int(v) for v in random.integers(1, 15, 2))
    window = tuple(int(random.integers(1, side + 1)) for side in size)
    stride = tuple(int(random.integers(1, side + 1)) for side in window)
    change = random.normal(size=(*positions((1, *size), window, stride), 3))
    expected = toys.brute_force_maps(change, size, window, stride)
    np.testing.assert_allclose(mean_over_windows(change, size, window, stride), expected, atol=1e-6)


def test_a_window_beyond_the_border_is_cut():
    image = torch.zeros(1, 3, 3)
    [filled] = covered(image, torch.ones(1, 1, 1), np.array([[2, 1]]), (2, 2))
    assert filled[0].tolist() == [[0, 0, 0], [0, 0, 0], [0, 1, 1]]


def test_background_is_the_commonest_value_of_a_one_channel_image(toys):
    image = torch.tensor([[[3.0, 3.0, -1.0], [-1.0, 3.0, 0.0]]])
    assert fill_values(toys.small(), image, "background").tolist() == [[[3.0]]]


def test_background_of_equally_common_values_is_the_lowest(toys):
    assert fill_values(toys.small(), torch.tensor([[[2.0, -1.0]]]), "background").item() == -1


def test_background_of_a_colour_image_is_the_channel_mean(toys):
    assert fill_values(toys.small(shape=(3, 4, 4)), torch.ones(3, 4, 4), "background").flatten().tolist() == [0, 0, 0]


def test_grey_is_half_of_the_stored_scale(toys):
    net = toys.small(shape=(3, 4, 4), mean=(0.5, 0.25, 0.0), std=(1.0, 0.5, 0.25))
    assert fill_values(net, torch.ones(3, 4, 4), "grey").flatten().tolist() == [0.0, 0.5, 2.0]


def test_a_number_is_a_value_of_the_input(toys):
    assert fill_values(toys.small(), torch.ones(1, 4, 4), -2).item() == -2


def test_an_unknown_fill_is_named(toys):
    with pytest.raises(UnknownNameError, match="gray"):
        fill_values(toys.small(), torch.ones(1, 4, 4), "gray")
