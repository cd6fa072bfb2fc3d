from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import expit, softmax
from torch import nn

from striate.data import load_data
from striate.errors import InputError, RunError
from striate.observe import PredictionCollector, observe
from striate.records import Output

IMAGES = np.random.default_rng(1).integers(0, 256, (20, 12, 12), np.uint8)


def answers_of(wrapped, output, targets, **scale):
    torch.manual_seed(0)
    module = nn.Sequential(nn.Flatten(), nn.Linear(144, output.count)).eval()
    network = wrapped(module, output=output, **scale)
    dataset = load_data((IMAGES, targets))
    found = observe(network, dataset, range(20), [PredictionCollector(network)], batch_size=7)["predictions"]
    raw = (torch.from_numpy(IMAGES).reshape(20, -1) / 255 - 0.5) / 0.25
    with torch.no_grad():
        return found, module(raw).numpy()


def test_classes_get_probabilities_by_softmax(wrapped):
    targets = np.arange(20) % 3
    found, raw = answers_of(wrapped, Output(kind="classes", names=("0", "1", "2")), targets)
    np.testing.assert_allclose(found.scores, softmax(raw, axis=1), atol=1e-5)  # float32
    np.testing.assert_array_equal(found.truth, targets)
    np.testing.assert_array_equal(found.samples, np.arange(20))
    assert found.truth.dtype == np.int64


def test_labels_get_probabilities_of_their_own(wrapped):
    targets = np.random.default_rng(2).integers(0, 2, (20, 4))
    found, raw = answers_of(wrapped, Output(kind="labels", names=tuple("wxyz")), targets)
    np.testing.assert_allclose(found.scores, expit(raw), atol=1e-5)  # float32
    np.testing.assert_array_equal(found.truth, targets)
    assert found.truth.dtype == np.uint8


def test_values_come_back_on_their_own_scale(wrapped):
    targets = np.random.default_rng(2).normal(50, 10, (20, 2))
    output = Output(kind="values", names=("m", "n"))
    found, raw = answers_of(wrapped, output, targets, value_mean=(50.0, 7.0), value_std=(10.0, 2.0))
    np.testing.assert_allclose(found.scores, raw * (10, 2) + (50, 7), rtol=1e-5)  # float32
    np.testing.assert_allclose(found.truth, targets, rtol=1e-6)


def test_answers_that_are_not_numbers_are_refused(dataset, wrapped):
    module = nn.Sequential(nn.Flatten(), nn.Linear(144, 3))
    nn.init.constant_(module[1].weight, float("nan"))
    network = wrapped(module)
    with pytest.raises(RunError, match="4 of 4 images"):
        observe(network, dataset, range(4), [PredictionCollector(network)])


def test_a_network_with_other_outputs_than_its_names_is_refused(dataset, wrapped):
    network = wrapped(nn.Sequential(nn.Flatten(), nn.Linear(144, 4)))
    with pytest.raises(InputError, match="its 3 outputs"):
        observe(network, dataset, range(4), [PredictionCollector(network)])
