import numpy as np
import pytest
import torch

from striate.errors import InputError
from striate.explain.fills import blurred, fill_values


def image(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def test_the_mean_of_the_image_is_each_channels_own(toys):
    seen = torch.stack([torch.full((4, 4), 2.0), torch.arange(16.0).view(4, 4)])
    assert fill_values(toys.small(shape=(2, 4, 4)), seen, "image mean").flatten().tolist() == [2.0, 7.5]


def test_noise_has_the_images_mean_and_spread_and_is_the_same_every_time(toys):
    seen = image(2, 60, 60) * 3 + 5
    first, second = (fill_values(toys.small(shape=(2, 60, 60)), seen, "noise") for _ in range(2))
    assert torch.equal(first, second)
    assert first.shape == seen.shape
    torch.testing.assert_close(first.mean((1, 2)), seen.mean((1, 2)), atol=0.3, rtol=0)
    torch.testing.assert_close(first.std((1, 2)), seen.std((1, 2)), atol=0.3, rtol=0)


def test_noise_leaves_the_callers_random_numbers_alone(toys):
    before = torch.get_rng_state()
    fill_values(toys.small(), image(1, 5, 5), "noise")
    assert torch.equal(torch.get_rng_state(), before)


def test_values_for_each_channel(toys):
    assert fill_values(toys.small(shape=(2, 4, 4)), image(2, 4, 4), (1.5, -2)).flatten().tolist() == [1.5, -2]
    with pytest.raises(InputError, match="each of 2 channels"):
        fill_values(toys.small(shape=(2, 4, 4)), image(2, 4, 4), (1.0,))


@pytest.mark.parametrize("shape", [(2, 30), (1, 24, 17), (2, 9, 8, 11)])
def test_a_blur_is_scipys_gaussian(shape):
    from scipy.ndimage import gaussian_filter

    seen = image(*shape).double()
    expected = np.stack([gaussian_filter(channel.numpy(), 1.5, mode="mirror", radius=4) for channel in seen])
    # Three deviations are 4.5 pixels, rounded to 4 as Python rounds.
    np.testing.assert_allclose(blurred(seen, 1.5).numpy(), expected, atol=1e-12)


def test_a_constant_image_blurred_is_itself(toys):
    seen = torch.full((1, 12, 10), 3.0)
    torch.testing.assert_close(fill_values(toys.small(), seen, "blur"), seen)
    torch.testing.assert_close(fill_values(toys.small(), seen, "noise"), seen)
