"""What the ledger says is kept for the backward pass is what autograd keeps."""

import pytest
import torch
from torch import nn

from stepping import network_of, saved_bytes
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
}


@pytest.mark.parametrize("what", BETWEEN)
def test_every_kind_keeps_what_autograd_keeps(what):
    net = Small(BETWEEN[what]).train()
    graph = trace(net, (2, 3, 12, 12), mode="train").graph

    assert memory_ledger(graph).saved_bytes == saved_bytes(net, torch.randn(2, 3, 12, 12))
