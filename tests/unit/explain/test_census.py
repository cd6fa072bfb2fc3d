import copy
import dataclasses

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

from striate.blueprint import Blueprint
from striate.data import prepare
from striate.errors import InputError
from striate.explain import located, occlusion, occlusion_census, saliency, saliency_census
from striate.explain.objects import object_mask, share_on
from striate.explain.ranks import rank_correlation
from striate.explain.saliency_census import random_last_layers
from striate.nets import from_blueprint, load_network


class Corner(nn.Module):
    """Answers 7 while the first pixel is background, else 0: it reads nothing of the digit."""

    def forward(self, x):
        dark = (x[:, 0, 0, 0] < 0).float()
        return nn.functional.one_hot(torch.full((len(x),), 7), 10) * dark[:, None] + 0.5 * nn.functional.one_hot(
            torch.zeros(len(x), dtype=torch.int64), 10
        )


@pytest.fixture
def corner(toys):
    return toys.network(Corner(), (1, 28, 28), "0123456789")


@pytest.fixture(scope="module")
def sevens(digits):
    return [index for index, sample in enumerate(digits.samples) if sample.target == 7][:5]


def test_a_network_that_reads_a_corner_is_changed_by_squares_off_the_object(corner, digits, sevens):
    census = occlusion_census(corner, digits, sevens, window_px=7, stride_px=7, fill=1.0)
    assert census.images == 5
    assert census.off_squares + census.on_squares == 5 * 16
    assert (census.off_changed, census.on_changed) == (5, 0)


def test_images_answered_wrong_are_not_counted(corner, digits, sevens):
    threes = [index for index, sample in enumerate(digits.samples) if sample.target == 3][:4]
    census = occlusion_census(corner, digits, [*threes, *sevens], window_px=14, stride_px=14, fill=1.0)
    assert (census.images, census.off_squares + census.on_squares) == (5, 20)


def test_a_square_is_on_the_object_if_it_covers_any_of_it(corner, digits, sevens):
    index = sevens[0]
    mask = object_mask(digits, index, corner.preprocessing)
    census = occlusion_census(corner, digits, [index], window_px=5, stride_px=4)
    on = sum(bool(mask[y : y + 5, x : x + 5].any()) for y in range(0, 28, 4) for x in range(0, 28, 4))
    assert (census.on_squares, census.off_squares) == (on, 49 - on)


def test_no_images_make_an_empty_census(corner, digits):
    census = occlusion_census(corner, digits, [], window_px=7, stride_px=7)
    assert (census.images, census.on_squares, census.off_squares) == (0, 0, 0)


def test_values_have_no_census_of_answers(toys, digits):
    with pytest.raises(InputError):
        occlusion_census(toys.small(kind="values"), digits, [0], window_px=7, stride_px=7)


def test_located_records_name_the_sample_and_the_share_on_the_object(toys, digits):
    weights = np.zeros((10, 784), dtype=np.float32)
    weights[:] = 1.0
    net = toys.network(toys.Sum(weights), (1, 28, 28), "0123456789")
    images = torch.stack([prepare(digits.read(i), net.preprocessing) for i in (40, 90)])
    gradients = located(saliency(net, images, torch.tensor([1, 2])), net, digits, (40, 90))
    squares = located(occlusion(net, images, window_px=14, stride_px=14), net, digits, (40, 90))
    assert [record.sample for record in gradients] == [40, 90] == [record.sample for record in squares]
    for record in gradients:  # The gradient is 1 everywhere: its share is the object's share of the image.
        assert record.share_on_object == pytest.approx(record.foreground.mean())


def test_the_mask_of_the_object_is_scaled_as_the_image_is(toys, digits):
    how = dataclasses.replace(toys.small().preprocessing, shape=(1, 56, 56))
    large, plain = (
        object_mask(digits, 3, how),
        object_mask(digits, 3, dataclasses.replace(how, shape=(1, 28, 28))),
    )
    assert large.shape == (56, 56)
    assert large.mean() == pytest.approx(plain.mean(), rel=0.1)


def test_a_gradient_of_zero_has_no_share():
    assert share_on(np.array([[True, False]]), np.zeros((1, 1, 2))) is None


def test_chance_is_the_mean_share_that_objects_cover(toys, digits):
    net = toys.network(toys.Sum(np.ones((10, 784))), (1, 28, 28), "0123456789")
    census = saliency_census(net, digits, (5, 700, 1400))
    covered = [object_mask(digits, i, net.preprocessing).mean() for i in (5, 700, 1400)]
    assert census.images == 3
    assert census.chance == pytest.approx(np.mean(covered))
    np.testing.assert_allclose(census.shares, covered, rtol=1e-6)


def test_a_linear_networks_map_is_forgotten_with_its_only_layer(toys, digits):
    random = np.random.default_rng(0).normal(size=(10, 784))
    net = toys.network(toys.Sum(random), (1, 28, 28), "0123456789")
    assert abs(saliency_census(net, digits, tuple(range(0, 5000, 500))).random_correlation) < 0.1


def test_a_map_that_no_layer_shapes_stays_the_same(toys, digits):
    class Masked(nn.Module):  # Only the middle is read, and every class reads it alike.
        def __init__(self):
            super().__init__()
            self.last = nn.Linear(1, 10)

        def forward(self, x):
            return self.last((x[:, 0] * torch.linspace(-1, 1, 28)).sum((1, 2))[:, None])

    net = toys.network(Masked(), (1, 28, 28), "0123456789")
    assert saliency_census(net, digits, (0, 1, 2)).random_correlation == pytest.approx(1)


def test_the_layer_drawn_anew_is_the_last_that_runs_not_the_last_declared(toys):
    class Backwards(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(8, 3)
            self.conv = nn.Conv2d(1, 8, 12)

        def forward(self, x):
            return self.head(self.conv(x).flatten(1))

    anew = random_last_layers(toys.network(Backwards(), (1, 12, 12), "abc"), seed=0)
    assert set(anew) == {"head.weight", "head.bias"}
    assert anew["head.bias"].tolist() == [0, 0, 0]


def test_a_network_without_weights_is_refused(toys, digits):
    net = toys.network(nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), (1, 28, 28), "a")
    with pytest.raises(InputError, match="weights"):
        saliency_census(net, digits, (0,))


@pytest.mark.parametrize("case", range(5))
def test_rank_correlation_with_ties_equals_scipys(case):
    one, other = np.random.default_rng(case).integers(0, 6, (2, 40)).astype(float)
    assert rank_correlation(one, other) == pytest.approx(spearmanr(one, other).statistic)


def test_a_constant_has_no_rank_correlation():
    assert rank_correlation(np.ones(4), np.arange(4.0)) == 0


def test_more_layers_are_drawn_anew_from_the_last_and_normalisation_stays(toys):
    net = toys.small()
    assert set(random_last_layers(net, depth=1, seed=0)) == {"6.weight", "6.bias"}
    assert set(random_last_layers(net, depth=None, seed=0)) == {"0.weight", "0.bias", "6.weight", "6.bias"}


def test_the_deeper_the_layers_drawn_anew_the_less_is_left_of_the_map(small_run, digits):
    net = load_network(small_run)
    one, every = (saliency_census(net, digits, tuple(range(0, 5000, 200)), depth=depth) for depth in (1, None))
    assert every.random_correlation < one.random_correlation
    assert every.random_correlation < 0.4


def test_a_depth_of_none_at_all_is_refused(toys):
    with pytest.raises(InputError, match="depth"):
        random_last_layers(toys.small(), depth=0, seed=0)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_network_in_half_precision_has_the_census_of_its_copy_in_float32(digits, dtype):
    network = from_blueprint(Blueprint.from_text("input 1x28x28; conv 5x5 4, batchnorm, relu; classes 10"))
    coarse = dataclasses.replace(network, module=network.module.to(dtype))
    whole = dataclasses.replace(network, module=copy.deepcopy(network.module).float())

    found, expected = (saliency_census(one, digits, range(0, 5000, 500)) for one in (coarse, whole))

    assert found.images == 10
    assert found.random_correlation == pytest.approx(expected.random_correlation, abs=0.05)
    assert found.shares == pytest.approx(expected.shares, abs=0.01)
    assert next(coarse.module.parameters()).dtype == dtype
