"""Each defect, planted into five architectures, is found at the op where it was planted; without it the rule is silent."""

from collections.abc import Callable
from functools import cache
from math import prod

import pytest
import torch
from torch import nn

from striate.blueprint import Blueprint
from striate.graph import Graph, Op
from striate.lint import lint
from striate.trace import trace

# @early stands behind the first layers, @late before the last ones, @head before the output.
NETWORKS = {
    "vgg": "input 3x64x64; (conv 3x3 32, relu) x2; @early maxpool 2; (conv 3x3 64, relu) x2; maxpool 2; @late"
    "(conv 3x3 64, relu) x3; globalavgpool; @head classes 10",
    "batchnorm": "input 3x64x64; conv 5x5 32 stride 2, batchnorm, relu; @early conv 3x3 32, batchnorm, relu;"
    "conv 3x3 64 stride 2, batchnorm, relu; @late (conv 3x3 64, batchnorm, relu) x3; globalavgpool; @head classes 10",
    "depthwise": "input 3x64x64; conv 3x3 32 stride 2, batchnorm, relu; @early"
    "(conv 3x3 32 groups 32, batchnorm, relu; conv 1x1 32, batchnorm, relu) x2; maxpool 2; conv 1x1 64, relu; @late"
    "(conv 3x3 64 groups 64, batchnorm, relu; conv 1x1 64, batchnorm, relu) x3; globalavgpool; @head classes 10",
    "all-convolutional": "input 3x64x64; conv 3x3 32, relu; @early conv 3x3 32 stride 2, relu; conv 3x3 32, relu;"
    "conv 3x3 64 stride 2, relu; @late (conv 3x3 64, relu) x3; conv 1x1 32, relu; globalavgpool; @head"
    "classes 10",
    "wide stem": "input 3x64x64; conv 7x7 48 stride 2, relu; @early maxpool 3 stride 2 padding 1; @late conv 5x5 64, relu;"
    "(conv 3x3 64, relu) x2; globalavgpool; fc 64, relu; @head classes 10",
}


def attribute(**wanted: object) -> Callable[[Op], bool]:
    """Return a test for an op with these attributes."""
    return lambda op: all(op.attributes.get(key) == value for key, value in wanted.items())


def kind(name: str) -> Callable[[Op], bool]:
    """Return a test for an op of a kind."""
    return lambda op: op.kind == name


# Rule, where, what is planted, and how its op is known.
PLANTED = [
    ("kernel-above-map", "late", "conv 1x1 64, relu; conv 63x63 64 groups 64, relu;", attribute(kernel=(63, 63))),
    ("map-collapses", "late", "(conv 3x3 64 stride 2, batchnorm, relu) x6;", lambda op: op.shape[2:] == (1, 1)),
    ("large-pooling-window", "early", "avgpool 4;", attribute(kernel=(4, 4))),
    ("pooling-after-pooling", "early", "maxpool 2; avgpool 2;", lambda op: op.kind in ("avgpool", "maxpool")),
    ("dilation-holes", "early", "(conv 3x3 32 dilation 8, relu) x3;", attribute(dilation=(8, 8))),
    ("double-activation", "late", "conv 3x3 64, relu, tanh;", kind("tanh")),
    ("saturating-activations", "late", "(conv 3x3 64, tanh) x6;", kind("tanh")),
    ("normalisation-of-one-value", "head", "fc 64, layernorm, relu; fc 1, layernorm;", attribute(over=(1,))),
    ("dropout-above-half", "head", "fc 32, relu, dropout 0.9;", attribute(share=0.9)),
    ("deep-without-normalisation", "late", "(conv 3x3 64, relu) x12;", kind("conv")),
    ("width-jump", "early", "conv 3x3 300, relu; conv 1x1 32, relu;", attribute(width=300)),
    ("thousands-of-filters", "late", "conv 3x3 2000, relu; conv 1x1 64, relu;", attribute(width=2000)),
    ("unmixed-groups", "late", "conv 1x1 60, relu; (conv 3x3 60 groups 12, relu) x3; conv 1x1 64, relu;", attribute(groups=12)),
    ("narrow-groups", "late", "conv 1x1 60, relu; conv 3x3 60 groups 12, relu; conv 1x1 64, relu;", attribute(groups=12)),
    ("channels-off-the-grid", "late", "conv 3x3 250, relu; conv 3x3 64, relu;", lambda op: 250 in (op.attributes.get("width"), *op.params[0].shape)),
    ("deep-head", "head", "(fc 64, relu) x4;", lambda op: op.name == "fc1"),
    ("narrow-final-representation", "head", "fc 2, relu;", lambda op: op.name == "classes"),
    ("slow-reduction", "stem", "(conv 3x3 32, relu) x9;", lambda op: op.shape[2:] == (64, 64)),
    ("stem-too-eager", "stem", "conv 3x3 16 stride 2, batchnorm, relu; maxpool 4;", lambda op: prod(op.shape[2:]) <= 64),
]  # fmt: skip


@cache
def table(network: str, where: str = "", what: str = "") -> Graph:
    """Return an architecture with something planted into it."""
    text = NETWORKS[network]
    if where == "stem":
        text = text.replace("input 3x64x64;", f"input 3x64x64; {what}")
    for place in ("early", "late", "head"):
        text = text.replace(f"@{place}", what if place == where else "")
    return Blueprint.from_text(text).graph()


@pytest.mark.parametrize("network", NETWORKS)
def test_the_architectures_are_sound(network):
    assert lint(graph=table(network)).findings == ()


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize(("rule", "where", "what", "is_planted"), PLANTED, ids=[row[0] for row in PLANTED])
def test_a_planted_defect_is_found_where_it_is(rule, where, what, is_planted, network):
    graph = table(network, where, what)
    findings = lint(graph=graph, select=[rule]).findings
    assert [finding.name for finding in findings] == [rule]
    assert is_planted(graph[findings[0].op])


class Wrapped(nn.Module):
    """A body with a defect behind it, and a head."""

    def __init__(self, body, defect, width=8):
        super().__init__()
        self.body, self.defect = body, defect
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 4))

    def forward(self, x):
        return self.head(self.defect(self.body(x)))


class Summed(nn.Module):
    """The sum of two branches."""

    def __init__(self, left, right):
        super().__init__()
        self.left, self.right = left, right

    def forward(self, x):
        return torch.relu(self.left(x) + self.right(x))


class Dropped(Summed):
    """Two branches, of which one is forgotten."""

    def forward(self, x):
        left = self.left(x)
        right = self.right(x)
        del left
        return torch.relu(right)


class Uncalled(Summed):
    """Two branches, of which one is never called."""

    def forward(self, x):
        return torch.relu(self.right(x))


def conv(stride=1, kernel=3):
    return nn.Conv2d(8, 8, kernel, stride, kernel // 2)


BODIES = {
    "plain": lambda: nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU()),
    "batchnorm": lambda: nn.Sequential(nn.Conv2d(3, 8, 5, 2, 2, bias=False), nn.BatchNorm2d(8), nn.ReLU()),
    "depthwise": lambda: nn.Sequential(nn.Conv2d(3, 8, 1), nn.ReLU(), nn.Conv2d(8, 8, 3, 1, 1, groups=8), nn.SiLU()),
    "residual": lambda: nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(), Summed(conv(), nn.Identity())),
    "inception": lambda: nn.Sequential(nn.Conv2d(3, 8, 3, 1, 1), nn.ReLU(), Summed(conv(1, 5), conv(1, 1))),
}
SHIFTED = (nn.ZeroPad2d((2, 0, 2, 0)), nn.MaxPool2d(3, 1))
BRANCHED = [
    ("misaligned-merge", lambda: Summed(conv(), nn.Sequential(*SHIFTED)), "defect.add"),
    ("subsampling-shortcut", lambda: Summed(conv(2), conv(2, 1)), "defect.right"),
    ("unread-branch", lambda: Dropped(conv(), conv()), "defect.left"),
    ("unused-parameters", lambda: Uncalled(conv(), conv()), ""),
    ("checkerboard-upsampling", lambda: nn.ConvTranspose2d(8, 8, 3, 2), "defect"),
    ("activation-at-the-output", nn.Identity, "softmax"),
]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize(("rule", "defect", "place"), BRANCHED, ids=[row[0] for row in BRANCHED])
def test_a_defect_planted_into_a_module_is_found_where_it_is(rule, defect, place, body):
    network = Wrapped(BODIES[body](), defect())
    if rule == "activation-at-the-output":
        network.head.append(nn.Softmax(1))
        place = "head.3"
    (finding,) = lint(graph=trace(network, (1, 3, 24, 24)).graph, select=[rule]).findings
    assert finding.op == place
    sound = Wrapped(BODIES[body](), nn.Identity())
    assert lint(graph=trace(sound, (1, 3, 24, 24)).graph, select=[rule]).findings == ()
