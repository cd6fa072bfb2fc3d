import math

import numpy as np
import pytest
import torch

from striate.explain import fine_detail

ACROSS = torch.arange(48.0)


def stripes(wave):
    return wave.expand(1, 1, 48, 48)


def test_a_constant_has_none():
    assert fine_detail(torch.full((1, 3, 20, 20), 0.7)).item() == 0


def test_what_rounding_leaves_of_a_constant_is_no_detail():
    constant = torch.full((1, 1, 17, 23), 255.1, dtype=torch.float64)
    assert (constant - constant.mean()).abs().max() > 0
    assert fine_detail(constant).item() == 0


def test_a_checkerboard_is_nothing_else():
    board = (torch.arange(48)[:, None] + torch.arange(48)) % 2
    assert fine_detail(board[None, None].float()).item() == 1


def test_a_slow_sine_has_none():
    assert fine_detail(stripes(torch.sin(2 * math.pi * ACROSS / 24))).item() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("period", [2, 3])
def test_narrow_stripes_are_nothing_else(period):
    assert fine_detail(stripes((ACROSS % period == 0).float())).item() == pytest.approx(1)


def test_a_wavelength_of_exactly_4_is_not_fine():
    assert fine_detail(stripes(torch.sin(math.pi * ACROSS / 2))).item() == pytest.approx(0, abs=1e-9)


def test_stripes_of_period_8_have_only_their_third_harmonic_as_fine_detail():
    # Four on, four off: power at k / 8 for k = 1, 3 goes as 1 / sin²(πk / 8), that is 6.828 : 1.172.
    first, third = (1 / math.sin(math.pi * k / 8) ** 2 for k in (1, 3))
    share = third / (first + third)
    assert share == pytest.approx(0.1464, abs=1e-4)
    assert fine_detail(stripes((ACROSS % 8 < 4).float())).item() == pytest.approx(share)


def test_diagonal_waves_count_by_their_own_length():
    # 1/6 cycles along each axis: a radial frequency of 0.236, a wavelength of 4.24 pixels.
    slow = torch.sin(2 * math.pi * (ACROSS[:, None] + ACROSS) / 6)[None, None]
    # 1/5.33 along each axis: 0.265, 3.77 pixels, though either axis alone is slower than 1/4.
    fast = torch.sin(2 * math.pi * (ACROSS[:, None] + ACROSS) * 9 / 48)[None, None]
    assert fine_detail(slow).item() == pytest.approx(0, abs=1e-9)
    assert fine_detail(fast).item() == pytest.approx(1)


def test_neither_scale_nor_brightness_matters():
    pictures = torch.rand((3, 2, 20, 24), generator=torch.Generator().manual_seed(0))
    np.testing.assert_allclose(fine_detail(pictures * 7 + 100), fine_detail(pictures), atol=1e-5)


def test_white_noise_has_the_area_outside_the_circle():
    noise = torch.randn((50, 1, 64, 64), generator=torch.Generator().manual_seed(0))
    assert fine_detail(noise).mean().item() == pytest.approx(1 - math.pi / 16, abs=0.01)


def test_a_blur_is_not_fine_and_a_laplacian_is():
    blur = torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]])
    laplacian = torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])
    low, high = fine_detail(torch.stack([blur, laplacian])[:, None], with_mean=True).tolist()
    assert low < 0.25
    assert high > 0.95


def test_without_its_mean_the_same_blur_would_look_fine():
    blur = torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]])[None, None]
    assert fine_detail(blur).item() > 0.9


def test_a_line_has_detail_too():
    assert fine_detail(torch.tensor([0.0, 1.0] * 10).view(1, 1, 1, 20)).item() == 1


def test_no_pictures_have_no_shares():
    assert fine_detail(torch.zeros(0, 1, 8, 8)).shape == (0,)


def test_many_pictures_at_once_equal_one_by_one(monkeypatch):
    pictures = torch.rand((7, 1, 5, 5), generator=torch.Generator().manual_seed(0))
    expected = fine_detail(pictures)
    monkeypatch.setattr("striate.explain.detail.CHUNK", 2048)
    assert torch.equal(fine_detail(pictures), expected)


@pytest.mark.parametrize("shape", [(3, 3), (5, 2), (11, 11), (1, 9)])
@pytest.mark.parametrize("with_mean", [True, False])
def test_small_pictures_have_the_share_of_their_padded_transform(shape, with_mean):
    picture = np.random.default_rng(0).normal(size=(2, *shape))
    centred = picture if with_mean else picture - picture.mean((1, 2), keepdims=True)
    size = [1 if side == 1 else 32 for side in shape]
    power = (abs(np.fft.fft2(centred, s=size)) ** 2).sum(0)
    down, across = (np.fft.fftfreq(side) for side in size)
    expected = power[np.hypot(down[:, None], across[None]) > 0.25 + 1e-9].sum() / power.sum()
    assert fine_detail(torch.tensor(picture)[None], with_mean=with_mean).item() == pytest.approx(expected)
