"""Values handed on the moment they are made."""

import pytest
import torch
from torch import nn

from striate.errors import InputError
from striate.trace import Site, hearing


class Turns(nn.Module):
    """One ReLU, working in place, called twice; a layer that returns two tensors; one that is given its input by name."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.relu = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3), nn.ReLU(inplace=True)
        self.pair, self.fc = nn.GRU(4, 4, batch_first=True), nn.Linear(4, 2)

    def forward(self, x):
        x = self.relu(self.second(self.relu(self.first(x))))
        rows, _ = self.pair(x.flatten(2).transpose(1, 2))
        return self.fc(input=rows[:, -1])


@pytest.fixture
def turns():
    torch.manual_seed(0)
    return Turns().eval()


IMAGES = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(1))


def heard_of(module, sites, passes=1):
    heard = []
    with torch.no_grad(), hearing(module, sites, lambda name, value: heard.append((name, value.clone()))) as begin:
        for _ in range(passes):
            begin()
            module(IMAGES)
    return heard


def test_outputs_inputs_and_turns_are_told_apart_in_the_order_they_are_made(turns):
    sites = [
        Site(name="two", path="relu", turn=1),
        Site(name="one", path="relu"),
        Site(name="before", path="second", side="before"),
        Site(name="after", path="second"),
    ]
    heard = heard_of(turns, sites)
    one = turns.first(IMAGES).relu()
    two = turns.second(one)

    assert [name for name, _ in heard] == ["one", "before", "after", "two"]
    for (_, value), expected in zip(heard, (one, one, two, two.relu()), strict=True):
        assert torch.equal(value, expected)


def test_turns_are_counted_anew_in_every_pass_also_after_one_that_failed(turns):
    heard = []
    with (
        torch.no_grad(),
        hearing(turns, [Site(name="two", path="relu", turn=1)], lambda *one: heard.append(one)) as begin,
    ):
        begin()
        with pytest.raises(RuntimeError):
            # 2 × 2 places: the second convolution has none left.
            turns(IMAGES[:, :, :4, :4])
        for _ in range(3):
            begin()
            turns(IMAGES)

    assert len(heard) == 3


def test_what_is_heard_is_what_was_made_though_a_layer_behind_writes_into_it(turns):
    ((_, value),) = heard_of(turns, [Site(name="first", path="first")])

    assert torch.equal(value, turns.first(IMAGES))
    assert bool((value < 0).any())


def test_the_network_itself_can_be_heard(turns):
    [(_, before), (_, after)] = heard_of(turns, [Site(name="x", path="", side="before"), Site(name="y", path="")])

    assert torch.equal(before, IMAGES)
    assert torch.equal(after, turns(IMAGES))


@pytest.mark.parametrize(
    ("site", "told"),
    [
        (Site(name="a", path="pair"), r"a value must be a tensor; got tuple \(at pair\)"),
        (Site(name="a", path="fc", side="before"), r"a value must be a tensor; got NoneType \(at fc\)"),
    ],
)
def test_what_is_no_tensor_is_refused_by_its_modules_name_and_no_hook_stays(turns, site, told):
    with pytest.raises(InputError, match=told):
        heard_of(turns, [site])

    assert not any(part._forward_hooks or part._forward_pre_hooks for part in turns.modules())


def test_a_module_that_is_not_there_leaves_no_hook(turns):
    with (
        pytest.raises(AttributeError),
        hearing(turns, [Site(name="a", path="first"), Site(name="b", path="no")], print),
    ):
        pass

    assert not any(part._forward_hooks or part._forward_pre_hooks for part in turns.modules())


def test_hooks_of_others_stay_and_still_work(turns):
    own = []
    handle = turns.first.register_forward_hook(lambda *_: own.append(1))
    heard_of(turns, [Site(name="a", path="first")])
    turns(IMAGES)

    assert len(own) == 2
    handle.remove()


def test_the_pass_computes_what_it_does_unheard(turns):
    outputs = []
    with torch.no_grad(), hearing(turns, [Site(name="a", path="relu")], lambda *_: None) as begin:
        begin()
        outputs.append(turns(IMAGES))

    assert torch.equal(outputs[0], turns(IMAGES))
