"""Convolutions and fully connected layers taken apart, against torch's unfold and against the modules' own values."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from striate.errors import InputError, ShapeError, UnknownNameError
from striate.explain import neuron

GRID = [
    # kernel, stride, padding, dilation, groups
    ((3, 3), (1, 1), (1, 1), (1, 1), 1),
    ((2, 4), (2, 1), (1, 0), (1, 1), 1),
    ((3, 2), (1, 3), (2, 1), (2, 1), 2),
    ((1, 1), (2, 2), (0, 0), (1, 1), 1),
    ((3, 3), (2, 2), (2, 2), (2, 3), 4),
    ((5, 1), (3, 1), (0, 0), (1, 1), 2),
]


def every_part(found):
    """Return products by (channel, tap), in the order of channels."""
    parts = sorted(found.parts, key=lambda part: part.channel)
    return np.array([part.channel for part in parts]), np.array([part.product for part in parts]), parts


@pytest.mark.parametrize("how", GRID)
def test_windows_of_a_convolution_are_torchs_unfolded(made, image, headed, asking, how):
    kernel, stride, padding, dilation, groups = how
    conv = nn.Conv2d(4, 8, kernel, stride, padding, dilation, groups)
    network, picture = made(headed(conv, 8), (4, 11, 9)), image(4, 11, 9)
    with torch.no_grad():
        out = conv(picture[None])[0]
        columns = functional.unfold(picture[None], kernel, dilation, padding, stride)[0]
    columns = columns.reshape(4, -1, *out.shape[1:])
    each, ask = 4 // groups, asking(network, picture)
    for unit, y, x in itertools.product((0, 5, 7), (0, out.shape[1] - 1), (0, out.shape[2] // 2)):
        group = unit // (8 // groups)
        mine = range(group * each, (group + 1) * each)
        found = ask("body", unit, (y, x))
        channels, products, parts = every_part(found)

        assert channels.tolist() == list(mine)
        assert {part.window for part in parts} == {kernel}
        windows = columns[list(mine), :, y, x].numpy()
        np.testing.assert_allclose([part.input for part in parts], windows, rtol=1e-6)
        weights = conv.weight[unit].detach().reshape(each, -1).numpy()
        np.testing.assert_allclose([part.weight for part in parts], weights, rtol=1e-6)
        np.testing.assert_allclose(products, windows * weights, rtol=1e-5, atol=1e-7)
        assert found.before == found.value == float(out[unit, y, x])
        assert found.total == pytest.approx(float(out[unit, y, x]), abs=1e-5)
        assert found.bias == pytest.approx(float(conv.bias[unit]))
        assert found.adds_up
        assert bool(found.absent) == (groups > 1)


def test_places_of_a_window_are_those_of_the_map(made, image, headed):
    picture = image(2, 6, 5)
    network = made(headed(nn.Conv2d(2, 3, 3, 2, 1), 3), (2, 6, 5))
    found = neuron(network, picture, layer="body", channel=1, at=(0, 2))
    [part, _] = sorted(found.parts, key=lambda part: part.channel)

    # Rows −1, 0, 1 and columns 3, 4, 5 of a map of 6 × 5.
    assert part.places == (-1, -1, -1, 3, 4, -1, 8, 9, -1)
    for place, value in zip(part.places, part.input, strict=True):
        assert value == (float(picture[part.channel].flatten()[place]) if place >= 0 else 0.0)


@pytest.mark.parametrize("axes", [1, 3])
def test_signals_and_volumes_are_taken_apart_too(made, image, headed, asking, axes):
    kind = {1: nn.Conv1d, 3: nn.Conv3d}[axes]
    conv = kind(2, 4, (3, 2, 2)[:axes], (2, 1, 1)[:axes], (1, 1, 0)[:axes], groups=2)
    shape = (2, 7, 5, 4)[: axes + 1]
    network, picture = made(headed(conv, 4), shape), image(*shape)
    with torch.no_grad():
        out = conv(picture[None])[0]
    ask = asking(network, picture)
    for flat in range(0, out[3].numel(), 3):
        at = tuple(int(n) for n in np.unravel_index(flat, out.shape[1:]))
        found = ask("body", 3, at)

        assert found.total == pytest.approx(float(out[3].flatten()[flat]), abs=1e-5)
        assert [part.channel for part in found.parts] == [1]
        assert found.parts[0].window == (3, 2, 2)[:axes]


@pytest.mark.parametrize("how", [(1, 0, 0, 1), (2, 1, 1, 1), (3, 1, 0, 2)])
def test_transposed_convolutions_add_up(made, image, headed, asking, how):
    stride, padding, extra, groups = how
    conv = nn.ConvTranspose2d(4, 6, 3, stride, padding, extra, groups)
    network, picture = made(headed(conv, 6), (4, 4, 5)), image(4, 4, 5)
    with torch.no_grad():
        out = conv(picture[None])[0]
    ask = asking(network, picture)
    for unit, y, x in itertools.product((0, 5), range(out.shape[1]), (0, 3)):
        found = ask("body", unit, (y, x))

        assert found.kind == "sum"
        assert found.total == pytest.approx(float(out[unit, y, x]), abs=1e-5)
        assert len(found.parts) == 4 // groups


def test_batch_normalisation_is_folded_in_and_the_activation_told(made, image, headed, heard, asking):
    body = nn.Sequential(nn.Conv2d(3, 5, 3, padding=1, bias=False), nn.BatchNorm2d(5), nn.ReLU(inplace=True))
    network, picture = made(headed(body, 5), (3, 6, 6)), image(3, 6, 6)
    read = heard(network, picture)
    normed, rectified = read["body.1"][1][0], read["body.2"][1][0]
    said, ask = set(), asking(network, picture)
    for unit, y in itertools.product(range(5), range(6)):
        found = ask("body.0", unit, (y, 2))
        norm = body[1]
        scale = float(norm.weight[unit] / (norm.running_var[unit] + norm.eps).sqrt())

        assert found.before == float(normed[unit, y, 2])
        assert found.value == float(rectified[unit, y, 2])
        assert found.total == pytest.approx(found.before, abs=1e-5)
        assert found.adds_up
        for part in found.parts:
            weight = body[0].weight[unit, part.channel].detach().flatten().double() * scale
            np.testing.assert_allclose(part.weight, weight, rtol=1e-5)
        assert ("lets it pass" in found.did) == (found.before > 0)
        said.add(found.did)
    assert said == {"after ReLU, which lets it pass", "after ReLU, which sets it to 0"}


def test_a_fully_connected_layer_reads_the_map_that_was_flattened(made, image, heard, asking):
    body = nn.Sequential(
        nn.Conv2d(1, 4, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(4 * 3 * 2, 6),
        nn.GELU(),
    )
    network, picture = made(nn.Sequential(body, nn.Linear(6, 2)), (1, 8, 6)), image(1, 8, 6)
    read = heard(network, picture)
    pooled, out = read["0.2"][1][0], read["0.5"][1][0]
    ask = asking(network, picture)
    for unit in range(6):
        found = ask("0.5", unit)
        weights = body[5].weight[unit].detach().reshape(4, 3, 2)

        assert found.before == float(out[unit])
        assert found.value == float(functional.gelu(out)[unit])
        assert "GELU, which turns" in found.did
        assert found.total == pytest.approx(float(out[unit]), abs=1e-5)
        for part in found.parts:
            assert (part.layer, part.window, part.places) == ("0.2", (3, 2), tuple(range(6)))
            np.testing.assert_array_equal(part.input, pooled[part.channel].flatten().double())
            np.testing.assert_array_equal(part.weight, weights[part.channel].flatten().double())


def test_features_are_led_back_through_permuting_and_viewing(made, image):
    class Permuted(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.fc = nn.Conv2d(2, 3, 3), nn.Linear(3 * 4 * 2, 2)

        def forward(self, x):
            x = self.conv(x).permute(0, 3, 2, 1)
            return self.fc(x.reshape(len(x), -1))

    network, picture = made(Permuted(), (2, 6, 4)), image(2, 6, 4)
    found = neuron(network, picture, layer="fc", channel=1)
    weights = network.module.fc.weight[1].detach().reshape(2, 4, 3)
    with torch.no_grad():
        maps, score = network.module.conv(picture[None])[0], network.module(picture[None])[0, 1]

    assert found.total == pytest.approx(float(score), abs=1e-5)
    for part in found.parts:
        assert part.layer == "conv"
        np.testing.assert_array_equal(part.input, maps[part.channel].flatten().double())
        # Columns came first in what was flattened.
        np.testing.assert_array_equal(part.weight, weights[:, :, part.channel].T.flatten().double())


def test_shuffled_channels_keep_their_own_numbers(made, image, headed):
    class Shuffled(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two = nn.Conv2d(2, 6, 1), nn.Conv2d(6, 4, 3, groups=2)

        def forward(self, x):
            x = self.one(x)
            x = x.view(len(x), 2, 3, *x.shape[2:]).transpose(1, 2).flatten(1, 2)
            return self.two(x)

    network, picture = made(headed(Shuffled(), 4), (2, 5, 5)), image(2, 5, 5)
    found = neuron(network, picture, layer="body.two", channel=3, at=(1, 2))
    with torch.no_grad():
        value = network.module.body(picture[None])[0, 3, 1, 2]
        maps = network.module.body.one(picture[None])[0]

    # Channels 3, 4, 5 after the shuffle were 4, 2, 5 before: 0, 3, 1, 4, 2, 5.
    assert sorted(part.channel for part in found.parts) == [2, 4, 5]
    assert found.total == pytest.approx(float(value), abs=1e-5)
    for part in found.parts:
        np.testing.assert_array_equal(part.input, maps[part.channel, 1:4, 2:5].flatten().double())


@pytest.mark.parametrize("by", ["contribution", "weight", "gradient"])
def test_parts_come_strongest_first_and_the_others_are_added_up(made, image, by):
    network = made(nn.Sequential(nn.Conv2d(6, 4, 3), nn.Flatten(), nn.Linear(36, 3)), (6, 5, 5))
    picture = image(6, 5, 5)
    whole = neuron(network, picture, layer="0", channel=2, at=(1, 1), by=by, about=1, top=6)
    few = neuron(network, picture, layer="0", channel=2, at=(1, 1), by=by, about=1, top=2)
    leaf = picture[None].clone().requires_grad_()
    [slope] = torch.autograd.grad(network.module(leaf)[0, 1], [leaf])
    key = {"contribution": "number", "weight": "strength", "gradient": "gradient"}[by]
    sizes = [abs(getattr(part, key)) for part in whole.parts]

    assert sizes == sorted(sizes, reverse=True)
    assert (whole.others, few.others, len(few.parts)) == (0, 4, 2)
    assert few.parts == whole.parts[:2]
    assert few.others_number == pytest.approx(sum(part.number for part in whole.parts[2:]))
    for part in whole.parts:
        assert part.gradient == pytest.approx(float(slope[0, part.channel, 1:4, 1:4].sum()), rel=1e-4, abs=1e-7)
        assert part.strength == pytest.approx(sum(map(abs, part.weight)))


def test_what_is_not_there_is_refused_in_one_line(made, image, headed):
    network, picture = made(headed(nn.Conv2d(1, 3, 3), 3), (1, 5, 5)), image(1, 5, 5)

    with pytest.raises(UnknownNameError, match="layer"):
        neuron(network, picture, layer="bdy", channel=0)
    with pytest.raises(InputError, match=r"channel must be 0 … 2; got 3"):
        neuron(network, picture, layer="body", channel=3, at=(0, 0))
    with pytest.raises(InputError, match=r"map of 3×3; got \(3, 0\)"):
        neuron(network, picture, layer="body", channel=0, at=(3, 0))
    with pytest.raises(InputError, match="output's number must be 0 … 1"):
        neuron(network, picture, layer="body", channel=0, at=(0, 0), about=2)
    with pytest.raises(UnknownNameError, match="contribution"):
        neuron(network, picture, layer="body", channel=0, at=(0, 0), by="strength")
    with pytest.raises(ShapeError, match="image must be one"):
        neuron(network, picture[None], layer="body", channel=0, at=(0, 0))
