import numpy as np
import pytest
import torch

from striate.explain.weights.waves import waves


def gabor(cycles, angle_deg, side=15):
    from skimage.filters import gabor_kernel

    # scikit-image counts rows downwards, and so its angles clockwise.
    kernel = np.real(
        gabor_kernel(cycles, theta=np.deg2rad(-angle_deg), sigma_x=3, sigma_y=3, n_stds=4, offset=np.pi / 2)
    )
    middle = kernel.shape[0] // 2
    half = side // 2
    return kernel[middle - half : middle + half + 1, middle - half : middle + half + 1]


@pytest.mark.parametrize("cycles", [0.15, 0.22, 0.35])
@pytest.mark.parametrize("angle_deg", [0, 30, 45, 90, 135, 160])
def test_gabor_filters_are_recovered(cycles, angle_deg):
    found = waves(torch.tensor(gabor(cycles, angle_deg))[None, None].float())

    assert found.cycles_per_px[0] == pytest.approx(cycles, abs=0.015)
    apart = abs(float(found.orientation_deg[0]) - angle_deg)
    assert min(apart, 180 - apart) < 3


def test_stripes_that_rise_to_the_right_lie_across_135_degrees():
    rows, columns = np.mgrid[:16, :16]
    # Constant along row + column: stripes that rise to the right; across them one goes down and to the right.
    stripes = np.cos(2 * np.pi * (rows + columns) / 8)

    assert waves(torch.tensor(stripes)[None, None].float()).orientation_deg[0] == pytest.approx(135, abs=1)


def test_a_blob_has_no_wave_and_neither_has_a_filter_of_one_place():
    found = waves(torch.ones(2, 3, 5, 5))

    assert found.cycles_per_px.tolist() == [0, 0]
    assert found.orientation_deg.tolist() == [0, 0]
    assert waves(torch.ones(2, 3, 1, 1)) is None


def test_grey_and_opposed_colours():
    picture = torch.randn(5, 5, generator=torch.Generator().manual_seed(0))
    grey = picture.expand(3, 5, 5)
    opposed = torch.stack([picture, -picture, torch.zeros(5, 5)])

    found = waves(torch.stack([grey, opposed, torch.zeros(3, 5, 5)]))

    assert found.colour_share.tolist() == pytest.approx([0, 1, 0], abs=1e-6)
    assert waves(torch.randn(2, 4, 5, 5)).colour_share is None


def test_random_filters_have_two_thirds_colour():
    drawn = torch.randn(4000, 3, 5, 5, generator=torch.Generator().manual_seed(0))

    assert waves(drawn).colour_share.mean() == pytest.approx(2 / 3, abs=0.01)


def test_of_lines_and_volumes_the_frequency_is_read():
    line = torch.cos(2 * torch.pi * torch.arange(24) * 0.25)[None, None]
    depth = torch.cos(2 * torch.pi * torch.arange(8) * 0.25).view(1, 1, 8, 1, 1).expand(1, 1, 8, 8, 8)

    assert waves(line).cycles_per_px[0] == pytest.approx(0.25, abs=0.01)
    assert waves(depth).cycles_per_px[0] == pytest.approx(0.25, abs=0.035)
