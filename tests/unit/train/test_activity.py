import pytest
import torch
from torch import nn

from striate.records import Preprocessing
from striate.train import activity
from striate.train.activity import Activity

HOW = Preprocessing(shape=(1, 8, 8), mean=(0.3,), std=(0.2,))


def net():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3)).eval()


def images(data):
    return torch.stack([data.read(index) for index in range(20)]).float().div(255).sub(0.3).div(0.2)


@pytest.mark.parametrize("most", [99, 3])
def test_shares_are_those_of_the_values_themselves_also_when_memory_runs_out(data, monkeypatch, most):
    tap = activity.tap

    def scarce(module, given, *rest, **named):
        if len(given) > most:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return tap(module, given, *rest, **named)

    monkeypatch.setattr(activity, "tap", scarce)
    module = net()
    found = Activity(module, data, tuple(range(20)), HOW, batch_size=8)
    shares = found.measure(module, torch.device("cpu"), check=lambda: None)
    with torch.no_grad():
        expected = (module[:2](images(data)) > 0).double().mean().item()

    assert found.trouble == ""
    assert list(shares.values()) == [pytest.approx(expected)]


def test_what_does_not_fit_even_alone_is_told_and_left_out(data, monkeypatch):
    def full(*_arguments, **_named):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(activity, "tap", full)
    module = net()
    found = Activity(module, data, tuple(range(20)), HOW, batch_size=8)

    assert found.measure(module, torch.device("cpu"), check=lambda: None) == {}
    assert "measuring activity must fit into memory with one image at once" in found.trouble
