"""A program with other functions in place of some operators, and gradients through what was written in place."""

import pytest
import torch
from torch import nn

from striate.trace import trace


class Writes(nn.Module):
    """Its ReLU writes in one way or another."""

    def __init__(self, way):
        super().__init__()
        self.first, self.way = nn.Linear(4, 4), way

    def forward(self, x):
        y = self.first(x)
        if self.way == "plain":
            return y.relu_() * 2
        if self.way == "seen through an older view":
            view = y[:, :2]
            y.relu_()
            return view * 3 + y[:, 2:]
        if self.way == "of a part":
            y[:, :2].relu_()
            return y * 2
        if self.way == "assigned":
            y[:] = y.relu()
            return y * 2
        y[:, 1:3] = y[:, :2].relu()
        return y * 2


WAYS = ["plain", "seen through an older view", "of a part", "assigned", "assigned to a part"]


def negated(func, _args):
    return torch.neg if "relu" in str(func) else None


class Negated(Writes):
    """The same by hand, with the negative instead of the ReLU."""

    def forward(self, x):
        y = self.first(x)
        if self.way in {"plain", "assigned"}:
            return -y * 2
        if self.way == "seen through an older view":
            return -y[:, :2] * 3 - y[:, 2:]
        if self.way == "of a part":
            return torch.cat([-y[:, :2], y[:, 2:]], 1) * 2
        return torch.cat([y[:, :1], -y[:, :2], y[:, 3:]], 1) * 2


@pytest.mark.parametrize("way", WAYS)
def test_what_stands_in_place_of_an_operator_is_written_where_it_wrote(way):
    net, by_hand = Writes(way), Negated(way)
    by_hand.load_state_dict(net.state_dict())
    program = trace(net, (1, 4)).program
    images = torch.randn(3, 4)

    assert torch.equal(program.replaced(negated).run(net, images).outputs, by_hand(images))
    assert torch.equal(program.run(net, images).outputs, net(images))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("is_replaced", [False, True])
def test_gradients_flow_through_writes(way, is_replaced):
    net = Writes(way)
    oracle = Negated(way) if is_replaced else net
    oracle.load_state_dict(net.state_dict())
    program = trace(net, (1, 4)).program
    program = program.replaced(negated) if is_replaced else program
    images = torch.randn(3, 4)
    slopes = []
    for run in (oracle, lambda x: program.run(net, x).outputs):
        leaf = images.clone().requires_grad_()
        slopes += torch.autograd.grad(run(leaf).square().sum(), [leaf])

    torch.testing.assert_close(*slopes)


def test_a_network_that_cannot_be_replayed_cannot_be_replaced_either():
    class Asks(nn.Module):
        def forward(self, x):
            return x.relu() if float(x.sum()) > 0 else x

    program = trace(Asks(), (1, 4)).program.replaced(negated)

    assert "data" in program.reason
