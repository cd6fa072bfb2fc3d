import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

from striate.data import prepare
from striate.errors import InputError, ShapeError, UnknownNameError
from striate.explain import (
    agreement,
    energy_on_object,
    enlarged,
    gradient,
    guided_backprop,
    pixel_curves,
    pointing_hit,
    randomised_layers,
)
from striate.explain.saliency import pixel_curve, pixel_order
from striate.nets import load_network


def maps(count, sides=(6, 7), channels=2):
    return np.random.default_rng(3).normal(size=(count, channels, *sides))


def test_agreement_is_scipys_rank_correlation_of_summed_magnitudes():
    one, other, third = maps(3)
    found = agreement({"a": one, "b": other, "c": third})
    assert found.methods == ("a", "b", "c")
    for row, left in enumerate((one, other, third)):
        for column, right in enumerate((one, other, third)):
            expected = spearmanr(abs(left).sum(0).ravel(), abs(right).sum(0).ravel()).statistic
            assert found.correlations[row, column] == pytest.approx(expected, abs=1e-6)


def test_chance_is_what_all_shifts_give():
    one, other = maps(2, (5, 4))
    found = agreement({"a": one, "b": other})
    left, right = abs(one).sum(0), abs(other).sum(0)
    shifted = [
        spearmanr(left.ravel(), np.roll(right, (y, x), (0, 1)).ravel()).statistic
        for y in range(5)
        for x in range(4)
        if (y, x) != (0, 0)
    ]
    assert found.chance[0, 1] == pytest.approx(np.quantile(shifted, 0.95), abs=1e-6)


def test_smooth_maps_agree_more_by_chance_than_grainy_ones():
    grain = np.random.default_rng(0).normal(size=(2, 1, 32, 32)) ** 2
    smooth = np.stack([enlarged(each[:, ::8, ::8], (32, 32)) for each in grain])
    rough, soft = (agreement({"a": a, "b": b}).chance[0, 1] for a, b in (grain, smooth))
    assert soft > 3 * rough


def test_a_constant_map_agrees_with_nothing():
    found = agreement({"a": np.ones((1, 4, 4)), "b": maps(1, (4, 4))[0]})
    assert found.correlations[0].tolist() == [0, 0]


def test_maps_that_cannot_be_compared_are_refused():
    with pytest.raises(InputError, match="two maps"):
        agreement({"a": np.ones((1, 2, 2))})
    with pytest.raises(ShapeError, match=r"a 2×2, b 3×2"):
        agreement({"a": np.ones((1, 2, 2)), "b": np.ones((1, 3, 2))})
    with pytest.raises(InputError, match="finite"):
        agreement({"a": np.full((1, 2, 2), np.nan), "b": np.ones((1, 2, 2))})


# The exact cases of torch-cam's tests, trapezes; the last two with 25 pixels in steps of 13.
@pytest.mark.parametrize(
    ("way", "shares", "values", "area"),
    [
        ("deletion", [0, 0.5, 1], [1, 0.3, 0], 0.4),
        ("insertion", [0, 0.5, 1], [0, 0.7, 1], 0.6),
        ("deletion", [0, 0.52, 1], [1, 0.3, 0], 0.41),
        ("insertion", [0, 0.52, 1], [0, 0.7, 1], 0.59),
    ],
)
def test_the_area_under_a_curve(way, shares, values, area):
    assert pixel_curve(way, shares, np.array(values)).area == pytest.approx(area)


def test_a_curve_with_a_probability_missing_is_refused():
    with pytest.raises(ShapeError):
        pixel_curve("deletion", [0, 0.5, 1], np.array([1, 0.3]))


def test_pixels_go_from_the_largest_signed_value_to_the_smallest():
    assert pixel_order(np.array([[[1.0, -9.0]], [[1.0, 2.0]]])).tolist() == [0, 1]


def test_deletion_and_insertion_of_a_sum_can_be_had_by_hand(toys):
    net = toys.network(toys.Sum([[4.0, 3.0, 2.0, 1.0]]), (1, 2, 2), "a", kind="values")
    image = torch.ones(1, 1, 2, 2)
    [both] = pixel_curves(net, image, gradient(net, image), steps=4)
    deletion, insertion = both.deletion, both.insertion
    assert deletion.probabilities.tolist() == [10, 6, 3, 1, 0]
    assert insertion.probabilities.tolist() == [0, 4, 7, 9, 10]
    assert (deletion.way, insertion.way) == ("deletion", "insertion")
    over = pixel_curves(net, image, gradient(net, image), steps=3, baseline=2.0)[0].deletion
    # Four pixels in three parts: 1, 3 and 4 of them.
    assert over.shares.tolist() == [0, 0.25, 0.75, 1]
    assert over.probabilities.tolist() == [10, 14, 19, 20]


def test_curves_of_other_images_are_refused(toys):
    net, images = toys.small(), toys.images(2)
    with pytest.raises(ShapeError, match="1 of 2"):
        pixel_curves(net, images, gradient(net, images[:1]))


MASK = np.zeros((5, 6), dtype=bool)
MASK[1:3, 1:3] = True


@pytest.mark.parametrize(
    ("place", "tolerance", "hit"), [((1, 1), 0, True), ((0, 1), 0, False), ((0, 1), 1, True), ((4, 5), 3, False)]
)
def test_the_pointing_game(place, tolerance, hit):
    values = np.full((2, 5, 6), -1.0)
    values[:, *place] = 1.0
    assert pointing_hit(values, MASK, tolerance_px=tolerance) is hit


def test_energy_counts_what_is_above_zero():
    values = np.full((1, 5, 6), -2.0)
    assert energy_on_object(values, MASK) is None
    values[0, 1, 1], values[0, 4, 4] = 3, 1
    assert energy_on_object(values, MASK) == 0.75
    assert energy_on_object(np.ones((1, 5, 6)), MASK) == pytest.approx(4 / 30)
    assert energy_on_object(np.ones((1, 5, 6)), np.ones((5, 6), bool)) == 1


def test_a_mask_of_another_size_or_an_empty_one_is_refused():
    with pytest.raises(ShapeError, match=r"5×6; got 5×5"):
        energy_on_object(np.ones((1, 5, 6)), np.ones((5, 5), bool))
    with pytest.raises(InputError, match="cover something"):
        pointing_hit(np.ones((1, 5, 6)), np.zeros((5, 6), bool))


@pytest.mark.parametrize("sides", [(9,), (7, 10), (5, 6, 8)])
def test_enlarging_equals_torch_and_keeps_the_sign(sides):
    values = np.random.default_rng(1).normal(size=(2, *[(side + 1) // 2 for side in sides])).astype(np.float32)
    found = enlarged(values, sides)
    assert found.shape == (2, *sides)
    assert found.min() >= values.min()
    assert found.max() <= values.max()
    np.testing.assert_array_equal(enlarged(values, values.shape[1:]), values)


def test_a_linear_networks_map_is_forgotten_with_its_only_layer(toys):
    random = np.random.default_rng(0).normal(size=(3, 900))
    net = toys.network(toys.Sum(random), (1, 30, 30), "abc")
    found = randomised_layers(net, toys.images(3, (1, 30, 30)), by="gradient")
    assert (found.depths, found.correlations.shape) == ((1,), (1, 3))
    # Of 900 independent values the correlation has standard error 1/30.
    assert abs(found.correlations).max() < 0.15
    assert found.chance.max() < 0.1


def test_layers_go_from_the_last_and_the_same_unit_is_asked(toys):
    net = toys.small()
    before = {key: value.clone() for key, value in net.module.state_dict().items()}
    found = randomised_layers(net, toys.images(2), seed=4)
    assert found.layers == ("6", "0")
    assert found.depths == (1, 2)
    assert all(torch.equal(value, before[key]) for key, value in net.module.state_dict().items())
    # By hand: the last layer drawn from the same seed.
    generator = torch.Generator().manual_seed(4)
    weight = net.module[6].weight
    other = toys.small()
    with torch.no_grad():
        other.module[6].weight.normal_(0, (2 / weight.shape[1]) ** 0.5, generator=generator)
        other.module[6].bias.zero_()
    units = torch.tensor([record.targets[0] for record in gradient(net, toys.images(2))])
    learned, drawn = (gradient(each, toys.images(2), units) for each in (net, other))
    for row in range(2):
        pair = (abs(record.maps[0]).sum(0).ravel() for record in (learned[row], drawn[row]))
        assert found.correlations[0, row] == pytest.approx(spearmanr(*pair).statistic, abs=1e-5)


def test_on_real_digits_gradients_forget_and_guided_backpropagation_does_not(small_run, digits):
    # The fact of Adebayo et al. and of Nie et al.
    net = load_network(small_run)
    images = torch.stack([prepare(digits.read(i), net.preprocessing) for i in range(0, 5000, 500)])
    plain, guided = (randomised_layers(net, images, by=name) for name in ("gradient", "guided_backprop"))
    assert plain.layers[-1] == guided.layers[-1] == "conv1"
    assert (guided.correlations[-1] > plain.correlations[-1]).mean() >= 0.8


@pytest.mark.parametrize(
    ("settings", "error"),
    [({"by": "lime"}, UnknownNameError), ({"depths": [3]}, InputError), ({"depths": []}, InputError)],
)
def test_what_cannot_be_drawn_anew_is_refused(settings, error, toys):
    with pytest.raises(error):
        randomised_layers(toys.small(), toys.images(1), **settings)


def test_two_units_an_image_are_refused(toys):
    with pytest.raises(ShapeError):
        randomised_layers(toys.small(), toys.images(2), torch.tensor([[0, 1], [1, 2]]))


def test_settings_reach_the_method(toys):
    net, images = toys.small(), toys.images(1)
    one, other = (
        randomised_layers(net, images, by="smooth_grad", settings={"samples": 2, "seed": seed}).correlations
        for seed in (0, 1)
    )
    assert not np.array_equal(one, other)


def test_a_module_that_is_used_twice_is_drawn_once(toys):
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.fc = nn.Conv2d(2, 2, 3, padding=1), nn.Linear(2, 2)

        def forward(self, x):
            return self.fc(self.conv(self.conv(x)).mean((2, 3)))

    net = toys.network(Twice(), (2, 6, 6), "ab")
    found = randomised_layers(net, toys.images(1, (2, 6, 6)), by="guided_backprop")
    assert found.layers[0] == "fc"
    assert guided_backprop(net, toys.images(1, (2, 6, 6)))[0].notes == (
        "The network has no ReLU: this is the ordinary gradient.",
    )
