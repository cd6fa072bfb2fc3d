"""Counts of changed answers on networks whose answers can be had by hand."""

import numpy as np
import pytest
import torch
from scipy.stats import binomtest
from torch import nn

from striate.data import load_data
from striate.errors import InputError, ShapeError
from striate.explain import stability
from striate.explain.invariance.changes import brightness, mirror, shift
from striate.lint import lint
from striate.records import Evidence


class Pixel(nn.Module):
    """Class 1 if the pixel in the middle is bright, else class 0."""

    def forward(self, x):
        bright = x[:, 0, x.shape[2] // 2, x.shape[3] // 2] - 0.5
        return torch.stack([-bright, bright], 1)


class Bright(nn.Module):
    """Class 1 if the image's mean lies above one half."""

    def forward(self, x):
        above = x.mean((1, 2, 3)) - 0.5
        return torch.stack([-above, above], 1)


def data(pictures, truth):
    return load_data((np.asarray(pictures, np.uint8), np.array(truth)))


def looking(toys, module, side=5):
    return toys.network(module, (1, side, side), ("dark", "bright"), mean=(0.0,), std=(1.0,))


@pytest.fixture
def dots():
    """A bright dot in the middle; one beside it; a bright image; a dark one."""
    pictures = np.zeros((4, 1, 5, 5))
    pictures[0, 0, 2, 2] = pictures[1, 0, 2, 3] = 255
    pictures[2] = 255
    return data(pictures, [1, 0, 1, 0])


def test_answers_that_hang_on_one_pixel_are_counted(toys, dots):
    found = stability(looking(toys, Pixel()), dots, range(4), changes=[shift(1), mirror()])

    by_pixel, by_mirror = found.rows
    # The first image changes in all eight directions, the second in one of them.
    assert (found.accuracy, by_pixel.directions, by_pixel.changed, by_pixel.mean_changed) == (1.0, 8, 2, 9 / 32)
    assert by_pixel.accuracy == 23 / 32
    assert by_pixel.interval == pytest.approx(tuple(binomtest(2, 4).proportion_ci(method="wilson")))
    assert (by_mirror.directions, by_mirror.changed, by_mirror.mean_changed) == (1, 0, 0.0)


def test_probabilities_move_by_what_the_scores_say(toys):
    data_of_two = data(np.concatenate([np.full((1, 1, 5, 5), 51), np.full((1, 1, 5, 5), 204)]), [0, 1])

    found = stability(looking(toys, Bright()), data_of_two, range(2), changes=[brightness(0.4)])

    def sure(mean):
        return 1 / (1 + np.exp(-2 * abs(mean - 0.5)))

    # 0.2 becomes 0.6 (another answer) and −0.2; 0.8 becomes 1.2 and 0.4 (another answer).
    there = abs((1 - sure(0.6)) - sure(0.2)), abs(sure(-0.2) - sure(0.2))
    assert found.rows[0].changed == 2
    assert found.rows[0].mean_changed == 0.5
    assert found.rows[0].probability_shift == pytest.approx(np.mean(there), rel=1e-5)


def test_light_changes_on_the_stored_scale(toys):
    network = toys.network(Bright(), (1, 5, 5), ("dark", "bright"), mean=(-1.0,), std=(0.5,))
    # On the stored scale 0.2; the network reads (0.2 + 1) / 0.5 = 2.4, and 2.2 a tenth darker.
    found = stability(
        network,
        data(np.stack([np.full((1, 5, 5), 51), np.zeros((1, 5, 5))]), [1, 0]),
        range(2),
        changes=[brightness(0.1)],
    )

    def probability(reading):
        return 1 / (1 + np.exp(-2 * (reading - 0.5)))

    def moved(stored):
        at, *others = (probability((stored + step + 1) / 0.5) for step in (0, 0.1, -0.1))
        return np.mean([abs(other - at) for other in others])

    assert found.rows[0].probability_shift == pytest.approx((moved(0.2) + moved(0.0)) / 2, rel=1e-4)


def test_a_network_of_one_pixel_is_a_finding_and_a_steady_one_is_none(toys):
    pictures = np.zeros((60, 1, 24, 24))
    pictures[:30, 0, 12, 12] = 255
    dotted = data(pictures, [1] * 30 + [0] * 30)
    report = lint(Evidence(stability=stability(looking(toys, Pixel(), 24), dotted, range(60), changes=[shift(1)])))
    steady = lint(Evidence(stability=stability(looking(toys, Bright(), 24), dotted, range(60), changes=[shift(1)])))

    # Thirty images change everywhere: half of all answers.
    [finding] = report.findings
    assert (finding.name, finding.severity, finding.measure.value) == ("answers-flip-under-shift", "warning", 50.0)
    assert steady.findings == ()


def test_on_small_images_it_is_a_note(toys):
    pictures = np.zeros((60, 1, 9, 9))
    pictures[:30, 0, 4, 4] = 255
    found = stability(looking(toys, Pixel(), 9), data(pictures, [1] * 30 + [0] * 30), range(60), changes=[shift(1)])

    assert [finding.severity for finding in lint(Evidence(stability=found)).findings] == ["note"]


def test_the_network_is_left_as_it_came_also_after_an_exception(toys, digits):
    network = toys.small(shape=(1, 28, 28), outputs=10)
    network.module.train()
    network.module[1].eval()
    modes = [part.training for part in network.module.modules()]
    before = {key: value.clone() for key, value in network.module.state_dict().items()}
    chance = torch.get_rng_state()

    stability(network, digits, range(3))
    with pytest.raises(RuntimeError):
        stability(network, digits, range(3), changes=[_broken()])

    assert [part.training for part in network.module.modules()] == modes
    assert all(torch.equal(value, before[key]) for key, value in network.module.state_dict().items())
    assert torch.equal(torch.get_rng_state(), chance)


def _broken():
    from striate.explain.invariance.changes import Change

    def raising(images):
        raise RuntimeError

    return Change(name="broken", directions=(raising,))


def test_what_cannot_be_asked_is_refused(toys, digits):
    with pytest.raises(InputError, match="one class"):
        stability(toys.small(kind="labels"), digits, [0])
    with pytest.raises(InputError, match="at least one change"):
        stability(toys.small(shape=(1, 28, 28), outputs=10), digits, [0], changes=[])
    flat = toys.network(nn.Linear(4, 2), (1, 4), "ab")
    with pytest.raises(ShapeError, match="read images"):
        stability(flat, digits, [0])


def test_answers_that_are_no_numbers_are_wrong_and_not_steady(toys):
    class Nothing(nn.Module):
        def forward(self, x):
            return x.flatten(1)[:, :2] * float("nan")

    found = stability(looking(toys, Nothing()), data(np.zeros((3, 5, 5)), [0, 0, 1]), range(3), changes=[mirror()])

    assert found.accuracy == 0.0
    assert (found.rows[0].changed, found.rows[0].accuracy, found.rows[0].probability_shift) == (3, 0.0, 0.0)
