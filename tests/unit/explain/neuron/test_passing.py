import pytest
import torch
from torch import nn

from striate.errors import InputError, ShapeError
from striate.explain.neuron import Pass
from striate.trace import backprop


@pytest.fixture
def net():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(4 * 36, 3)
        ).eval()


def image(seed):
    return torch.randn(1, 1, 8, 8, generator=torch.Generator().manual_seed(seed))


def test_what_is_common_is_recorded_once_and_the_values_are_the_inputs_own(net, monkeypatch):
    first = Pass(net, image(0))
    monkeypatch.setattr(backprop, "recorded", lambda *_: pytest.fail("recorded again"))
    second = Pass(net, image(1), common=first.common)

    torch.testing.assert_close(second.scores, net(image(1))[0])
    torch.testing.assert_close(first.scores, net(image(0))[0])
    assert (second.rows, second.input, second.boxes) == (first.rows, first.input, first.boxes)


def test_weights_that_changed_meanwhile_are_read_anew(net):
    first = Pass(net, image(0))
    with torch.no_grad():
        net[0].weight.mul_(2)
    second = Pass(net, image(0), common=first.common)

    torch.testing.assert_close(second.scores, net(image(0))[0])
    assert not torch.allclose(second.scores, first.scores)


@pytest.mark.parametrize("shape", [(2, 1, 8, 8), (1, 1, 9, 8)])
def test_a_record_of_other_inputs_is_refused(net, shape):
    first = Pass(net, image(0))
    with pytest.raises((InputError, ShapeError)):
        Pass(net, torch.zeros(shape), common=first.common)
