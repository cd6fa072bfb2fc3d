import numpy as np
import pytest
import torch
from torch import nn

from striate.analyse import layers
from striate.observe.survey import survey
from striate.observe.survey.patches import patches_of
from striate.observe.twins import copies, likeness
from striate.records import Output
from striate.trace import trace


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_likeness_is_numpys_correlation(rng):
    responses = rng.normal(size=(40, 5))

    np.testing.assert_allclose(likeness(responses), np.corrcoef(responses.T), atol=1e-12)


def test_likeness_within_groups_is_what_is_left_of_a_regression_on_them(rng):
    groups = rng.integers(0, 3, 60)
    responses = rng.normal(size=(60, 4)) + 10 * groups[:, None]
    indicators = (groups[:, None] == np.arange(3)).astype(float)
    left = responses - indicators @ np.linalg.lstsq(indicators, responses, rcond=None)[0]

    np.testing.assert_allclose(likeness(responses, groups), np.corrcoef(left.T), atol=1e-12)


def test_units_of_one_class_are_no_copies_of_each_other(rng):
    groups = np.repeat([0, 1], 30)
    of_class = 10.0 * groups + rng.normal(size=60)
    other = 10.0 * groups + rng.normal(size=60)
    responses = np.stack([of_class, other, 3 * of_class + 1], axis=1)
    pairs = [(0, 1, 1.0), (0, 2, 1.0), (1, 2, 1.0)]

    assert likeness(responses)[0, 1] > 0.9
    assert copies(pairs, responses, groups) == ((0, 2, 1.0),)
    assert copies([(0, 2, 0.94)], responses, groups) == ()


@pytest.fixture
def copied(wrapped):
    """Make a network of four filters, of which the third repeats the first, and the fourth the second but for a little."""

    def make(little):
        with torch.random.fork_rng():
            torch.manual_seed(0)
            module = nn.Sequential(
                nn.Conv2d(1, 4, 5), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 10)
            )
            with torch.no_grad():
                module[0].weight[2:] = module[0].weight[:2]
                module[0].weight[3] += little * torch.randn(1, 5, 5)
                module[0].bias.fill_(0.1)
        return wrapped(module, (1, 28, 28), Output(kind="classes", names=tuple("0123456789")))

    return make


def patches(network, digits, **how):
    found = survey(network, digits, range(0, 5000, 20), layers=["0"], memory_format="plain", lanes=1, **how)
    [only] = patches_of(found, layers(trace(network.module, (1, 1, 28, 28)).graph), network.output)
    return only


@pytest.mark.parametrize(("little", "expected"), [(0.0, {(0, 2), (1, 3)}), (0.2, {(0, 2)})])
def test_planted_copies_are_found_in_a_survey(copied, digits, little, expected):
    assert {(first, second) for first, second, _ in patches(copied(little), digits).copies} == expected


def test_copies_are_unknown_where_no_responses_were_kept(copied, digits):
    assert patches(copied(0.0), digits, has_statistics=False).copies is None
