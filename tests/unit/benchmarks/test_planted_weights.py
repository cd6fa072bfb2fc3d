"""What a fault plants in a network is there, by brute force, and the sound network stays as it was."""

import copy

import numpy as np
import pytest
import torch
from benchmarks.faults.architectures import DEVELOPMENT, HELD_OUT, plan
from benchmarks.faults.pictures import Pictures
from benchmarks.faults.planted_weights import (
    corrupted,
    dead_share,
    dead_start,
    duplicated_filters,
    foreign_statistics,
    prepared_by,
    wrong_preprocessing,
)
from torch import nn

from striate.data import prepare
from striate.lint import lint
from striate.nets import load_network
from striate.trace import trace

EVERY = pytest.mark.parametrize("architecture", [*DEVELOPMENT, *HELD_OUT])


def network(architecture="vgg-bn", shape=(1, 28, 28)):
    return load_network(plan(architecture, shape, 10), seed=0)


def draw(seed=3):
    return np.random.default_rng(seed)


def images(shape=(1, 28, 28)):
    return torch.rand(40, *shape, generator=torch.Generator().manual_seed(0))


def same(one, other):
    pairs = zip(one.module.state_dict().values(), other.module.state_dict().values(), strict=True)
    return all(torch.equal(left, right) for left, right in pairs)


@EVERY
@pytest.mark.parametrize("shape", [(1, 28, 28), (1, 8, 8), (3, 32, 32)])
def test_no_design_has_a_warning(architecture, shape):
    graph = trace(network(architecture, shape).module, (1, *shape)).graph
    assert [finding for finding in lint(graph=graph).findings if finding.severity != "note"] == []


@EVERY
def test_half_of_a_layer_is_dead_before_training(architecture):
    sound = network(architecture)
    before = copy.deepcopy(sound)
    share = dead_share(sound, images())
    broken = dead_start(sound, draw())

    assert share < 0.5
    assert dead_share(broken, images()) >= 0.5
    assert same(sound, before)


@EVERY
@pytest.mark.parametrize("seed", range(3))
def test_half_of_the_filters_are_copies(architecture, seed):
    sound = network(architecture)
    (broken,) = duplicated_filters(sound, draw(seed))
    changed = [
        (left.weight, right.weight)
        for left, right in zip(sound.module.modules(), broken.module.modules(), strict=True)
        if isinstance(left, nn.Conv2d) and not torch.equal(left.weight, right.weight)
    ]

    ((left, right),) = changed
    assert len(torch.unique(left.flatten(1), dim=0)) == len(left)
    assert len(torch.unique(right.flatten(1), dim=0)) == len(left) // 2


@pytest.mark.parametrize(
    ("way", "value"),
    [("bytes", (255.0 - 0.5) / 0.25), ("plain", 1.0), ("half", 1.0), ("imagenet", (1 - 0.485) / 0.229)],
)
def test_a_white_pixel_enters_as_that_mistake_makes_it(way, value):
    from dataclasses import replace

    sound = network()
    sound = replace(sound, preprocessing=replace(sound.preprocessing, mean=(0.5,), std=(0.25,)))
    broken = prepared_by(sound, way)
    white = torch.full((1, 28, 28), 255, dtype=torch.uint8)

    assert prepare(white, broken.preprocessing).max().item() == pytest.approx(value, rel=1e-5)
    assert prepare(white, sound.preprocessing).max().item() == pytest.approx(2.0)


def test_bgr_reads_red_where_blue_was():
    sound = network(shape=(3, 32, 32))
    batch = images((3, 32, 32))
    broken = prepared_by(sound, "bgr")
    sound.module.eval()
    broken.module.eval()

    torch.testing.assert_close(broken.module(batch), sound.module(batch.flip(1)), atol=1e-5, rtol=1e-4)


def test_every_way_of_wrong_preprocessing_is_tried_once():
    assert len(list(wrong_preprocessing(network(), draw()))) == 4
    assert len(list(wrong_preprocessing(network(shape=(3, 32, 32)), draw()))) == 5


@pytest.mark.parametrize("seed", range(8))
def test_one_layer_is_corrupted_and_no_other(seed):
    sound = network()
    broken = corrupted(sound, draw(seed))
    before, after = sound.module.state_dict(), broken.module.state_dict()
    changed = [key for key in before if not torch.equal(before[key], after[key])]

    (key,) = changed
    assert before[key].ndim > 1
    assert torch.isfinite(after[key]).all()


@pytest.mark.parametrize("architecture", ["vgg-bn", "residual", "separable"])
def test_foreign_statistics_are_those_of_the_foreign_pictures(architecture):
    sound = network(architecture)
    before = copy.deepcopy(sound)
    foreign = Pictures(
        images=np.random.default_rng(0).integers(0, 256, (100, 3, 32, 32)).astype(np.uint8),
        targets=np.zeros(100, np.int64),
    )
    broken = foreign_statistics(sound, foreign)
    first = next(part for part in broken.module.modules() if isinstance(part, nn.BatchNorm2d))
    conv = next(part for part in broken.module.modules() if isinstance(part, nn.Conv2d))
    grey = torch.from_numpy(foreign.images).float().div(255).mean(1, keepdim=True)
    grey = nn.functional.interpolate(grey, (28, 28), mode="area")
    mean, std = sound.preprocessing.mean[0], sound.preprocessing.std[0]
    with torch.no_grad():
        values = conv((grey - mean) / std)

    torch.testing.assert_close(first.running_mean, values.mean((0, 2, 3)), atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(first.running_var, values.var((0, 2, 3)), atol=1e-4, rtol=1e-3)
    assert same(sound, before)
    assert not broken.module.training


def test_a_network_without_normalisation_cannot_have_foreign_statistics():
    with pytest.raises(ValueError, match="batch normalisation"):
        foreign_statistics(
            network("vgg"), Pictures(images=np.zeros((2, 1, 8, 8), np.uint8), targets=np.zeros(2, np.int64))
        )
