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
        ({"input_size": (3,)}, "--input must keep the blueprint's channels and axes"),
        ({"input_size": (1, 8.5, 8)}, "input size must be"),
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


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.image, self.mask = nn.Conv2d(3, 4, 3), nn.Conv2d(1, 4, 3)

    def forward(self, image, mask):
        return self.image(image) * self.mask(mask)


class Branching(nn.Module):
    """Goes one way or the other by what it sees."""

    def __init__(self):
        super().__init__()
        self.small, self.large = nn.Linear(4, 2), nn.Linear(4, 3)

    def forward(self, x):
        return self.small(x) if x.sum() > 0 else self.large(x)


def test_several_inputs_are_given_by_name_and_token_ids_by_example():
    found = striate.check(Two(), {"image": (3, 8, 8), "mask": (1, 8, 8)}, batch=2)
    # 2 images, 4 channels, 6×6 places, 9 taps of 3 + 1 channels
    assert found.cost.total.macs == 2 * 4 * 36 * 9 * (3 + 1)

    tokens = nn.Sequential(nn.Embedding(10, 4), nn.Flatten(), nn.Linear(20, 2))
    read = striate.check(tokens, torch.zeros(3, 5, dtype=torch.int64))
    assert read.cost.total.macs == 3 * 20 * 2
    assert read.graph.conditions.batch == 3


def test_a_network_whose_way_depends_on_data_is_run_and_named():
    found = striate.check(Branching(), (4,))
    assert any("depends on data" in note for note in found.notes)
    assert found.document()["notes"] == list(found.notes)
    assert striate.check(nn.Linear(4, 2), (4,)).notes == ()


def test_a_module_of_ones_own_is_not_given_a_size_silently():
    with pytest.raises(InputError, match="an input size must be given") as caught:
        striate.check(nn.Conv2d(3, 4, 3))
    assert "--input" in caught.value.hint


@pytest.mark.filterwarnings("ignore:.*torch.jit")
def test_scripted_modules_are_checked():
    net = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.ReLU())
    found = striate.check(torch.jit.script(net), (3, 8, 8))
    assert found.cost.total.macs == 4 * 36 * 27
    assert found.memory.parameters_bytes == 4 * 4 * 27


def test_savings_start_from_the_checkpointed_step():
    from torchvision.models import resnet18

    found = striate.check(resnet18(weights=None), (3, 64, 64), batch=8, checkpoint="blocks", optimizer="sgd")
    assert "checkpoint-blocks" not in [way.name for way in found.savings]
    assert all(way.peak_bytes + way.saved_bytes == found.memory.peak_bytes for way in found.savings)


def test_one_module_to_checkpoint_may_be_given_by_itself():
    from torchvision.models import resnet18

    net = resnet18(weights=None)
    single, listed = (striate.check(net, (3, 32, 32), checkpoint=c).memory for c in ("layer1.0", ["layer1.0"]))
    assert single.checkpoint == listed.checkpoint == ("layer1.0",)


def test_a_forward_pass_alone_is_reckoned_in_the_precision_asked_for():
    found = striate.check(PLAN, batch=8, precision="mixed")
    assert found.inference.precision == "mixed"


def test_numbers_without_an_end_are_words_in_json():
    import json

    found = striate.check(nn.Sequential(nn.Conv2d(1, 2, 3), nn.Hardtanh(0, float("inf"))), (1, 8, 8))
    assert "inf" in json.dumps(found.document(), allow_nan=False)


def test_where_a_network_broke_its_rows_so_far_are_facts_of_the_error():
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(5, 6, 3))
    with pytest.raises(InputError) as caught:
        striate.check(net, (3, 8, 8))
    facts = caught.value.facts()
    assert [row["kind"] for row in facts["reached"]] == ["conv", "relu"]
    assert facts["shapes"][0] == [1, 4, 6, 6]
