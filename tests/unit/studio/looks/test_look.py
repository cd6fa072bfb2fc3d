"""Looks are kept within bytes, made again when given up, and leave the network as it came."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from striate.errors import InputError, UnknownNameError
from striate.studio.looks import look as looking
from striate.studio.looks.look import Given, Looks
from striate.studio.opening import subject_from


def given(seed, words="", target=None):
    inputs = torch.rand(1, 1, 28, 28, generator=torch.Generator().manual_seed(seed))
    return Given(inputs=inputs, words=words, target=target)


@pytest.fixture
def runs(monkeypatch):
    """Counts how often a network runs, by the look's key."""
    counted = []
    real = looking.looked

    def looked(subject, key, one):
        counted.append(key)
        return real(subject, key, one)

    monkeypatch.setattr(looking, "looked", looked)
    return counted


def test_the_same_input_is_the_same_look_and_runs_once(studio, runs):
    looks = Looks(studio)
    first, other, again = looks.take(given(0)), looks.take(given(1)), looks.take(given(0))

    assert first.key == again.key != other.key
    assert looks.of(first.key).scores.equal(first.scores)
    assert runs == [first.key, other.key]


def test_the_same_values_given_otherwise_are_called_what_they_were_given_as(studio):
    looks = Looks(studio)
    looks.take(given(0, "Number 3 of digits, 7.", 7))
    drawn = looks.take(given(0, "Centred."))

    assert (drawn.words, drawn.target) == ("Centred.", None)
    assert looks.of(drawn.key).words == "Centred."


def test_a_look_has_another_key_behind_other_weights(studio):
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(2 * 26 * 26, 10)).eval()
    keys = []
    for scale in (1.0, 1.5):
        with torch.no_grad():
            module[0].weight.fill_(scale)
            subject = subject_from(replace(studio.network, module=module))
        keys.append(Looks(subject).take(given(0)).key)

    assert keys[0] != keys[1]


def test_looks_beyond_the_bytes_are_given_up_oldest_first_and_made_again(studio, runs):
    one = Looks(studio).take(given(0))
    looks = Looks(studio, most_bytes=2 * one.size_bytes)
    runs.clear()
    keys = [looks.take(given(seed)).key for seed in (0, 1)]
    looks.of(keys[0])
    keys.append(looks.take(given(2)).key)

    assert runs == keys
    looks.of(keys[0])
    assert runs == keys
    again = looks.of(keys[1])
    assert runs == [*keys, keys[1]]
    assert again.scores.equal(Looks(studio).take(given(1)).scores)


def test_one_look_larger_than_the_bytes_is_kept(studio, runs):
    looks = Looks(studio, most_bytes=1)
    key = looks.take(given(0)).key
    looks.of(key)

    assert runs == [key]


@pytest.mark.parametrize(("name", "most"), [("MOST_INPUTS", 2), ("MOST_INPUT_BYTES", 2 * 28 * 28 * 4)])
def test_inputs_given_up_long_ago_are_asked_for_again(studio, monkeypatch, name, most):
    monkeypatch.setattr(looking, name, most)
    looks = Looks(studio)
    keys = [looks.take(given(seed)).key for seed in (0, 1, 2)]

    with pytest.raises(UnknownNameError, match="Give the input again"):
        looks.of(keys[0])
    assert looks.of(keys[1]).key == keys[1]


class Broken(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(784, 10)

    def forward(self, x):
        return torch.log(self.fc(x.flatten(1)) * 0 - x.amax((1, 2, 3))[:, None])


def test_scores_that_are_not_finite_are_refused_in_one_line(studio):
    subject = subject_from(replace(studio.network, module=Broken().eval()))

    with pytest.raises(InputError, match=r"scores must be finite; got NaN or infinity.*\[input\]$"):
        Looks(subject).take(given(0))


class Own(nn.Module):
    """Dropout, a running mean, a hook and gradients: all that could be disturbed."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(4, 10)
        self.breaks = False

    def forward(self, x):
        if self.breaks:
            raise ValueError("broken on purpose")
        return self.fc(self.drop(torch.relu(self.norm(self.conv(x)))).mean((2, 3)))


def state_of(module):
    return {
        "values": {name: value.clone() for name, value in module.state_dict().items()},
        "modes": [inner.training for inner in module.modules()],
        "hooks": [len(inner._forward_hooks) for inner in module.modules()],
        "flags": [value.requires_grad for value in module.parameters()],
        "gradients": [None if value.grad is None else value.grad.clone() for value in module.parameters()],
        "random": torch.get_rng_state(),
    }


def assert_same(one, other):
    assert one["modes"] == other["modes"]
    assert one["hooks"] == other["hooks"]
    assert one["flags"] == other["flags"]
    assert all(one["values"][name].equal(other["values"][name]) for name in one["values"])
    assert all(
        (a is None and b is None) or a.equal(b) for a, b in zip(one["gradients"], other["gradients"], strict=True)
    )
    assert one["random"].equal(other["random"])


@pytest.mark.parametrize("breaks", [False, True])
def test_the_module_is_left_as_it_came(studio, breaks):
    module = Own().train()
    module.norm.eval()
    module.fc.weight.requires_grad_(False)
    module.conv.weight.grad = torch.ones_like(module.conv.weight)
    module.register_forward_hook(lambda *_: None)
    module.breaks = breaks
    before = state_of(module)
    network = replace(studio.network, module=module)
    if breaks:
        with pytest.raises(Exception, match="broken on purpose"):
            subject_from(network)
    else:
        Looks(subject_from(network)).take(given(0))

    assert_same(before, state_of(module))
