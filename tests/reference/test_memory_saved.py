"""What the ledger says is kept for the backward pass is what autograd keeps."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from stepping import allocated_peak, network_of, saved_bytes
from striate.analyse import memory_ledger
from striate.trace import trace

pytestmark = pytest.mark.reference

NETWORKS = [
    "torchvision:mobilenet_v2",  # ReLU6 in place
    "torchvision:mobilenet_v3_small",  # hard swish in place
    "torchvision:shufflenet_v2_x0_5",  # cuts, permutations, copies
    pytest.param("torchvision:googlenet", marks=pytest.mark.long),  # side heads, dropout
    pytest.param("torchvision:densenet121", marks=pytest.mark.long),
    pytest.param("torchvision:convnext_tiny", marks=pytest.mark.long),
    pytest.param("torchvision:efficientnet_b0", marks=pytest.mark.long),
    pytest.param("timm:ghostnet_100", marks=pytest.mark.long),
    pytest.param("timm:hrnet_w18_small", marks=pytest.mark.long),
    pytest.param("timm:resnetv2_50", marks=pytest.mark.long),
]


@pytest.mark.slow
@pytest.mark.parametrize("reference", NETWORKS)
def test_known_networks_keep_what_autograd_keeps(reference):
    net = network_of(reference).train()
    graph = trace(net, (2, 3, 64, 64), mode="train").graph

    # Autograd keeps a few numbers more for stochastic depth and means.
    assert memory_ledger(graph).saved_bytes == pytest.approx(saved_bytes(net, torch.randn(2, 3, 64, 64)), rel=1e-3)


class Small(nn.Module):
    """One convolution, something done to it, and another."""

    def __init__(self, between):
        super().__init__()
        self.first, self.last = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 4, 1)
        self.between = between

    def forward(self, x):
        return self.last(self.between(self.first(x)))


class Gate(nn.Module):
    """A map times numbers computed from it."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Conv2d(8, 8, 1)

    def forward(self, x):
        return x * torch.sigmoid(self.fc(x.mean((2, 3), keepdim=True)))


class Scale(nn.Module):
    """A map times a parameter."""

    def __init__(self, *, trained):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(8, 1, 1), requires_grad=trained)

    def forward(self, x):
        return x * self.weight


class Shuffled(nn.Module):
    def forward(self, x):
        n, c, h, w = x.shape
        return x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)


class Does(nn.Module):
    """A function of a map."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


FUNCTIONS = {
    "abs": lambda x: x.abs(),
    "clamp": lambda x: x.clamp(0, 1),
    "clamp from below": lambda x: x.clamp(min=0.0),
    "cosine": lambda x: x.cos(),
    "cumulated": lambda x: x.cumsum(1),
    "divided by its norm": lambda x: functional.normalize(x, dim=1),
    "error function": lambda x: x.erf(),
    "exponential": lambda x: torch.exp(-x),
    "highest along an axis": lambda x: x.max(2, keepdim=True)[0],
    "highest of places": lambda x: x.amax((2, 3), keepdim=True),
    "inverse": lambda x: (x * x + 1).reciprocal(),
    "inverse root": lambda x: (x * x + 1).rsqrt(),
    "larger of two": lambda x: torch.maximum(x, 2 * x),
    "log of sigmoid": functional.logsigmoid,
    "log of sum of exponentials": lambda x: x.logsumexp((2, 3), keepdim=True),
    "logarithm": lambda x: (x * x).log1p(),
    "masked": lambda x: x.masked_fill(x > 0, 0.0),
    "mirrored border": lambda x: functional.pad(x, (1, 1, 1, 1), mode="reflect"),
    "mish": functional.mish,
    "mixed": lambda x: torch.lerp(x, x.tanh(), 0.3),
    "negative": lambda x: -x,
    "repeated border": lambda x: functional.pad(x, (1, 1, 1, 1), mode="replicate"),
    "resized": lambda x: functional.interpolate(x, scale_factor=2, mode="bilinear"),
    "root": lambda x: (x * x + 1).sqrt(),
    "root mean square": lambda x: x * torch.rsqrt(x.pow(2).mean(1, keepdim=True) + 1e-6),
    "round border": lambda x: functional.pad(x, (1, 1, 1, 1), mode="circular"),
    "selu": functional.selu,
    "sine": lambda x: x.sin(),
    "softplus": functional.softplus,
    "spread": lambda x: x.std((2, 3), keepdim=True) * x,
    "square": lambda x: x**2,
    "stacked and summed": lambda x: torch.stack([x, x * 2], 1).sum(1),
    "where": lambda x: torch.where(x > 0, x, 0.1 * x),
    "zero border": lambda x: functional.pad(x, (1, 1, 1, 1)),
}

BETWEEN = {
    "relu": nn.ReLU(),
    "relu in place": nn.ReLU(inplace=True),
    "silu": nn.SiLU(),
    "silu in place": nn.SiLU(inplace=True),
    "hardswish in place": nn.Hardswish(inplace=True),
    "leaky relu": nn.LeakyReLU(0.1),
    "leaky relu in place": nn.LeakyReLU(0.1, inplace=True),
    "relu6 in place": nn.ReLU6(inplace=True),
    "gelu": nn.GELU(),
    "sigmoid": nn.Sigmoid(),
    "batch norm": nn.BatchNorm2d(8),
    "group norm": nn.GroupNorm(2, 8),
    "max pooling": nn.MaxPool2d(2),
    "average pooling": nn.AvgPool2d(2),
    "dropout": nn.Dropout(0.3),
    "dropout of nothing": nn.Dropout(0.0),
    "gate": Gate(),
    "scale": Scale(trained=True),
    "frozen scale": Scale(trained=False),
    "shuffle": Shuffled(),
    "frozen convolution": nn.Conv2d(8, 8, 3).requires_grad_(False),
    "dropout of whole maps": nn.Dropout2d(0.3),
    "prelu": nn.PReLU(8),
} | {name: Does(function) for name, function in FUNCTIONS.items()}


@pytest.mark.parametrize("what", BETWEEN)
def test_what_stands_between_two_convolutions_keeps_what_autograd_keeps(what):
    net = Small(BETWEEN[what]).train()
    graph = trace(net, (2, 3, 12, 12), mode="train").graph

    assert memory_ledger(graph).saved_bytes == saved_bytes(net, torch.randn(2, 3, 12, 12))


class Ending(nn.Module):
    """A convolution, something done to its map, and the mean over places."""

    def __init__(self, between):
        super().__init__()
        self.first, self.between = nn.Conv2d(3, 32, 3, padding=1), between

    def forward(self, x):
        return self.between(self.first(x)).mean((2, 3))


@pytest.mark.slow
@pytest.mark.parametrize("what", ["dropout of whole maps", *FUNCTIONS])
def test_a_function_of_a_map_peaks_where_the_allocator_does(what):
    net = Ending(BETWEEN[what]).train()
    ledger = memory_ledger(trace(net, (8, 3, 64, 64), mode="train").graph)

    assert ledger.peak_bytes == pytest.approx(allocated_peak(net, (8, 3, 64, 64)), rel=0.03)


@pytest.mark.slow
def test_attention_with_dropout_peaks_where_the_allocator_does():
    class Tokens(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True, dropout=0.1)

        def forward(self, x):
            return self.layer(x).mean(1)

    net = Tokens().train()
    ledger = memory_ledger(trace(net, (8, 256, 32), mode="train").graph)

    assert ledger.saved_bytes == pytest.approx(saved_bytes(net, torch.randn(8, 256, 32)), rel=0.02)
    assert ledger.peak_bytes == pytest.approx(allocated_peak(net, (8, 256, 32)), rel=0.02)
