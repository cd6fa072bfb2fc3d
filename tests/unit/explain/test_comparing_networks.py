"""Two networks along their depth, where the answer is known."""

import copy
from dataclasses import replace

import pytest
import torch
from torch import nn

from striate.data import load_data
from striate.errors import InputError
from striate.explain import compare_networks
from striate.nets import Network, Origin
from striate.nets.cuts import CutNetwork, Ending
from striate.records import Output, Preprocessing

SHAPE = (1, 28, 28)
IMAGES = range(0, 4000, 100)


def network(module):
    return Network(
        module=module,
        preprocessing=Preprocessing(shape=SHAPE, mean=(0.13,), std=(0.31,)),
        output=Output(kind="classes", names=tuple(str(i) for i in range(10))),
        origin=Origin(kind="module", text="toy"),
    )


def made(seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Conv2d(1, 6, 5, stride=2),
            nn.ReLU(),
            nn.Conv2d(6, 8, 3, stride=2),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(8 * 25, 12),
            nn.ReLU(),
            nn.Linear(12, 10),
        ).eval()


def compared(before, after):
    return compare_networks(network(before), network(after), load_data("digits"), IMAGES)


def test_a_network_is_like_itself():
    found = compared(made(), made())

    assert [layer.name for layer in found.layers] == ["0", "2", "6", "8"]
    assert [layer.units for layer in found.layers] == [6, 8, 12, 10]
    assert found.alone == ()
    assert found.layers[-1].macs_share == 1.0
    for layer in found.layers:
        assert layer.similarity == pytest.approx(1, abs=1e-9)
        assert layer.interval == pytest.approx((1, 1), abs=1e-9)
        assert layer.matched == pytest.approx(1, abs=1e-6)
        assert layer.matched_by_chance < 0.6
        assert layer.change == 0.0


def test_a_layer_half_as_large_again_changed_by_a_half_and_sees_the_same():
    after = made()
    with torch.no_grad():
        after[0].weight.mul_(1.5)
        after[0].bias.mul_(1.5)

    first, second, *_ = compared(made(), after).layers

    assert first.change == pytest.approx(0.5, abs=1e-6)
    assert first.similarity == pytest.approx(1, abs=1e-6)
    assert second.change == 0.0


def test_filters_in_another_order_are_matched():
    after = made()
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    with torch.no_grad():
        after[0].weight.copy_(after[0].weight[order])
        after[0].bias.copy_(after[0].bias[order])

    first, *_ = compared(made(), after).layers

    assert first.matched == pytest.approx(1, abs=1e-6)
    assert first.similarity == pytest.approx(1, abs=1e-6)
    assert first.change > 0.5


def test_layers_drawn_anew_are_unlike_those_before(small_run, digits):
    before = Network.read(small_run / "network")
    anew = copy.deepcopy(before.module)
    learned = [module for module in anew.modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    with torch.random.fork_rng():
        torch.manual_seed(5)
        for module in learned[1:]:
            nn.init.kaiming_normal_(module.weight)

    found = compare_networks(before, replace(before, module=anew), digits, IMAGES)
    first, second, *_, last = found.layers

    assert (first.similarity, first.change) == (pytest.approx(1, abs=1e-6), 0.0)
    assert second.change > 0.8
    assert last.similarity < 0.6
    assert last.interval[0] < last.similarity < last.interval[1]
    assert last.matched < 0.9 < first.matched


def test_a_cut_network_is_compared_by_the_names_of_the_whole():
    whole = made()
    ending = Ending(path="4", turn=0, side="after", over=(2, 3), features=8, hidden=(5,), outputs=3, dropped=("6", "8"))
    cut = CutNetwork(copy.deepcopy(whole), ending).eval()
    after = network(cut)
    after = replace(after, output=Output(kind="classes", names=("a", "b", "c")))

    found = compare_networks(network(whole), after, load_data("digits"), IMAGES)

    assert [layer.name for layer in found.layers] == ["0", "2"]
    assert [layer.similarity for layer in found.layers] == pytest.approx([1, 1], abs=1e-9)
    assert found.alone == ("6", "8", "head.0", "head.3")
    assert found.layers[-1].macs_share < 1


def test_a_dead_layer_has_no_similarity():
    after = made()
    with torch.no_grad():
        after[6].bias.fill_(-1000)

    third = compared(made(), after).layers[2]

    assert (third.similarity, third.interval, third.matched, third.matched_quartiles) == (None,) * 4


def test_networks_come_back_as_they_were_also_after_an_exception(digits):
    module = made().train()
    module[3].eval()
    state = {name: value.clone() for name, value in module.state_dict().items()}
    modes = [part.training for part in module.modules()]
    random_state = torch.get_rng_state()

    def fails(*_):
        raise RuntimeError("on purpose")

    compare_networks(network(module), network(module), digits, IMAGES)
    module[8].register_forward_hook(fails)
    with pytest.raises(Exception, match="on purpose"):
        compare_networks(network(module), network(module), digits, IMAGES)

    assert [part.training for part in module.modules()] == modes
    assert all(torch.equal(value, state[name]) for name, value in module.state_dict().items())
    assert all(part.grad is None for part in module.parameters())
    assert torch.equal(torch.get_rng_state(), random_state)
    assert len(module[8]._forward_hooks) == 1


@pytest.mark.parametrize("indices", [range(4), range(257), ()])
def test_too_few_or_too_many_images_are_refused(indices, digits):
    with pytest.raises(InputError, match=rf"5 to 256 images; got {len(indices)} \(at indices\)"):
        compare_networks(network(made()), network(made()), digits, indices)


def test_networks_without_a_common_layer_are_refused(digits):
    other = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))

    with pytest.raises(InputError, match="a learned layer in common"):
        compare_networks(network(made()), network(other), digits, range(6))
