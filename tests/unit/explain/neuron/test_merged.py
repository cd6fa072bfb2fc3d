"""Poolings and merges taken apart, and operations that are no sum, against the modules' own values."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from striate.explain import neuron


@pytest.mark.parametrize(
    "pool", [nn.MaxPool2d(2), nn.MaxPool2d(3, 2, 1), nn.MaxPool2d(2, 1, dilation=2), nn.MaxPool2d(3, 2, ceil_mode=True)]
)
def test_the_winner_of_a_max_pooling_is_torchs(made, image, headed, asking, pool):
    # Few values, so that ties are frequent; all negative in one channel, so that padding would win if it were a zero.
    picture = image(2, 7, 6).mul(2).round()
    picture[1] = -picture[1].abs() - 1
    network = made(headed(pool, 2), (2, 7, 6))
    out, places = functional.max_pool2d(
        picture, pool.kernel_size, pool.stride, pool.padding, pool.dilation, pool.ceil_mode, return_indices=True
    )
    ask = asking(network, picture)
    for channel in (0, 1):
        for y in range(out.shape[1]):
            for x in range(out.shape[2]):
                found = ask("body", channel, (y, x))
                [part] = found.parts

                assert found.kind == "largest"
                assert found.value == found.total == float(out[channel, y, x])
                assert found.adds_up
                assert found.winner[0] * 6 + found.winner[1] == int(places[channel, y, x])
                assert part.weight.count(1.0) == 1
                assert sum(part.weight) == 1
                assert part.places[part.weight.index(1.0)] == int(places[channel, y, x])
                assert (part.channel, len(part.input)) == (channel, np.prod(part.window))
    assert "other channels" in found.absent


@pytest.mark.parametrize(
    "pool",
    [
        nn.AvgPool2d(2),
        nn.AvgPool2d(3, 2, 1),
        nn.AvgPool2d(3, 2, 1, count_include_pad=False),
        nn.AvgPool2d(3, 2, 1, ceil_mode=True),
        nn.AdaptiveAvgPool2d((3, 4)),
    ],
)
def test_a_mean_has_equal_parts(made, image, headed, asking, pool):
    picture = image(2, 7, 6)
    network = made(headed(pool, 2), (2, 7, 6))
    out, ask = pool(picture), asking(network, picture)
    for y in range(out.shape[1]):
        for x in range(out.shape[2]):
            found = ask("body", 1, (y, x))
            [part] = found.parts

            assert found.kind == "mean"
            assert len(set(part.weight)) == 1
            assert found.total == pytest.approx(float(out[1, y, x]), abs=1e-6)
            assert found.adds_up


class Block(nn.Module):
    """A residual sum, a gate, a concatenation: what meets in them is met here."""

    def __init__(self):
        super().__init__()
        self.stem, self.same, self.norm = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(8)
        self.squeeze, self.gate = nn.Conv2d(4, 4, 1), nn.Hardsigmoid()
        self.act, self.last = nn.ReLU6(), nn.Conv2d(8, 3, 1)
        self.fc = nn.Linear(3, 2)

    def forward(self, x):
        x = self.stem(x)
        added = x + self.same(x)
        gated = added * self.gate(self.squeeze(added.mean((2, 3), keepdim=True)))
        joined = self.act(self.norm(torch.cat([gated, x], 1)))
        return self.fc(self.last(joined * 0.5 + 1).amax((2, 3)))


@pytest.fixture
def block(made):
    return made(Block(), (1, 8, 7))


def test_what_meets_is_told_operand_by_operand(block, image, heard, asking):
    picture = image(1, 8, 7)
    ask, read = asking(block, picture), heard(block, picture)
    x, same, gate = (read[name][1][0] for name in ("stem", "same", "gate"))
    for channel, y, z in [(0, 0, 0), (3, 5, 4), (2, 2, 3)]:
        added = ask("add", channel, (y, z))

        assert {(part.layer, part.number) for part in added.parts} == {
            ("stem", float(x[channel, y, z])),
            ("same", float(same[channel, y, z])),
        }
        assert added.total == pytest.approx(float(x[channel, y, z] + same[channel, y, z]), abs=1e-6)

        product = ask("mul", channel, (y, z))
        factors = float(x[channel, y, z] + same[channel, y, z]), float(gate[channel, 0, 0])
        by_layer = {part.layer: part for part in product.parts}
        assert set(by_layer) == {"add", "squeeze"}
        assert by_layer["squeeze"].input == pytest.approx((factors[1],))
        assert [part.number for part in product.parts] == pytest.approx([factors[0] * factors[1] / 2] * 2)
        assert product.total == pytest.approx(factors[0] * factors[1], abs=1e-6)


def test_a_concatenation_comes_from_one_of_them_with_normalisation_folded_in(block, image, heard, asking):
    picture = image(1, 8, 7)
    ask, read = asking(block, picture), heard(block, picture)
    normed, x = read["norm"][1][0], read["stem"][1][0]
    passed = set()
    for channel, y, z in [(n, y, z) for n in range(8) for y in (0, 3) for z in (0, 2)]:
        found = ask("concat", channel, (y, z))
        [part] = found.parts

        assert (part.layer, part.channel) == (("mul", channel) if channel < 4 else ("stem", channel - 4))
        assert found.before == float(normed[channel, y, z])
        assert found.value == min(max(found.before, 0.0), 6.0)
        assert found.total == pytest.approx(found.before, abs=1e-5)
        assert "other value joined here" in found.absent
        if channel >= 4:
            assert part.input == (float(x[channel - 4, y, z]),)
        passed.add("sets it to 0" if found.before < 0 else "lets it pass")
        assert ("sets it to 0" in found.did) == (found.before < 0)
    assert passed == {"sets it to 0", "lets it pass"}


def test_numbers_of_the_code_are_weights_and_bias(block, image, asking):
    ask = asking(block, image(1, 8, 7))
    scaled, shifted = ask("mul_2", 5, (1, 1)), ask("add_2", 5, (1, 1))

    assert scaled.parts[0].weight == (0.5,)
    assert scaled.total == scaled.value
    assert shifted.bias == 1
    assert shifted.total == pytest.approx(shifted.value)


@pytest.mark.parametrize(
    ("activation", "value", "said"),
    [
        (nn.ReLU6(), 7.5, "after ReLU6, which cuts it down to 6.00"),
        (nn.ReLU6(), -1.0, "after ReLU6, which sets it to 0"),
        (nn.ReLU6(), 2.0, "after ReLU6, which lets it pass"),
        (nn.Hardtanh(), -3.0, "after clamp, which cuts it up to −1.00"),
        (nn.Hardswish(), -4.0, "after hard swish, which sets it to 0"),
        (nn.Hardswish(), 4.0, "after hard swish, which lets it pass"),
        # GELU(−1) = −Φ(−1) = −0.1587
        (nn.GELU(), -1.0, "after GELU, which turns −1.00 into −0.159"),
        (nn.Identity(), -1.0, ""),
    ],
)
def test_what_an_activation_did_is_said(made, headed, activation, value, said):
    conv = nn.Conv2d(1, 1, 1, bias=False)
    network = made(headed(nn.Sequential(conv, activation), 1), (1, 2, 2))
    conv.weight.data.fill_(1.0)
    found = neuron(network, torch.full((1, 2, 2), value), layer="body.0", channel=0, at=(0, 1))

    assert found.did == said
    assert found.before == value
    assert found.adds_up


def test_a_value_that_meets_itself_is_one_part(made, image, headed):
    class Doubled(nn.Module):
        def forward(self, x):
            return (x + x) * x

    network, picture = made(headed(nn.Sequential(nn.Conv2d(1, 2, 1), Doubled()), 2), (1, 3, 3)), image(1, 3, 3)
    found = neuron(network, picture, layer="body.1.add", channel=1, at=(1, 1))

    assert [part.weight for part in found.parts] == [(2.0,)]
    assert found.total == pytest.approx(found.value)


def test_what_is_no_sum_says_so(made, image, headed):
    class Softened(nn.Module):
        def forward(self, x):
            return functional.interpolate(x, scale_factor=2, mode="bilinear")

    network, picture = made(headed(nn.Sequential(nn.Conv2d(1, 2, 1), Softened()), 2), (1, 4, 4)), image(1, 4, 4)
    with torch.no_grad():
        out = network.module.body(picture[None])[0]
    found = neuron(network, picture, layer="body.1", channel=1, at=(2, 3))

    assert (found.kind, found.parts) == ("other", ())
    assert found.value == float(out[1, 2, 3])
    assert "no sum that is taken apart" in found.formula
    assert [box.layer for box in found.boxes] == ["body.0", "x"]


def test_boxes_are_what_a_gradient_reaches(made, image, headed):
    body = nn.Sequential(nn.Conv2d(1, 2, 3), nn.MaxPool2d(2), nn.Conv2d(2, 3, (3, 2), padding=1, dilation=2))
    network, picture = made(headed(body, 3), (1, 14, 12)), image(1, 14, 12)
    found = neuron(network, picture, layer="body.2", channel=0, at=(0, 2))
    leaf = torch.zeros(1, 1, 14, 12).requires_grad_()
    # A mean in place of the maximum: every value of a window is read.
    mean = nn.Sequential(body[0], nn.AvgPool2d(2), body[2])
    [slope] = torch.autograd.grad(mean(leaf)[0, 0, 0, 2], [leaf])
    rows, columns = torch.nonzero(slope[0, 0]).T

    assert [box.layer for box in found.boxes] == ["body.1", "body.0", "x"]
    assert found.boxes[-1].spans == (
        (int(rows.min()), int(rows.max()) + 1),
        (int(columns.min()), int(columns.max()) + 1),
    )
