"""A network fed otherwise than it was trained finds back to what it was trained with."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from striate.data import Dataset, ReadAs, load_data
from striate.errors import InputError
from striate.explain import preprocessing_trial
from striate.lint import lint
from striate.nets import load_network
from striate.records import Evidence

pytestmark = pytest.mark.slow


class Thermometer(nn.Module):
    """Class 1 if the first channel's mean lies above a threshold, else class 0."""

    def __init__(self, threshold):
        super().__init__()
        self.threshold = nn.Parameter(torch.tensor(float(threshold)))

    def forward(self, x):
        above = x[:, 0].mean((1, 2)) - self.threshold
        return torch.stack([-above, above], 1)


def warm_and_cold():
    """Forty colour images, red ones of class 1, blue ones of class 0."""
    pictures = np.zeros((40, 4, 4, 3), np.uint8)
    pictures[:20, ..., 0], pictures[20:, ..., 2] = 200, 200
    return load_data((pictures.transpose(0, 3, 1, 2).copy(), np.array([1] * 20 + [0] * 20)))


def of(network, **how):
    return dataclasses.replace(network, preprocessing=dataclasses.replace(network.preprocessing, **how))


@pytest.fixture(scope="module")
def trained(small_run):
    return load_network(small_run)


def test_the_trained_way_is_found_again_whatever_is_in_use(trained, digits):
    own = trained.preprocessing
    held_out = range(0, 5000, 25)
    right = preprocessing_trial(trained, digits, held_out).accuracy

    for wrong in ({"mean": (1.0,), "std": (1.0,)}, {"mean": (0.9,), "std": (0.1,)}):
        trial = preprocessing_trial(of(trained, **wrong), digits, held_out)

        best = trial.best
        assert best.name == "mean and std of these images"
        assert best.accuracy == pytest.approx(right, abs=0.01)
        assert trial.accuracy < right - 0.05
        assert [finding.name for finding in lint(Evidence(preprocessing_trial=trial)).findings] == [
            "wrong-preprocessing"
        ]
    assert trained.preprocessing == own


def test_images_that_were_inverted_are_found(trained, digits):
    chosen = [*range(0, 5000, 50)]
    stored = np.stack([255 - digits.read(index).numpy() for index in chosen])
    inverted = load_data((stored, np.array([digits.samples[index].target for index in chosen])))

    trial = preprocessing_trial(trained, inverted, range(len(chosen)))

    assert trial.best.name == "inverted"
    assert trial.accuracy < 0.5
    assert trial.best.accuracy > 0.9


def test_a_network_in_its_own_use_has_no_finding(trained, digits):
    trial = preprocessing_trial(trained, digits, range(0, 5000, 10))

    report = lint(Evidence(preprocessing_trial=trial))
    assert report.findings == ()
    assert "wrong-preprocessing" in report.silent


def test_reversed_channels_are_found_and_counted(toys):
    network = toys.network(Thermometer(0.3), (3, 4, 4), ("cold", "warm"), mean=(0.0,) * 3, std=(1.0,) * 3)

    as_trained = preprocessing_trial(network, warm_and_cold(), range(40))
    bgr = next(rival for rival in as_trained.rivals if rival.name.startswith("channels"))
    assert (as_trained.accuracy, bgr.accuracy, bgr.gained, bgr.lost) == (1.0, 0.0, 0, 40)
    assert bgr.p_value == pytest.approx(2 / 2**40)
    # 0 … 1 is the way in use, and no rival to itself.
    assert "pixels 0 … 1" not in [rival.name for rival in as_trained.rivals]


def test_signals_of_three_channels_are_no_colours(toys):
    module = nn.Sequential(nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(3, 2))
    network = of(toys.network(module, (3, 64), ("a", "b"), mean=(0.0,) * 3, std=(1.0,) * 3), scale=(-4.0, 4.0))
    signals = np.random.default_rng(0).normal(size=(8, 3, 64)).astype(np.float32)
    heard = load_data((signals, np.array([0, 1] * 4)), read_as=ReadAs(axes=1))

    names = [rival.name for rival in preprocessing_trial(network, heard, range(8)).rivals]
    assert "inverted" in names
    assert not [name for name in names if "BGR" in name]


def test_statistics_of_the_images_are_those_of_256_at_most(toys, monkeypatch):
    network = toys.network(Thermometer(0.3), (3, 4, 4), ("cold", "warm"), mean=(0.0,) * 3, std=(1.0,) * 3)
    pictures = np.random.default_rng(0).integers(0, 256, (600, 3, 4, 4)).astype(np.uint8)
    many = load_data((pictures, np.arange(600) % 2))
    read, seen = Dataset.read, []
    monkeypatch.setattr(
        Dataset, "read", lambda self, index, *given, **how: seen.append(index) or read(self, index, *given, **how)
    )

    preprocessing_trial(network, many, range(600))

    assert set(seen) == set(range(600))
    assert len(seen) == 600 + 256


def test_statistics_of_some_images_are_of_every_class_though_classes_take_turns(toys):
    network = toys.network(Thermometer(0.5), (3, 4, 4), ("cold", "warm"), mean=(0.0,) * 3, std=(1.0,) * 3)
    pictures = np.zeros((512, 3, 4, 4), np.uint8)
    pictures[::2] = 200
    in_turns = load_data((pictures, (np.arange(512) + 1) % 2))

    trial = preprocessing_trial(network, in_turns, range(512))

    # With the mean and deviation of both classes they lie at −1 and 1; with those of the warm ones alone these lie at 0.
    own = next(rival for rival in trial.rivals if rival.name == "mean and std of these images")
    assert own.accuracy == 1.0


def test_the_network_is_left_as_it_came(toys, digits):
    network = toys.small(shape=(1, 28, 28), outputs=10)
    network.module.train()
    network.module[2].eval()
    modes = [part.training for part in network.module.modules()]
    before = {key: value.clone() for key, value in network.module.state_dict().items()}
    chance = torch.get_rng_state()

    preprocessing_trial(network, digits, range(4))

    assert [part.training for part in network.module.modules()] == modes
    assert all(torch.equal(value, before[key]) for key, value in network.module.state_dict().items())
    assert torch.equal(torch.get_rng_state(), chance)


def test_what_cannot_be_tried_is_refused(toys, digits):
    with pytest.raises(InputError, match="one class"):
        preprocessing_trial(toys.small(kind="values"), digits, [0])
