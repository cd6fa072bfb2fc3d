import pytest
import torch
from torch import nn

from striate.nets import initialise


def net():
    return nn.Sequential(nn.Conv2d(8, 64, 5, groups=2), nn.BatchNorm2d(64), nn.Flatten(), nn.Linear(500, 200))


@pytest.mark.parametrize(("scheme", "stds"), [("he", ((2 / 100) ** 0.5, (2 / 500) ** 0.5)), ("small", (0.01, 0.01))])
def test_weights_have_the_spread_the_scheme_names(scheme, stds):
    module = net()
    initialise(module, scheme, seed=3)
    for layer, std in zip((module[0], module[3]), stds, strict=True):
        # 6,400 and 100,000 draws: their own spread is known to 1 % and better
        assert layer.weight.std().item() == pytest.approx(std, rel=0.04)
        assert abs(layer.weight.mean().item()) < std * 0.05
        assert not layer.bias.any()


def test_a_seed_is_a_start_and_the_global_random_state_is_left_alone():
    first, second, third = net(), net(), net()
    torch.manual_seed(1)
    expected = torch.rand(2)
    torch.manual_seed(1)
    initialise(first, seed=5)
    assert torch.equal(torch.rand(2), expected)
    initialise(second, seed=5)
    initialise(third, seed=6)
    assert torch.equal(first[3].weight, second[3].weight)
    assert not torch.equal(first[3].weight, third[3].weight)


def test_normalisation_begins_at_one_and_zero():
    module = net()
    with torch.no_grad():
        module[1].weight.fill_(3)
        module[1].running_var.fill_(7)
    initialise(module, seed=0)
    assert module[1].weight.eq(1).all()
    assert module[1].running_var.eq(1).all()
