import math

import numpy as np
import pytest
import torch

from striate.errors import InputError, ShapeError
from striate.explain import Prior, class_images
from striate.explain.growing.canvas import Pixels, Waves
from striate.explain.growing.colours import colour_axes
from striate.explain.growing.judging import ranks
from striate.explain.growing.natural import Natural


def noise(seed=0):
    return torch.Generator().manual_seed(seed)


def test_waves_fall_as_one_by_frequency_like_lucids():
    height, width = 6, 8
    waves = Waves(1, (1, height, width), (0.5,), noise())
    falling = [
        [1 / max(math.hypot(down, across), 1 / 8) for across in (0, 1 / 8, 2 / 8, 3 / 8, 4 / 8)]
        for down in (0, 1 / 6, 2 / 6, -3 / 6, -2 / 6, -1 / 6)
    ]
    scale = np.array(falling) / np.sqrt(np.mean(np.square(falling)))
    drawn = torch.view_as_complex(waves.values[0, 0]).numpy() * scale
    expected = 1 / (1 + np.exp(-np.fft.irfft2(drawn, s=(height, width), norm="ortho")))
    np.testing.assert_allclose(waves.images()[0, 0], expected, atol=1e-6)


def test_colour_axes_give_back_the_covariance_of_the_images():
    images = torch.randn((20, 3, 8, 8), generator=noise())
    images[:, 1] = 0.8 * images[:, 0] + 0.2 * images[:, 1]
    axes = colour_axes(images).double().numpy()
    pixels = images.double().permute(1, 0, 2, 3).reshape(3, -1).numpy()
    covariance = np.cov(pixels)
    longest = np.sqrt(np.diag(covariance)).max()  # a row's squared norm is its channel's variance
    np.testing.assert_allclose(axes @ axes.T, covariance / longest**2, atol=1e-5)


def test_waves_begin_at_an_image_also_in_other_colours():
    images = torch.rand((2, 3, 9, 7), generator=noise()) * 0.9 + 0.05
    axes = colour_axes(torch.rand((5, 3, 6, 6), generator=noise(1)))
    for colours in (None, axes):
        waves = Waves(2, (3, 9, 7), (0.4, 0.5, 0.6), noise(), colours)
        waves.begin_at(images)
        torch.testing.assert_close(waves.images(), images, atol=1e-4, rtol=0)


def test_both_canvases_blur_by_the_same_gaussian():
    spot = torch.full((1, 1, 33, 33), 0.5)
    spot[..., 16, 16] = 0.6
    pixels = Pixels(1, (1, 33, 33), (0.5,), noise())
    pixels.begin_at(spot)
    pixels.blur(2.0)
    at = torch.arange(33) - 16.0
    line = torch.exp(-(at**2) / 8)
    expected = 0.5 + 0.1 * torch.outer(line, line) / line.sum() ** 2
    torch.testing.assert_close(pixels.images()[0, 0], expected, atol=1e-4, rtol=0)
    waves = Waves(1, (1, 33, 33), (0.5,), noise())
    waves.begin_at(spot)
    waves.blur(2.0)
    torch.testing.assert_close(
        waves.images()[0, 0], expected, atol=2e-3, rtol=0
    )  # blurred before the logistic function


def test_the_distance_to_natural_statistics_is_that_by_hand(toys):
    net = toys.small()
    real = torch.rand((7, 1, 12, 10), generator=noise())
    grown = torch.rand((2, 1, 12, 10), generator=noise(1))
    natural = Natural(net, real, layers=("0",))

    def moments(images):
        with torch.no_grad():
            maps = net.module[0]((images - 0.5) / 0.25).flatten(2)
        return torch.cat([maps.mean(2), (maps.var(2, correction=0) + 1e-8).sqrt()], 1)

    of_real = moments(real)
    expected = (((moments(grown) - of_real.mean(0)) / of_real.std(0, correction=0)) ** 2).mean(1)
    torch.testing.assert_close(natural.distance(grown), expected, rtol=1e-4, atol=1e-4)
    assert natural.distance(real).mean().item() == pytest.approx(1, rel=1e-3)


def test_a_price_for_natural_statistics_brings_images_nearer_to_them(toys):
    net = toys.small()
    real = toys.images(6) * 0.3
    natural = Natural(net, real * 0.25 + 0.5)
    free, held = (
        class_images(net, real=real, prior=Prior(views=1, natural=price), steps=25, twins=0) for price in (0.0, 3.0)
    )
    with torch.no_grad():
        distances = [float(natural.distance(torch.tensor(one.images)).mean()) for one in (free, held)]
    assert distances[1] < distances[0]


def test_ranks_count_what_is_as_high():
    answered = torch.tensor([[0.3, 0.5, 0.1], [0.2, 0.2, 0.1]])
    assert ranks(answered, [0, 1]) == (2, 2)
    assert ranks(answered, [1, 2]) == (1, 3)


def test_class_images_tell_score_rank_and_what_another_network_says(toys):
    net, judge = toys.small(), toys.small(seed=3, shape=(1, 10, 12))
    grown = class_images(net, judge=judge, steps=5, twins=1)
    inputs = (torch.tensor(grown.images) - 0.5) / 0.25
    with torch.no_grad():
        answered = net.module.eval()(inputs)
        resized = torch.nn.functional.interpolate(
            torch.tensor(grown.images), size=(10, 12), mode="bilinear", antialias=True
        )
        other = judge.module.eval()((resized - 0.5) / 0.25).softmax(1)
    np.testing.assert_allclose(grown.score, answered.diagonal(), atol=1e-5)
    assert grown.rank == tuple(1 + int((row > row[k]).sum()) for k, row in enumerate(answered))
    assert grown.judge_rank == tuple(1 + int((row > row[k]).sum()) for k, row in enumerate(other))
    np.testing.assert_allclose(grown.judge_probability, other.diagonal(), atol=1e-5)
    assert grown.twin.shape == (1, 1, 12, 10)


def test_natural_scores_are_means_over_images_the_network_gives_to_the_class(toys):
    net, real = toys.small(), toys.images(12)
    grown = class_images(net, real=real, steps=1, twins=0)
    with torch.no_grad():
        answered = net.module.eval()(real)
    for unit, found in enumerate(grown.natural_score):
        own = answered[answered.argmax(1) == unit, unit]
        assert found is None if not len(own) else found == pytest.approx(float(own.mean()), abs=1e-5)


def test_a_judge_with_other_outputs_is_refused(toys):
    with pytest.raises(InputError, match="a judge must have the outputs"):
        class_images(toys.small(), judge=toys.small(outputs=4), steps=1)
    with pytest.raises(ShapeError, match="a judge must read 1 channels"):
        class_images(toys.small(), judge=toys.small(shape=(3, 12, 10)), steps=1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"l2": -1.0},
        {"blur_px": math.nan},
        {"scale": 1.0},
        {"sides": ()},
        {"sides": (1.0, 0.5)},
        {"sides": (0.5,)},
        {"decorrelated": True, "waves": False},
    ],
)
def test_a_prior_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(InputError):
        Prior(**wrong)
