"""The rules about gradients on real networks: silent on sound ones, and found where the textbook says so."""

import pytest
import torch
from torch import nn

from striate.explain import backward
from striate.lint import lint
from striate.records import Evidence, UnitAt

NAMES = {"vanishing-gradient", "exploding-gradient", "blocked-gradient"}


def _judged(module, side=64, channels=3):
    image = torch.randn((1, channels, side, side), generator=torch.Generator().manual_seed(0))
    [record] = backward(module.eval(), image, UnitAt(unit=3), checked=False)
    report = lint(Evidence(backward=record))
    assert {*report.silent, *(finding.name for finding in report.findings)} >= NAMES
    return {finding.name: finding for finding in report.findings}


def _plain(depth, act=nn.ReLU, gain=None):
    layers = [nn.Conv2d(3, 16, 3, padding=1), act()]
    for _ in range(depth - 1):
        layers += [nn.Conv2d(16, 16, 3, padding=1), act()]
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10))
    for module in net:
        if isinstance(module, nn.Conv2d) and gain is not None:
            nn.init.kaiming_normal_(module.weight)
            module.weight.data.mul_(gain)
    return net


@pytest.fixture(autouse=True)
def _seed():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


@pytest.mark.slow
@pytest.mark.parametrize("name", ["resnet18", "resnet50", "alexnet", "densenet121", "squeezenet1_1"])
def test_zoo_networks_as_they_are_initialised_are_sound(name):
    import torchvision

    assert _judged(getattr(torchvision.models, name)()) == {}


@pytest.mark.parametrize("depth", [8, 20, 30])
def test_he_initialised_plain_networks_are_sound(depth):
    assert _judged(_plain(depth, gain=1), side=16) == {}


def test_a_deep_sigmoid_network_loses_its_gradient():
    found = _judged(_plain(10, act=nn.Sigmoid), side=16)

    assert set(found) == {"vanishing-gradient"}
    assert found["vanishing-gradient"].op == "0"
    # hand: a sigmoid's slope is at most a quarter
    assert found["vanishing-gradient"].measure.value > 5


def test_torchs_default_start_loses_the_gradient_of_twenty_plain_layers():
    assert set(_judged(_plain(20), side=16)) == {"vanishing-gradient"}


def test_weights_twice_as_large_let_it_explode():
    found = _judged(_plain(16, gain=2), side=16)

    assert set(found) == {"exploding-gradient"}
    # hand: twice per layer, sixteen layers are 4.8 powers of ten; the mean over the map takes one or two back
    assert 3 < found["exploding-gradient"].measure.value < 4.8


def test_a_dead_relu_blocks():
    net = _plain(4, gain=1)
    net[4].bias.data.fill_(-1e3)
    found = _judged(net, side=16)

    assert set(found) == {"blocked-gradient"}
    assert found["blocked-gradient"].op == "4"
    assert found["blocked-gradient"].measure.value == 3
