"""Running statistics of other data are found, and put a number to."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from striate.data import load_data
from striate.errors import InputError
from striate.explain import norm_trial
from striate.lint import lint
from striate.nets import load_network
from striate.records import Evidence
from striate.trace.shell import twin

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trained(small_run):
    return load_network(small_run)


def spoilt(network):
    """The network with running statistics as of images three times as bright."""
    module = twin(network.module)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.add_(3 * part.running_var.sqrt())
            part.running_var.mul_(9)
    return dataclasses.replace(network, module=module)


def test_the_statistics_of_other_data_are_an_error_with_both_figures(trained, digits):
    held_out = range(0, 5000, 25)
    sound = norm_trial(trained, digits, held_out)
    found = norm_trial(spoilt(trained), digits, held_out)

    assert lint(Evidence(norm_trial=sound)).findings == ()
    [finding] = lint(Evidence(norm_trial=found)).findings
    assert finding.name == "stale-batchnorm-statistics"
    # What is measured does not depend on what was kept.
    assert found.measured.accuracy == pytest.approx(sound.measured.accuracy)
    assert found.measured.accuracy > found.accuracy + 0.05
    # The first layer sees the same as before: three of the old standard deviations are one of the new, nine times the variance.
    assert found.layers[0].mean_shift == pytest.approx(1.0, abs=0.1)
    assert found.layers[0].variance_ratio == pytest.approx(9 * 1.0, rel=0.2)


def test_shifts_are_those_of_the_values_that_enter(toys):
    pictures = np.random.default_rng(0).integers(0, 256, (12, 2, 7, 6)).astype(np.uint8)
    module = nn.Sequential(nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(84, 2))
    module[0].running_mean.copy_(torch.tensor([0.1, -0.4]))
    module[0].running_var.copy_(torch.tensor([0.25, 4.0]))
    network = toys.network(module.eval(), (2, 7, 6), ("a", "b"), mean=(0.0, 0.0), std=(1.0, 1.0))

    found = norm_trial(network, load_data((pictures, np.array([0, 1] * 6))), range(12))

    entering = pictures.astype(np.float64) / 255
    away = np.abs(entering.mean((0, 2, 3)) - [0.1, -0.4]) / [0.5, 2.0]
    ratio = np.array([0.25, 4.0]) / entering.var((0, 2, 3))
    assert found.layers[0].channels == 2
    # The lower of two is torch's median.
    assert found.layers[0].mean_shift == pytest.approx(away.min(), rel=1e-5)
    assert found.layers[0].variance_ratio == pytest.approx(np.maximum(ratio, 1 / ratio).min(), rel=1e-5)


def test_each_half_is_answered_with_the_statistics_of_the_other(toys):
    pictures = np.random.default_rng(1).integers(0, 256, (20, 1, 3, 3)).astype(np.uint8)
    truth = np.random.default_rng(2).integers(0, 2, 20)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = nn.Sequential(nn.BatchNorm2d(1), nn.Flatten(), nn.Linear(9, 2))
    network = toys.network(module.eval(), (1, 3, 3), ("a", "b"), mean=(0.0,), std=(1.0,))

    found = norm_trial(network, load_data((pictures, truth)), range(20))

    entering = pictures.astype(np.float64) / 255
    right = 0
    for first, second in ((0, 1), (1, 0)):
        own, others = entering[first::2], entering[second::2]
        # Running variances are those of a sample: one less in the denominator.
        rows = (own - others.mean()) / np.sqrt(others.var(ddof=1) + 1e-5)
        scores = rows.reshape(10, 9) @ module[2].weight.detach().double().numpy().T + module[2].bias.detach().numpy()
        right += int((scores.argmax(1) == truth[first::2]).sum())
    assert found.measured.accuracy == right / 20


def test_the_network_is_left_as_it_came(trained, digits):
    before = {key: value.clone() for key, value in trained.module.state_dict().items()}
    chance = torch.get_rng_state()
    trained.module.train()

    norm_trial(trained, digits, range(8))

    assert all(part.training for part in trained.module.modules())
    assert not any(part._forward_pre_hooks for part in trained.module.modules())
    assert all(torch.equal(value, before[key]) for key, value in trained.module.state_dict().items())
    assert torch.equal(torch.get_rng_state(), chance)
    trained.module.eval()


def test_what_cannot_be_tried_is_refused(toys, digits):
    plain = toys.network(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), (1, 28, 28), "0123456789")

    with pytest.raises(InputError, match="running statistics"):
        norm_trial(plain, digits, range(8))


def test_three_images_are_too_few_to_measure_anything(toys, digits):
    found = norm_trial(toys.small(shape=(1, 28, 28), outputs=10), digits, range(3))

    assert (found.images, found.measured.gained, found.measured.lost, found.measured.p_value) == (3, 0, 0, 1.0)


def test_answers_that_are_no_numbers_are_wrong(toys):
    pictures = np.random.default_rng(0).integers(0, 256, (12, 2, 7, 6)).astype(np.uint8)
    module = nn.Sequential(nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(84, 2))
    module[0].running_var.fill_(float("nan"))
    network = toys.network(module.eval(), (2, 7, 6), ("a", "b"), mean=(0.0, 0.0), std=(1.0, 1.0))

    found = norm_trial(network, load_data((pictures, np.array([0] * 9 + [1] * 3))), range(12))

    # As it is used every score is NaN, whose argmax is class 0; statistics measured anew are numbers.
    assert found.accuracy == 0.0
    assert found.measured.accuracy > 0
