"""A copy of a module is what `copy.deepcopy` makes of it."""

import copy
import functools
from collections import OrderedDict

import pytest
import torch
from torch import nn

from striate.trace.copying import copied


class Odd(nn.Module):
    """Holds one of everything: itself, shared lists, parts in containers, bound methods, tensors, sets, a class attribute."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 3)
        self.same = self.fc
        self.me = [self]  # plain lists register nothing
        self.shared = {"a": [1, 2], 3: (4, 5)}
        self.ordered = OrderedDict(b=self.shared, a={7, 8})
        self.pair = (self.fc, "x")
        self.step = self.forward
        self.part = functools.partial(torch.add, alpha=2)
        self.table = torch.arange(3)
        self.register_buffer("scale", torch.ones(1), persistent=False)

    def forward(self, x):
        return self.fc(x)


def test_every_part_is_new_and_shared_parts_stay_shared():
    net = Odd()
    twin = copied(net, {})
    assert type(twin) is Odd
    assert twin is not net
    assert twin.fc is not net.fc
    assert twin.same is twin.fc
    assert twin.me == [twin]
    assert twin.pair == (twin.fc, "x")
    assert twin.ordered["b"] is twin.shared
    assert twin.shared is not net.shared
    assert twin.shared == net.shared
    assert twin.ordered["a"] == {7, 8}
    assert twin.ordered["a"] is not net.ordered["a"]
    assert twin.step.__self__ is twin
    assert twin.part.keywords == {"alpha": 2}
    assert twin.table is not net.table
    assert torch.equal(twin.fc.weight, net.fc.weight)
    assert twin._non_persistent_buffers_set == {"scale"}
    twin.shared["a"].append(9)
    assert net.shared["a"] == [1, 2]


def test_stand_ins_are_put_in_everywhere():
    net, other = Odd(), nn.Parameter(torch.zeros(3, 3))
    twin = copied(net, {id(net.fc.weight): other})
    assert twin.fc.weight is other
    assert twin.fc.bias is not net.fc.bias


def test_a_class_that_copies_itself_is_asked():
    class Own(nn.Linear):
        def __deepcopy__(self, memo):
            return nn.Identity()

    assert type(copied(nn.Sequential(Own(1, 1)), {})[0]) is nn.Identity


def test_state_is_what_the_class_says_it_is():
    class Frugal(nn.Linear):
        def __getstate__(self):
            return {name: value for name, value in vars(self).items() if name != "log"}

        def __setstate__(self, state):
            super().__setstate__(state)
            self.log = ["new"]

    net = Frugal(1, 1)
    net.log = ["old"]
    assert copied(net, {}).log == ["new"] == copy.deepcopy(net).log


def test_parametrised_modules_are_copied_with_their_parametrisations():
    net = nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))
    twin = copied(net, {})
    assert [name for name, _ in twin.named_parameters()] == [name for name, _ in net.named_parameters()]
    assert torch.equal(twin.weight, net.weight)
    with torch.no_grad():
        twin.parametrizations.weight.original0.mul_(2)
    assert torch.equal(twin.weight, 2 * net.weight)


def test_what_cannot_be_copied_is_said():
    net = nn.Linear(1, 1)
    net.words = (letter for letter in "ab")
    with pytest.raises(TypeError, match="generator"):
        copied(net, {})
