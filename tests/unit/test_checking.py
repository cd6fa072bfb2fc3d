"""`check` gives the same answers from a blueprint, a module and a reference."""

import pytest
import torch
from torch import nn

import striate
from striate.blueprint import Blueprint
from striate.errors import InputError
from striate.nets import build

PLAN = Blueprint.from_text("input 1x20x20; conv 5 6, relu; maxpool 2; conv 3 8, relu; globalavgpool; classes 4")


def test_a_blueprint_and_its_module_are_checked_alike():
    paper, traced = striate.check(PLAN, batch=3), striate.check(build(PLAN), (1, 20, 20), batch=3)

    assert paper.cost.total == traced.cost.total
    assert paper.memory.at_peak == traced.memory.at_peak
    assert list(paper.memory.saved.values()) == list(traced.memory.saved.values())
    assert [row.summary for row in paper.layers] == [row.summary for row in traced.layers]
    assert [f.code for f in paper.findings] == [f.code for f in traced.findings]
    assert (
        paper.document()["receptive_field"]
        == traced.document()["receptive_field"]
        == {
            "size_px": [10, 10],
            "stride_px": [2, 2],
            "padding_px": [4, 4],
            "holes_px": [0, 0],
            "is_known": True,
            "is_global": False,
            "is_aligned": True,
        }
    )


def test_the_module_is_left_as_it_came():
    module = build(PLAN).train()
    before = {key: value.clone() for key, value in module.state_dict().items()}
    random_before = torch.get_rng_state()

    striate.check(module, (1, 20, 20))

    assert module.training
    assert all(torch.equal(before[key], value) for key, value in module.state_dict().items())
    assert torch.equal(random_before, torch.get_rng_state())
    assert not any(m._forward_hooks for m in module.modules())


def test_another_input_size_changes_the_work_and_not_the_parameters():
    small, large = striate.check(PLAN), striate.check(PLAN, (1, 40, 40))

    assert small.cost.total.params == large.cost.total.params
    # both maps have four times the places; the last layer stays
    assert large.cost.total.macs == 4 * (small.cost.total.macs - 32) + 32


def test_the_field_is_followed_through_slices_of_space_and_of_channels():
    class Sliced(nn.Module):
        def __init__(self, where):
            super().__init__()
            self.where = where
            self.conv = nn.Conv2d(1, 2, 3)

        def forward(self, x):
            x = x[..., ::2, ::2] if self.where == "space" else x[:, :1]
            return self.conv(x)

    space, channels = (
        striate.check(Sliced(where), (1, 12, 12)).document()["receptive_field"] for where in ("space", "channels")
    )

    # A 3×3 window over every second pixel reads pixels 0, 2 and 4.
    assert (space["size_px"], space["stride_px"], space["holes_px"]) == ([5, 5], [2, 2], [2, 2])
    assert (channels["size_px"], channels["stride_px"], channels["holes_px"]) == ([3, 3], [1, 1], [0, 0])


def test_an_operation_nobody_knows_is_listed_and_not_counted():
    class Fourier(nn.Module):
        def forward(self, x):
            return torch.fft.rfft2(x).real

    found = striate.check(nn.Sequential(nn.Conv2d(1, 2, 3), Fourier()), (1, 8, 8))

    assert found.document()["not_counted"]
    assert found.cost.total.macs == 2 * 36 * 9


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"optimizer": "adamm"}, "optimizer must be one of sgd, momentum, adam, adamw, rmsprop"),
        ({"batch": 0}, "batch must be at least 1"),
        ({"input_size": (3,)}, "input size must be"),
        ({"input_size": (3, 0, 3)}, "input size must be"),
        ({"select": ["nonsense"]}, "must be a known name"),
    ],
)
def test_wrong_arguments_are_named(arguments, words):
    with pytest.raises(InputError, match=words):
        striate.check(PLAN, **arguments)


class Sided(nn.Module):
    """A network with a head for training only, which eval mode does not run."""

    def __init__(self):
        super().__init__()
        self.first, self.head, self.side = nn.Conv2d(1, 4, 3), nn.Linear(4, 2), nn.Linear(4, 2)

    def forward(self, x):
        x = self.first(x).mean((2, 3))
        return (self.head(x), self.side(x)) if self.training else self.head(x)


def test_the_memory_is_that_of_a_training_step_where_training_does_more():
    module = Sided().eval()

    found = striate.check(module, (1, 8, 8))

    params = 4 * sum(p.numel() for p in module.parameters())
    assert found.graph.idle == (("side.weight", 8), ("side.bias", 2))
    assert found.memory.gradients_bytes == params
    assert found.memory.optimizer_bytes == 2 * params + 4 * 6
    assert not module.training


def test_one_image_without_batch_statistics_is_counted_by_two():
    module = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.BatchNorm2d(1), nn.Flatten(), nn.Linear(1, 2))
    module.append(Asking())

    found = striate.check(module, (1, 8, 8))

    assert found.memory.batch == 1


class Asking(nn.Module):
    """Asks whether it is training."""

    def forward(self, x):
        return x + 1 if self.training else x


def test_the_largest_batch_is_told_for_a_limit():
    found = striate.check(PLAN, memory_bytes=10**6)

    memory = found.document()["memory"]
    assert memory["largest_batch"] == found.largest_batch > 1
    assert memory["peak_bytes"] == found.memory.peak_bytes
    assert memory["when"] in {"forward", "backward", "optimizer"}
    assert striate.check(PLAN, batch=found.largest_batch).memory.peak_bytes <= 10**6
    assert striate.check(PLAN, batch=found.largest_batch + 1).memory.peak_bytes > 10**6
