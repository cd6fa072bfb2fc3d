"""Networks really trained: with a mark in each class, in one class, on a ground of the class's colour, and their healthy twins."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from striate.blueprint import Blueprint
from striate.data import load_data, measure_preprocessing, prepare
from striate.explain import shortcut_census
from striate.lint import lint
from striate.nets import from_blueprint
from striate.records import Evidence

pytestmark = pytest.mark.slow
TEXT = "conv 3x3 8, batchnorm, relu; maxpool 2; conv 3x3 16, batchnorm, relu; fc 32, relu"


@pytest.fixture(scope="module")
def pictures(digits):
    """1,500 digits (n, 28, 28) and their classes."""
    rows = np.random.default_rng(0).permutation(len(digits))[:1500].tolist()
    return np.stack([digits.read(row)[0].numpy() for row in rows]), np.array(
        [digits.samples[row].target for row in rows]
    )


def found_in(images, labels, seed, epochs=3):
    """The findings on shortcuts of a network trained on most of some images, on the rest."""
    data = load_data((images, labels))
    split = data.split()
    plan = Blueprint.from_text(f"input {'x'.join(map(str, data.shape))}; {TEXT}; classes {data.output.count}")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = from_blueprint(plan)
        how = measure_preprocessing(data, split.train)
        network = replace(network, preprocessing=how, output=data.output)
        inputs = torch.stack([prepare(data.read(index), how) for index in split.train])
        targets = data.targets()[list(split.train)]
        step = torch.optim.AdamW(network.module.parameters(), lr=3e-3)
        network.module.train()
        for _ in range(epochs):
            for rows in torch.randperm(len(inputs)).split(50):
                step.zero_grad()
                functional.cross_entropy(network.module(inputs[rows]), targets[rows]).backward()
                step.step()
    network.module.eval()
    census = shortcut_census(network, data, split.test[:200], seed=seed)

    assert census.right > 150
    return {finding.name: finding.severity for finding in lint(Evidence(shortcuts=census), select=["SHC"]).findings}


def grounds(images, labels, colours):
    """Digits in white on a ground of one of ten colours."""
    ink = images[:, None] / 255
    return (colours[:, :, None, None] * (1 - ink) + 255 * ink).astype(np.uint8)


def test_a_healthy_network_has_no_warning(pictures):
    assert "warning" not in found_in(*pictures, seed=1).values()


def test_a_mark_of_each_class_is_found_as_a_place_a_patch_and_pixels(pictures):
    images, labels = pictures
    marks = np.random.default_rng(3).integers(0, 2, (10, 4, 4)) * 255
    marked = images.copy()
    marked[:, 1:5, 23:27] = marks[labels]
    found = found_in(marked, labels, seed=0)

    assert found["pixels-give-class-away"] == found["patch-decides-class"] == "warning"
    assert "one-place-decides" in found


def test_a_mark_of_one_class_is_found_as_its_patch(pictures):
    images, labels = pictures
    marked = images.copy()
    marked[labels == 3, 23:27, 23:27] = 255

    assert found_in(marked, labels, seed=1)["patch-decides-class"] == "warning"


def test_a_ground_of_the_classs_colour_decides_and_one_drawn_at_random_does_not(pictures):
    images, labels = pictures
    colours = np.random.default_rng(7).integers(20, 140, (10, 3))
    drawn = colours[np.random.default_rng(8).integers(0, 10, len(labels))]

    assert found_in(grounds(images, labels, colours[labels]), labels, seed=0)["background-decides"] == "warning"
    assert "warning" not in found_in(grounds(images, labels, drawn), labels, seed=0, epochs=4).values()
