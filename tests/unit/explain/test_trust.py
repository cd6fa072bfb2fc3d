"""Verdicts on saliency over many images: random weights, and methods held against each other."""

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr, t

from striate.errors import InputError
from striate.explain import SALIENCY, accord, randomised_layers, trust
from striate.lint import lint
from striate.records import Accord, Evidence, MethodPair, Trust


def test_it_is_the_mean_over_images_and_classes_with_students_interval(averaged):
    network, images = averaged(), torch.rand(6, 1, 8, 9, generator=torch.Generator().manual_seed(0))
    targets = torch.tensor([[0, 2]] * 6)

    found = trust(network, images, targets)

    columns = [randomised_layers(network, images, targets[:, k], depths=[-1]) for k in (0, 1)]
    each = np.stack([one.correlations[0] for one in columns]).astype(float)
    by_image = each.mean(0)
    half = t.ppf(0.975, 5) * by_image.std(ddof=1) / np.sqrt(6)
    assert found.correlation == pytest.approx(by_image.mean(), abs=1e-6)
    assert found.interval == pytest.approx((by_image.mean() - half, by_image.mean() + half), abs=1e-4)
    assert found.chance == pytest.approx(np.mean([one.chance for one in columns]), abs=1e-6)
    assert [(row.target, row.images) for row in found.classes] == [(0, 6), (2, 6)]
    assert [row.correlation for row in found.classes] == pytest.approx(each.mean(1), abs=1e-6)


def test_the_answer_is_asked_about_if_nothing_else_is(averaged):
    network, images = averaged(), torch.rand(5, 1, 8, 9)
    with torch.no_grad():
        answers = network.module.eval()(images).argmax(1)

    found = trust(network, images)
    assert sum(row.images for row in found.classes) == 5
    assert {row.target for row in found.classes} == set(answers.tolist())


def test_a_cascade_has_a_figure_for_each_depth(averaged):
    found = trust(averaged(), torch.rand(2, 1, 8, 9), torch.tensor([0, 1]), is_cascade=True)

    assert found.depths == (1, 2, 3)
    assert len(found.correlations) == len(found.layers) == 3
    assert found.correlation == found.correlations[-1]


def test_no_image_gives_the_reason():
    found = Trust(method="gradient", reason="no image was given")
    assert found.correlation is None


@pytest.mark.parametrize(
    ("correlation", "chance", "names"),
    [
        (0.51, 0.2, ["saliency-blind-to-weights"]),
        (0.49, 0.2, []),
        # Maps of few places are alike by chance.
        (0.7, 0.75, []),
    ],
)
def test_a_method_is_blind_above_one_half_and_above_chance(correlation, chance, names):
    found = Trust(
        method="grad_cam",
        images=4,
        depths=(3,),
        layers=("conv1",),
        correlations=(correlation,),
        interval=(0.4, 0.8),
        chance=chance,
    )

    report = lint(Evidence(trusts=(found,)), select=["SAL002"])
    assert [finding.name for finding in report.findings] == names
    assert all("grad_cam" in finding.message for finding in report.findings)


def test_what_could_not_be_tested_is_not_judged():
    assert "saliency-blind-to-weights" in lint(Evidence(trusts=(Trust(method="cam", reason="no"),))).skipped


def test_pairs_agree_by_spearman_of_magnitudes_and_methods_with_themselves_under_noise(averaged):
    network, images = averaged(), torch.rand(4, 1, 8, 9, generator=torch.Generator().manual_seed(1))
    targets = torch.tensor([0, 1, 2, 0])

    found = accord(network, images, targets, by=["gradient", "input_x_gradient"], noise=0.1, seed=3)

    maps = {name: [row.maps[0] for row in SALIENCY[name](network, images, targets)] for name in found.methods}

    def spearman(one, other):
        return spearmanr(np.abs(one).sum(0).ravel(), np.abs(other).sum(0).ravel()).statistic

    apart = [spearman(*both) for both in zip(maps["gradient"], maps["input_x_gradient"], strict=True)]
    [pair] = found.pairs
    assert pair.methods == ("gradient", "input_x_gradient")
    assert pair.correlation == pytest.approx(np.mean(apart), abs=1e-5)
    drawn = torch.randn(images.shape, generator=torch.Generator().manual_seed(3))
    noisy = images + 0.1 * images.flatten(1).std(1, correction=0).view(4, 1, 1, 1) * drawn
    again = SALIENCY["gradient"](network, noisy, targets)
    own = [spearman(one, other.maps[0]) for one, other in zip(maps["gradient"], again, strict=True)]
    assert found.with_itself[0] == pytest.approx(np.mean(own), abs=1e-5)


def test_a_method_under_another_setting_agrees_with_it(averaged):
    found = accord(
        averaged(), torch.rand(3, 1, 8, 9), by=["gradient", "grad_cam"], settings={"grad_cam": {"layer": "conv1"}}
    )
    assert (found.images, found.methods) == (3, ("gradient", "grad_cam"))


@pytest.mark.parametrize(
    ("correlation", "high", "own", "expected"),
    [
        (0.0, 0.05, (0.9, 0.9), 1),
        (0.0, 0.2, (0.9, 0.9), 0),  # The interval reaches beyond chance.
        (0.0, 0.05, (0.9, 0.1), 0),  # One of them does not even agree with itself.
    ],
)
def test_only_steady_methods_contradict_each_other(correlation, high, own, expected):
    pair = MethodPair(methods=("a", "b"), correlation=correlation, interval=(-0.1, high), chance=0.15)
    found = Accord(images=16, methods=("a", "b"), pairs=(pair,), with_itself=own, noise=0.05, seed=0)

    assert len(lint(Evidence(accord=found), select=["explanations-disagree"]).findings) == expected


def test_one_method_and_no_noise_are_refused(averaged):
    with pytest.raises(InputError, match="at least two methods"):
        accord(averaged(), torch.rand(1, 1, 8, 9), by=["gradient", "gradient"])
    with pytest.raises(InputError, match="above 0"):
        accord(averaged(), torch.rand(1, 1, 8, 9), noise=0.0)
