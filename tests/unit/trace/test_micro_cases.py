"""The cases that counters of other tools get wrong: multiply-accumulates worked out by hand."""

import warnings

import pytest
import torch
from torch import nn
from torch.nn import functional

from striate.kinds import kind_of
from striate.trace import trace


class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        self.filters = nn.Parameter(torch.zeros(8, 3, 3, 3))

    def forward(self, x):
        return functional.conv2d(x, self.filters)


class Standardised(nn.Conv2d):
    """Its filters are centred and scaled before they are used."""

    def forward(self, x):
        mean, std = self.weight.mean((1, 2, 3), keepdim=True), self.weight.std((1, 2, 3), keepdim=True)
        return functional.conv2d(x, (self.weight - mean) / (std + 1e-5), self.bias, padding=1)


class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x):
        return self.conv(self.conv(self.conv(self.conv(x))))


class Forked(nn.Module):
    def __init__(self):
        super().__init__()
        self.wide, self.narrow = nn.Conv2d(3, 8, 3), nn.Conv2d(3, 8, 1)

    def forward(self, x):
        return self.wide(x) if x.mean() > 0 else self.narrow(x)


class Unused(nn.Module):
    def __init__(self):
        super().__init__()
        self.used, self.unused = nn.Linear(5, 7), nn.Linear(100, 100)

    def forward(self, x):
        return self.used(x)


class Product(nn.Module):
    def forward(self, x):
        return x @ x.transpose(1, 2)


class Einstein(nn.Module):
    def forward(self, x):
        return torch.einsum("nij,nkj->nik", x, x)


class ConvincingName(nn.Module):
    """Nothing in it convolves."""

    kernel_size, in_channels, out_channels = (3, 3), 3, 8

    def forward(self, x):
        return x + 1


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.attend = nn.MultiheadAttention(16, 4, batch_first=True)

    def forward(self, x):
        return self.attend(x, x, x, need_weights=False)[0]


CASES = {
    # Multiply-accumulates: output values × what each is summed over. A bias is no multiplication.
    "conv with bias": (nn.Conv2d(3, 8, 3), (1, 3, 10, 10), 8 * 8 * 8 * 27),
    "conv1d dilated": (nn.Conv1d(4, 6, 3, dilation=2), (1, 4, 20), 6 * 16 * 12),
    "conv3d": (nn.Conv3d(2, 4, 3), (1, 2, 6, 6, 6), 4 * 4**3 * 2 * 27),
    "grouped": (nn.Conv2d(8, 12, 3, groups=4), (1, 8, 6, 6), 12 * 16 * 2 * 9),
    "depthwise": (nn.Conv2d(8, 8, 3, groups=8), (1, 8, 6, 6), 8 * 16 * 9),
    "padding same": (nn.Conv2d(3, 5, 4, padding="same"), (1, 3, 7, 7), 5 * 49 * 3 * 16),
    # Each input value is spread over its window in every output channel of its group.
    "transposed": (nn.ConvTranspose2d(4, 6, 3, stride=2), (1, 4, 5, 5), 4 * 25 * 6 * 9),
    "transposed depthwise": (nn.ConvTranspose2d(6, 6, 4, stride=2, groups=6), (1, 6, 5, 5), 6 * 25 * 16),
    "transposed 1-D": (nn.ConvTranspose1d(3, 5, 8, stride=4), (1, 3, 7), 3 * 7 * 5 * 8),
    "functional": (Functional(), (1, 3, 6, 6), 8 * 16 * 27),
    "standardised": (Standardised(4, 6, 3, padding=1), (1, 4, 8, 8), 6 * 64 * 36),
    "called four times": (Shared(), (2, 4, 5, 5), 4 * 2 * 4 * 25 * 36),
    "unused part": (Unused(), (3, 5), 3 * 7 * 5),
    "linear on channels last": (nn.Linear(16, 8), (1, 32, 32, 16), 32 * 32 * 8 * 16),
    "matrix product": (Product(), (2, 5, 7), 2 * 5 * 5 * 7),
    "einsum": (Einstein(), (2, 5, 7), 2 * 5 * 5 * 7),
    "without parameters": (nn.Sequential(nn.MaxPool2d(2), nn.Upsample(scale_factor=2), nn.ReLU()), (1, 3, 8, 8), 0),
    "a name with Conv": (ConvincingName(), (1, 3, 8, 8), 0),
    # Three projections in, one out; scores and their sum over values, for all 4 heads of 4.
    "attention": (Attention(), (2, 10, 16), 2 * (4 * 10 * 16 * 16 + 2 * 10 * 10 * 16)),
}


@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("case", CASES)
def test_multiply_accumulates_are_those_worked_out_by_hand(case, mode):
    net, shape, expected = CASES[case]
    recording = trace(net, shape, mode=mode)
    graph = recording.graph
    assert sum(kind_of(op.kind).macs(op, graph.input_shapes(op)) for op in graph) == expected
    assert recording.not_counted == ()
    assert not recording.is_data_dependent


@pytest.mark.parametrize(("value", "expected"), [(1.0, 8 * 16 * 27), (-1.0, 8 * 36 * 3)], ids=["wide", "narrow"])
def test_the_branch_that_the_given_values_take_is_the_one_counted(value, expected):
    recording = trace(Forked(), torch.full((1, 3, 6, 6), value))
    (op,) = (op for op in recording.graph if op.kind == "conv")
    assert kind_of("conv").macs(op, recording.graph.input_shapes(op)) == expected
    assert recording.is_data_dependent
    assert dict(recording.graph.idle).keys() == (
        {"narrow.weight", "narrow.bias"} if value > 0 else {"wide.weight", "wide.bias"}
    )


def test_parts_never_called_are_listed_with_their_size():
    assert trace(Unused(), (1, 5)).graph.idle == (("unused.weight", 10_000), ("unused.bias", 100))


def test_a_shared_module_owns_its_parameters_once():
    graph = trace(Shared(), (1, 4, 5, 5)).graph
    assert [op.name for op in graph] == ["conv", "conv_2", "conv_3", "conv_4"]
    assert {param.key: param.count for op in graph for param in op.params} == {"conv.weight": 144, "conv.bias": 4}


def old_weight_norm(module):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return nn.utils.weight_norm(module)


def pruned(module):
    from torch.nn.utils import prune

    return prune.l1_unstructured(module, "weight", amount=0.5)


WRAPPED = {
    "weight norm": (nn.utils.parametrizations.weight_norm, {"original0": 8, "original1": 216}),
    "old weight norm": (old_weight_norm, {"weight_g": 8, "weight_v": 216}),
    "spectral norm": (nn.utils.parametrizations.spectral_norm, {"original": 216}),
    "old spectral norm": (nn.utils.spectral_norm, {"weight_orig": 216}),
    "pruned": (pruned, {"weight_orig": 216}),
}


@pytest.mark.parametrize("way", WRAPPED)
@pytest.mark.parametrize("mode", ["eval", "train"])
def test_a_convolution_whose_filters_are_computed_costs_the_same_and_keeps_its_parameters(way, mode):
    wrap, keys = WRAPPED[way]
    torch.manual_seed(0)
    net = nn.Sequential(wrap(nn.Conv2d(3, 8, 3))).eval()
    recording = trace(net, (1, 3, 6, 6), mode=mode)
    graph = recording.graph
    (conv,) = (op for op in graph if op.kind == "conv")
    assert kind_of("conv").macs(conv, graph.input_shapes(conv)) == 8 * 16 * 27
    read = {param.key.rpartition(".")[2]: param.count for op in graph for param in op.params}
    assert read == keys | {"bias": 8}
    assert graph.idle == ()
    if mode == "eval":
        images = torch.randn(3, 3, 6, 6)
        with torch.no_grad():
            assert torch.equal(recording.program.run(net, images).outputs, net(images))
    else:
        assert not net.training


class Several(nn.Module):
    """Two inputs, one of them optional, and results in a dict within a tuple."""

    def __init__(self):
        super().__init__()
        self.image, self.mask = nn.Conv2d(3, 4, 1), nn.Conv2d(1, 4, 1)

    def forward(self, image, mask=None, *, scale=None):
        a = self.image(image)
        b = a if mask is None else self.mask(mask)
        return {"sum": a + b, "parts": (a, [b])}, (b if scale is None else b * scale)


def test_several_inputs_and_outputs_keep_their_names_and_structure():
    net = Several()
    recording = trace(net, {"image": (2, 3, 5, 5), "mask": (2, 1, 5, 5), "scale": (2, 4, 1, 1)})
    assert recording.graph.conditions.inputs == {"image": (2, 3, 5, 5), "mask": (2, 1, 5, 5), "scale": (2, 4, 1, 1)}
    assert [recording.graph[name].kind for name in recording.graph.outputs] == ["add", "conv", "conv", "mul"]
    given = {"image": torch.randn(3, 3, 5, 5), "mask": torch.randn(3, 1, 5, 5), "scale": torch.randn(3, 4, 1, 1)}
    found, last = recording.program.run(net, given).outputs
    with torch.no_grad():
        expected, expected_last = net(**given)
    assert torch.equal(found["sum"], expected["sum"])
    assert torch.equal(found["parts"][1][0], expected["parts"][1][0])
    assert torch.equal(last, expected_last)
    assert dict(trace(net, (1, 3, 5, 5)).graph.idle).keys() == {"mask.weight", "mask.bias"}


class Loop(nn.Module):
    """Control flow over sizes: as many rounds as the map is high."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 2, 1)

    def forward(self, x):
        for _ in range(x.shape[2]):
            x = self.conv(x)
        return x if x.shape[3] > 4 else x.flatten(1)


@pytest.mark.parametrize(("shape", "kinds"), [((1, 2, 3, 5), ["conv"] * 3), ((1, 2, 2, 4), ["conv"] * 2 + ["flatten"])])
def test_control_flow_over_sizes_is_followed_without_values(shape, kinds):
    recording = trace(Loop(), shape)
    assert [op.kind for op in recording.graph] == kinds
    assert not recording.is_data_dependent
