import pytest
import torch
from torch import nn

from striate.errors import InputError
from striate.records import Recipe
from striate.train.groups import set_rate
from striate.train.optimizers import make_optimizer


def net():
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.GroupNorm(2, 4), nn.Flatten(), nn.Linear(4, 2))


def test_filters_and_matrices_decay_and_nothing_else():
    module = net()
    decayed, free = (group["params"] for group in make_optimizer(module, Recipe(weight_decay=0.1)).param_groups)
    assert [id(p) for p in decayed] == [id(module[0].weight), id(module[4].weight)]
    assert len(free) == 6


def test_frozen_parameters_are_left_out():
    module = net()
    module[0].requires_grad_(requires_grad=False)
    decayed, free = (group["params"] for group in make_optimizer(module, Recipe()).param_groups)
    assert (len(decayed), len(free)) == (1, 5)


def test_decay_moves_weights_only():
    module = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    before = [p.detach().clone() for p in module.parameters()]
    optimizer = make_optimizer(module, Recipe(optimizer="adamw", weight_decay=0.5, rate=0.1))
    for parameter in module.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    after = list(module.parameters())
    torch.testing.assert_close(after[0], before[0] * 0.95)
    assert all(torch.equal(a, b) for a, b in zip(after[1:], before[1:], strict=True))


@pytest.mark.parametrize(
    ("name", "kind"), [("sgd", torch.optim.SGD), ("adam", torch.optim.Adam), ("adamw", torch.optim.AdamW)]
)
def test_every_optimiser_gets_the_rate(name, kind):
    optimizer = make_optimizer(net(), Recipe(optimizer=name, rate=0.25, momentum=0.7))
    assert type(optimizer) is kind
    set_rate(optimizer, 0.125)
    assert {group["lr"] for group in optimizer.param_groups} == {0.125}
    if name == "sgd":
        assert {group["momentum"] for group in optimizer.param_groups} == {0.7}


def test_a_network_with_nothing_to_train_is_refused():
    with pytest.raises(InputError, match="must have a parameter that is trained"):
        make_optimizer(net().requires_grad_(requires_grad=False), Recipe())
