"""The laws of the backward pass against autograd, in double precision, over random settings."""

import random

import pytest
import torch
from torch import nn
from torch.nn import functional

from striate.explain import backward
from striate.explain.laws import check
from striate.explain.laws.convolution import (
    convolution_law,
    input_gradient,
    input_gradient_by_taps,
    transposed_law,
    weight_gradient,
)
from striate.explain.laws.pooling import lp_gradient, windows_of
from striate.records import UnitAt
from striate.trace.backprop import forward

pytestmark = pytest.mark.reference
TOLERANCE = 1e-10
CONVS = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}
TRANSPOSED = {1: functional.conv_transpose1d, 2: functional.conv_transpose2d, 3: functional.conv_transpose3d}
SIDES = {1: 24, 2: 13, 3: 8}


def _drawn(seed, axes):
    """A random convolution: kernel, stride, padding and dilation of their own on every axis, and groups."""
    draw = random.Random(seed)
    groups = draw.choice([1, 1, 2, 3])
    kernel = [draw.randint(1, 4) for _ in range(axes)]
    dilation = [draw.randint(1, 2) for _ in range(axes)]
    return {
        "groups": groups,
        "channels": groups * draw.randint(1, 3),
        "filters": groups * draw.randint(1, 3),
        "kernel": kernel,
        "dilation": dilation,
        "stride": [draw.randint(1, 4) for _ in range(axes)],
        # up to more than the filter reaches: forward then meets nothing but padding at the border
        "padding": [draw.randint(0, (side - 1) * spread + 2) for side, spread in zip(kernel, dilation, strict=True)],
        "size": [SIDES[axes] + draw.randint(-2, 2) for _ in range(axes)],
    }


def _leaves(seed, *shapes):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_() for shape in shapes]


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("seed", range(25))
def test_a_convolution_goes_backward_with_flipped_filters_and_summed_weights(axes, seed):
    drawn = _drawn(seed, axes)
    groups = drawn["groups"]
    shape = (drawn["filters"], drawn["channels"] // groups, *drawn["kernel"])
    read, weight, bias = _leaves(seed, (2, drawn["channels"], *drawn["size"]), shape, shape[:1])
    how = {key: drawn[key] for key in ("stride", "padding", "dilation", "groups")}
    made = CONVS[axes](read, weight, bias, **how)
    [arrived] = _leaves(seed + 1, made.shape)
    arguments = {"input": read.detach(), "weight": weight.detach(), "bias": bias.detach(), **how}

    ours = convolution_law(arguments, arrived.detach(), made.detach())
    theirs = torch.autograd.grad(made, [read, weight, bias], arrived)

    pairs = tuple((pad, pad) for pad in how["padding"])
    by_taps = input_gradient_by_taps(arrived.detach(), weight.detach(), drawn["size"], **{**how, "padding": pairs})
    torch.testing.assert_close(by_taps, theirs[0], rtol=0, atol=TOLERANCE)
    for name, found in zip(("input", "weight", "bias"), theirs, strict=True):
        assert ours[name].shape == found.shape
        torch.testing.assert_close(ours[name], found, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("seed", range(15))
def test_a_transposed_convolution_goes_backward_as_a_convolution(axes, seed):
    drawn = _drawn(seed, axes)
    shape = (drawn["channels"], drawn["filters"] // drawn["groups"], *drawn["kernel"])
    size = [max(2, side // 2) for side in drawn["size"]]
    padding = [min(pad, (side - 1) * spread // 2) for pad, side, spread in zip(drawn["padding"], drawn["kernel"], drawn["dilation"], strict=True)]  # fmt: skip
    extra = [max(0, min(step, spread) - 1) for step, spread in zip(drawn["stride"], drawn["dilation"], strict=True)]
    read, weight = _leaves(seed, (2, drawn["channels"], *size), shape)
    how = {"stride": drawn["stride"], "padding": padding, "dilation": drawn["dilation"], "groups": drawn["groups"]}
    made = TRANSPOSED[axes](read, weight, output_padding=extra, **how)
    [arrived] = _leaves(seed + 1, made.shape)

    ours = transposed_law({"input": read.detach(), "weight": weight.detach(), **how}, arrived.detach(), made.detach())
    theirs = torch.autograd.grad(made, [read, weight], arrived)

    for name, found in zip(("input", "weight"), theirs, strict=True):
        torch.testing.assert_close(ours[name], found, rtol=0, atol=TOLERANCE)


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("kernel", [2, 3, 4])
@pytest.mark.parametrize("dilation", [1, 2])
def test_uneven_padding_of_same_is_brought_back(kernel, dilation):
    read, weight = _leaves(0, (1, 2, 9, 8), (3, 2, kernel, kernel))
    made = functional.conv2d(read, weight, padding="same", dilation=dilation)
    [arrived] = _leaves(1, made.shape)
    how = {"stride": 1, "padding": "same", "dilation": dilation, "groups": 1}

    ours = convolution_law({"input": read.detach(), "weight": weight.detach(), **how}, arrived.detach(), made.detach())
    theirs = torch.autograd.grad(made, [read, weight], arrived)

    torch.testing.assert_close(ours["input"], theirs[0], rtol=0, atol=TOLERANCE)
    torch.testing.assert_close(ours["weight"], theirs[1], rtol=0, atol=TOLERANCE)


def _difference(module, shape, *, mode="eval", values=None, seed=0):
    """The largest difference of the laws over a module's calls, and autograd's gradient at the input."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.randn(shape, generator=generator) if values is None else values
    run = forward(module.train(mode == "train"), images, mode)
    found = []
    for call in run.calls:
        if not call.reads:
            continue  # what only counts
        arrived = torch.randn(call.made[0][1].shape, generator=generator)
        checked = check(call, arrived)
        assert checked is not None, call.operator
        found.append(checked.difference)
    assert found
    return max(found)


MAX_POOLS = [
    (nn.MaxPool1d(3, 2, 1), (2, 3, 17)),
    (nn.MaxPool2d(2), (2, 3, 9, 8)),
    (nn.MaxPool2d(3, 2, 1), (2, 3, 11, 9)),
    (nn.MaxPool2d(3, 1, 1), (2, 3, 7, 7)),
    (nn.MaxPool2d(3, 2, ceil_mode=True), (2, 3, 10, 12)),
    (nn.MaxPool2d((2, 3), (3, 1), (1, 1), dilation=(2, 2)), (2, 3, 13, 12)),
    (nn.MaxPool3d(2, 2, ceil_mode=True), (1, 2, 5, 6, 7)),
    (nn.MaxPool3d(3, 2, 1), (1, 2, 6, 6, 6)),
    (nn.AdaptiveMaxPool1d(4), (1, 2, 11)),
    (nn.AdaptiveMaxPool2d((3, 2)), (1, 2, 7, 5)),
    (nn.AdaptiveMaxPool3d(1), (1, 2, 3, 4, 5)),
]


@pytest.mark.parametrize(("module", "shape"), MAX_POOLS)
@pytest.mark.parametrize("ties", [False, True])
def test_max_pooling_sends_to_the_winner_torch_chose(module, shape, ties):
    generator = torch.Generator().manual_seed(5)
    # Three values only: nearly every window has several largest.
    values = (
        torch.randint(0, 3, shape, generator=generator).float() if ties else torch.randn(shape, generator=generator)
    )

    assert _difference(module, shape, values=values) == 0


AVERAGE_POOLS = [
    (nn.AvgPool1d(3, 2, 1), (2, 3, 17)),
    (nn.AvgPool2d(3, 2, 1), (2, 3, 9, 9)),
    (nn.AvgPool2d(3, 2, 1, count_include_pad=False), (2, 3, 9, 10)),
    (nn.AvgPool2d(3, 2, 1, ceil_mode=True), (2, 3, 10, 10)),
    (nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False), (2, 3, 10, 10)),
    (nn.AvgPool2d(2, 3, divisor_override=7), (2, 3, 9, 9)),
    (nn.AvgPool3d((2, 1, 3), 2, (1, 0, 1), ceil_mode=True), (1, 2, 6, 5, 8)),
    (nn.AdaptiveAvgPool1d(4), (1, 2, 11)),
    (nn.AdaptiveAvgPool2d((3, 4)), (1, 2, 7, 6)),
    (nn.AdaptiveAvgPool3d(1), (1, 2, 3, 4, 5)),
]


@pytest.mark.parametrize(("module", "shape"), AVERAGE_POOLS)
def test_average_pooling_spreads_evenly(module, shape):
    assert _difference(module, shape) < TOLERANCE


@pytest.mark.parametrize("power", [1, 2, 3.5])
def test_lp_pooling_as_a_whole(power):
    generator = torch.Generator().manual_seed(0)
    read = (torch.rand(2, 3, 8, 8, generator=generator, dtype=torch.float64) + 0.1).requires_grad_()
    made = functional.lp_pool2d(read, power, 2)
    arrived = torch.randn(made.shape, generator=generator, dtype=torch.float64)
    arguments = {"self": read.detach(), "kernel_size": 2, "stride": 2, "padding": 0}

    windows = windows_of("lp_pool2d", arguments, made)
    ours = lp_gradient(arrived, read.detach(), made.detach(), power, windows)

    torch.testing.assert_close(ours, torch.autograd.grad(made, read, arrived)[0], rtol=0, atol=TOLERANCE)


def _shaken(module):
    """The module with parameters and statistics that are neither zero nor one."""
    generator = torch.Generator().manual_seed(3)
    for tensor in (*module.parameters(), *module.buffers()):
        if tensor.is_floating_point():
            tensor.data.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)
    return module


NORMS = [
    (lambda: nn.BatchNorm1d(4), (6, 4)),
    (lambda: nn.BatchNorm2d(4), (2, 4, 5, 5)),
    (lambda: nn.BatchNorm2d(4, affine=False), (2, 4, 5, 5)),
    (lambda: nn.BatchNorm2d(4, track_running_stats=False), (2, 4, 5, 5)),
    (lambda: nn.BatchNorm3d(4), (2, 4, 3, 3, 3)),
    (lambda: nn.InstanceNorm2d(4, affine=True), (2, 4, 5, 5)),
    (lambda: nn.GroupNorm(2, 4), (2, 4, 5, 5)),
    (lambda: nn.LayerNorm((4, 5, 5)), (2, 4, 5, 5)),
    (lambda: nn.LayerNorm(5, bias=False), (2, 4, 5)),
]


@pytest.mark.parametrize(("make", "shape"), NORMS)
@pytest.mark.parametrize("mode", ["eval", "train"])
def test_normalisation_with_fixed_and_with_own_statistics(make, shape, mode):
    assert _difference(_shaken(make()), shape, mode=mode) < TOLERANCE


ACTIVATIONS = [
    nn.ReLU(), nn.ReLU6(), nn.LeakyReLU(0.2), nn.ELU(0.7), nn.SELU(), nn.CELU(), nn.GELU(), nn.GELU("tanh"), nn.SiLU(),
    nn.Mish(), nn.Hardswish(), nn.Hardsigmoid(), nn.Sigmoid(), nn.Tanh(), nn.Hardtanh(-0.5, 0.8),
]  # fmt: skip


@pytest.mark.parametrize("module", ACTIVATIONS)
def test_activations_multiply_by_their_slope(module):
    # torch's own slope of it holds 1/6 in single precision
    tolerance = 1e-7 if isinstance(module, nn.Hardsigmoid) else TOLERANCE

    assert _difference(module, (1, 101), values=torch.linspace(-8, 8, 101)[None]) < tolerance


class Joined(nn.Module):
    """Everything that joins, cuts or moves."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(30, 7)
        self.scale = nn.Parameter(torch.full((4, 1, 1), 0.5))

    def forward(self, x):
        whole = torch.cat([x, x * 2, x - self.scale], 1)
        whole = whole + whole.flip(3).roll(1, 2)
        whole = torch.nn.functional.pad(whole, (1, 2, 0, 1)).permute(0, 2, 3, 1)[:, 1:, ::2]
        gate = whole.mean((1, 2), keepdim=True) / 3
        out = (whole * gate).reshape(len(x), -1, 30)
        return self.fc(out).sum(1)


def test_what_joins_cuts_and_moves():
    assert _difference(Joined(), (2, 4, 5, 5)) < TOLERANCE


def test_the_input_gradient_and_the_weight_gradient_by_brute_force():
    # every product by itself: two loops over places, two over taps
    generator = torch.Generator().manual_seed(0)
    arrived = torch.randn(1, 1, 3, 3, generator=generator, dtype=torch.float64)
    read = torch.randn(1, 1, 6, 6, generator=generator, dtype=torch.float64)
    weight = torch.randn(1, 1, 3, 3, generator=generator, dtype=torch.float64)
    at_input, at_weight = torch.zeros(6, 6).double(), torch.zeros(3, 3).double()
    for row in range(3):
        for column in range(3):
            for down in range(3):
                for right in range(3):
                    y, x = 2 * row - 1 + down, 2 * column - 1 + right
                    if 0 <= y < 6 and 0 <= x < 6:
                        at_input[y, x] += arrived[0, 0, row, column] * weight[0, 0, down, right]
                        at_weight[down, right] += arrived[0, 0, row, column] * read[0, 0, y, x]
    how = {"stride": (2, 2), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}

    torch.testing.assert_close(input_gradient(arrived, weight, (6, 6), **how)[0, 0], at_input)
    torch.testing.assert_close(weight_gradient(arrived, read, (3, 3), **how)[0, 0], at_weight)


class ChannelsLast(nn.Module):
    """Layer normalisation over channels, as ConvNeXt has it."""

    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm([4])

    def forward(self, x):
        x = functional.layer_norm(x.permute(0, 2, 3, 1), [4], self.norm.weight, self.norm.bias)
        return x.permute(0, 3, 1, 2)


class Padded(nn.Conv2d):
    def forward(self, x):
        return super().forward(functional.pad(x, (0, 1, 2, 3)))


TOGETHER = [
    (lambda: nn.LPPool2d(3, 2), "part of the power"),
    (lambda: nn.LPPool2d(2, 3, stride=1), "part of the power"),
    (ChannelsLast, "scale less mean"),
    (lambda: Padded(4, 2, 3), "flipped filter"),
]


@pytest.mark.parametrize(("make", "law"), TOGETHER, ids=range(len(TOGETHER)))
def test_calls_that_are_one_row_are_checked_as_a_whole(make, law):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = nn.Sequential(make(), nn.Flatten())
    images = torch.rand(1, 4, 7, 8, generator=torch.Generator().manual_seed(0)) + 0.1
    [seen] = backward(module, images, UnitAt(unit=5), keep=True, look_at="all")
    leaf = images.clone().requires_grad_()
    module(leaf)[0, 5].backward()
    row = seen.rows[1]

    assert row.law == law
    assert row.difference < 1e-10
    torch.testing.assert_close(torch.from_numpy(seen.rows[-1].gradient), leaf.grad, rtol=1e-4, atol=1e-7)
    # what reads the input is the row, whichever of its calls it is
    assert {source.op for source in seen.details[-1].sources} == {row.name}
