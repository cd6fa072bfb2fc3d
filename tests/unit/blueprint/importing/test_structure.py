"""Texts of imported networks, written by hand beforehand."""

import pytest
import torch
from torch import nn
from torch.nn.functional import relu

from striate.blueprint import Blueprint
from striate.trace import trace


def text_of(net, *shape, **options):
    return Blueprint.from_graph(trace(net.eval(), (2, *shape)).graph, **options).to_text()


def conv(channels, width, kernel=3, **options):
    return nn.Conv2d(channels, width, kernel, padding=kernel // 2, **options)


def test_a_lenet():
    net = nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10),
    )  # fmt: skip

    assert text_of(net, 1, 32, 32) == (
        "input 1x32x32; conv 5 6 padding 0, tanh; avgpool 2; conv 5 16 padding 0, tanh; avgpool 2; "
        "fc 120, tanh; fc 84, tanh; classes 10"
    )


class Residual(nn.Module):
    """Two convolutions beside a shortcut, which runs after them."""

    def __init__(self, channels, width, stride=1, activation=relu):
        super().__init__()
        self.one, self.two = conv(channels, width, stride=stride, bias=False), conv(width, width, bias=False)
        self.norm, self.norm2 = nn.BatchNorm2d(width), nn.BatchNorm2d(width)
        self.activation = activation
        self.short = nn.Identity()
        if stride > 1 or channels != width:
            self.short = nn.Sequential(conv(channels, width, 1, stride=stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        y = self.norm2(self.two(self.activation(self.norm(self.one(x)))))
        return self.activation(y + self.short(x))


def test_a_small_resnet_has_blocks_and_repeats():
    net = nn.Sequential(
        conv(3, 8, bias=False), nn.BatchNorm2d(8), nn.ReLU(inplace=True),
        Residual(8, 8), Residual(8, 8), Residual(8, 16, 2), Residual(16, 16), Residual(16, 16),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(16, 4),
    )  # fmt: skip

    assert text_of(net, 3, 32, 32) == (
        "input 3x32x32; conv 3 8, batchnorm, relu; (basicblock 8) x2; basicblock 16 stride 2; (basicblock 16) x2; "
        "globalavgpool; flatten, dropout 0.2; classes 4"
    )


def test_what_is_no_block_is_spelled_out():
    net = nn.Sequential(Residual(4, 4, activation=torch.tanh), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))

    assert text_of(net, 4, 8, 8) == (
        "input 4x8x8; residual(conv 3 4, batchnorm, tanh; conv 3 4, batchnorm), tanh; globalavgpool; classes 2"
    )


class UNet(nn.Module):
    """Two levels down and up again, each put beside what it came from."""

    def __init__(self):
        super().__init__()
        self.enter, self.down, self.deep = conv(1, 4), conv(4, 8), conv(8, 16)
        self.up, self.mid, self.up2, self.last = (
            nn.ConvTranspose2d(16, 8, 2, stride=2), conv(16, 8), nn.Upsample(scale_factor=2.0), conv(12, 4),
        )  # fmt: skip
        self.pool, self.answer = nn.MaxPool2d(2), nn.Conv2d(4, 3, 1)

    def forward(self, x):
        a = relu(self.enter(x))
        b = relu(self.down(self.pool(a)))
        c = relu(self.deep(self.pool(b)))
        d = relu(self.mid(torch.cat([self.up(c), b], 1)))
        return self.answer(relu(self.last(torch.cat([self.up2(d), a], 1))))


def test_a_unet_nests_what_is_put_beside():
    assert text_of(UNet(), 1, 16, 16) == (
        "input 1x16x16; conv 3 4, relu; concat("
        "maxpool 2; conv 3 8, relu; concat(maxpool 2; conv 3 16, relu; convtranspose 2 8 stride 2 | identity); "
        "conv 3 8, relu; upsample 2 | identity); conv 3 4, relu; classes 3 by conv"
    )


class Lists(nn.Module):
    """Layers that read all before them, from a list that grows, as DenseNets are often written."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(conv(2 + 3 * n, 3) for n in range(3))

    def forward(self, x):
        found = [x]
        for layer in self.layers:
            found.append(layer(torch.cat(found, 1)))
        return torch.cat(found, 1).mean((2, 3))


def test_a_list_that_grows_is_dense():
    assert text_of(Lists(), 2, 8, 8) == "input 2x8x8; (dense(conv 3 3)) x3; globalmean keep off; classes 11 by none"


class Steps(nn.Module):
    """Every step's result beside the others, at once in the end: one-shot aggregation."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = conv(2, 3), conv(3, 4), conv(4, 5)

    def forward(self, x):
        a = self.a(x)
        b = self.b(a)
        return torch.cat([x, a, b, self.c(b)], 1).flatten(1)


def test_steps_put_side_by_side_at_once_are_nested():
    assert (
        text_of(Steps(), 2, 4, 4)
        == "input 2x4x4; dense(conv 3 3; dense(conv 3 4; dense(conv 3 5))); classes 224 by none"
    )


class Gate(nn.Module):
    def __init__(self):
        super().__init__()
        self.narrow, self.wide = nn.Conv2d(8, 2, 1), nn.Conv2d(2, 8, 1)
        self.last = nn.Linear(8, 2)

    def forward(self, x):
        gate = self.wide(relu(self.narrow(nn.functional.adaptive_avg_pool2d(x, 1))))
        return self.last(nn.functional.adaptive_avg_pool2d(x * torch.sigmoid(gate), 1).flatten(1))


def test_squeeze_excitation_has_its_word():
    assert text_of(Gate(), 8, 6, 6) == "input 8x6x6; se 4; globalavgpool; classes 2"


class Heads(nn.Module):
    """Three outputs: of the end, of a head in the middle, and the features themselves."""

    def __init__(self):
        super().__init__()
        self.one, self.two = conv(1, 4), conv(4, 6)
        self.side, self.first, self.second = nn.Linear(4, 1), nn.Linear(6, 5), nn.Linear(5, 3)

    def forward(self, x):
        x = relu(self.one(x))
        side = self.side(nn.functional.adaptive_avg_pool2d(x, 1).flatten(1))
        features = self.first(nn.functional.adaptive_avg_pool2d(self.two(x), 1).flatten(1))
        return self.second(features), side, features


def test_further_outputs_are_heads_where_they_branch_off():
    assert text_of(Heads(), 1, 8, 8, names=("cat", "dog", "hen")) == (
        "input 1x8x8; conv 3 4, relu; head(globalavgpool; values 1); conv 3 6; globalavgpool; fc 5; "
        "head(classes 5 by none); classes cat dog hen"
    )


@pytest.mark.parametrize(("units", "output", "expected"), [(1, "classes", "values 1"), (3, "labels", "labels 3")])
def test_what_the_outputs_are_is_told_or_classes(units, output, expected):
    net = nn.Sequential(nn.Flatten(), nn.Linear(16, units))

    assert text_of(net, 1, 4, 4, output=output) == f"input 1x4x4; {expected}"


def test_layers_under_conditions_that_change_nothing_are_left_out():
    net = nn.Sequential(nn.Identity(), conv(1, 2), nn.Dropout(0.0), nn.Flatten(), nn.Linear(32, 2, bias=False))

    assert text_of(net, 1, 4, 4) == "input 1x4x4; conv 3 2; fc 2 bias off; classes 2 by none"


def test_one_and_three_axes():
    signal = nn.Sequential(nn.Conv1d(2, 4, 7, stride=2), nn.BatchNorm1d(4), nn.GELU(), nn.MaxPool1d(3), nn.Flatten())
    volume = nn.Sequential(
        nn.Conv3d(1, 4, (1, 3, 3), padding=(0, 1, 1), groups=1), nn.AdaptiveMaxPool3d(1), nn.Flatten()
    )

    assert text_of(signal, 2, 40) == (
        "input 2x40; conv 7 4 stride 2 padding 0 bias on, batchnorm, gelu; maxpool 3; classes 20 by none"
    )
    assert text_of(volume, 1, 4, 6, 6) == "input 1x4x6x6; conv 1x3x3 4; globalmaxpool; classes 4 by none"
