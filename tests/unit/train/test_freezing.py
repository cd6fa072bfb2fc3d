import hashlib
import re

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, spectral_norm

from striate.errors import InputError, RunError, UnknownNameError
from striate.train.freezing import Freezing, check_frozen, frozen_digest


class Counting(nn.Module):
    """Counts what it sees in a buffer, whatever its mode; the second buffer is another tensor each time."""

    def __init__(self):
        super().__init__()
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64), persistent=False)
        self.register_buffer("mean", torch.zeros(()))

    def forward(self, x):
        self.seen += len(x)
        self.mean = 0.5 * self.mean + 0.5 * x.detach().mean()
        return x


def linear():
    return nn.Linear(4, 4)


class DropPath(nn.Module):
    def forward(self, x):
        return x * (torch.rand(len(x), 1) > 0.5) if self.training else x


PARTS = {
    "batchnorm": lambda: nn.Sequential(linear(), nn.BatchNorm1d(4)),
    "groupnorm": lambda: nn.Sequential(linear(), nn.GroupNorm(2, 4)),
    "instancenorm": lambda: nn.Sequential(
        linear(), nn.Unflatten(1, (2, 2)), nn.InstanceNorm1d(2, track_running_stats=True), nn.Flatten()
    ),
    "dropout": lambda: nn.Sequential(linear(), nn.Dropout(0.5)),
    "drop path": lambda: nn.Sequential(linear(), DropPath()),
    "spectral norm": lambda: nn.Sequential(parametrizations.spectral_norm(linear())),
    "spectral norm by hook": lambda: nn.Sequential(spectral_norm(linear())),
    "weight norm": lambda: nn.Sequential(parametrizations.weight_norm(linear())),
    "counting": lambda: nn.Sequential(linear(), Counting()),
}


def network(part):
    torch.manual_seed(3)
    return nn.ModuleDict({"part": PARTS[part](), "head": nn.Linear(4, 2)})


def run(net, x):
    return net["head"](net["part"](x))


def train(net, hold, steps=3):
    x = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    optimizer = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=0.1)
    for _ in range(steps):
        net.train()
        hold()
        optimizer.zero_grad()
        run(net, x).square().mean().backward()
        optimizer.step()


@pytest.mark.filterwarnings("ignore:.*spectral_norm:FutureWarning")
@pytest.mark.parametrize("part", PARTS)
def test_no_byte_of_a_frozen_part_moves_and_its_answers_are_those_of_eval_mode(part):
    net = network(part)
    run(net.train(), torch.randn(8, 4))
    x = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    expected = net.eval()["part"](x).detach()
    freezing = Freezing(net, ["part"])
    freezing.enter(1)
    before = frozen_digest(net, ["part"])
    train(net, freezing.hold)
    freezing.restore()
    answers = net["part"](x)
    freezing.restore()

    assert torch.equal(answers, expected)
    assert frozen_digest(net, ["part"]) == before
    freezing.release()
    assert all(parameter.requires_grad for parameter in net.parameters())


@pytest.mark.filterwarnings("ignore:.*spectral_norm:FutureWarning")
@pytest.mark.parametrize("part", ["batchnorm", "instancenorm", "spectral norm", "spectral norm by hook", "counting"])
def test_these_move_if_only_gradients_are_off(part):
    net = network(part)
    net["part"].requires_grad_(requires_grad=False)
    before = frozen_digest(net, ["part"])
    train(net, lambda: None)

    assert frozen_digest(net, ["part"]) != before


def test_a_digest_is_that_of_type_shape_and_bytes():
    net = nn.BatchNorm1d(2)
    content = b"torch.float32 (2,)" + bytes.fromhex("0000803f0000803f")

    assert frozen_digest(net, [""])["running_var"] == hashlib.sha256(content).hexdigest()
    assert list(frozen_digest(net, [""])) == ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]


def test_a_part_thaws_in_its_epoch_and_what_was_given_comes_back():
    net = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)), nn.Linear(2, 2))
    net[0].bias.requires_grad_(requires_grad=False)
    freezing = Freezing(net, ["0", "1"], unfreeze=[(3, "1.1"), (4, "0")])
    trained = {}
    for epoch in (1, 2, 3, 4):
        freezing.enter(epoch)
        net.train()
        freezing.hold()
        trained[epoch] = ({name for name, p in net.named_parameters() if p.requires_grad}, net[1][1].training)
    head = {"2.weight", "2.bias"}
    norm = {"1.1.weight", "1.1.bias"}

    assert trained == {
        1: (head, False),
        2: (head, False),
        3: (head | norm, True),
        4: (head | norm | {"0.weight"}, True),
    }
    assert [freezing.epoch_of(name) for name in ("0.weight", "0.bias", "1.0.weight", "1.1.weight", "2.bias")] == [
        4, 0, 0, 3, 1,
    ]  # fmt: skip
    freezing.release()
    assert [name for name, p in net.named_parameters() if not p.requires_grad] == ["0.bias"]


def test_a_weight_that_a_frozen_and_a_trained_part_share_is_frozen():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    net[1].weight = net[0].weight
    freezing = Freezing(net, ["1"])
    freezing.enter(1)

    assert [name for name, p in net.named_parameters() if p.requires_grad] == ["0.bias"]


def test_a_path_is_no_prefix_of_letters():
    net = nn.ModuleDict({"conv1": nn.Linear(1, 1), "conv10": nn.Linear(1, 1)})
    freezing = Freezing(net, ["conv1"])

    assert freezing.frozen_names(1) == {"conv1.weight", "conv1.bias"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"frozen": ["blocs"]}, "path must be a known name; got 'blocs' (at frozen). Did you mean blocks, blocks.0?"),
        ({"frozen": ["x"]}, "Known: blocks, head."),
        ({"frozen": ["blocks"], "unfreeze": [(2, "blocks.7")]}, "(at unfreeze). Did you mean blocks.0"),
    ],
)
def test_an_unknown_path_is_named_with_near_ones(arguments, words):
    net = nn.ModuleDict({"blocks": nn.Sequential(nn.Linear(1, 1)), "head": nn.Linear(1, 1)})
    with pytest.raises(UnknownNameError, match=re.escape(words)):
        Freezing(net, **arguments)


def test_only_what_is_frozen_can_thaw():
    net = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
    with pytest.raises(InputError, match=r"unfreeze must name a path that is frozen till then; got '1'"):
        Freezing(net, ["0"], unfreeze=[(2, "1")])
    with pytest.raises(InputError, match="unfreeze must name an epoch from 2 on; got 1"):
        Freezing(net, ["0"], unfreeze=[(1, "0")])


def test_a_frozen_tensor_that_moved_is_named():
    with pytest.raises(RunError, match=r"must stay as it is; got 'a and 1 more changed' \(at epoch 2\)"):
        check_frozen({"a": "1", "b": "2", "c": "3"}, {"a": "9", "b": "8", "c": "3"}, where="epoch 2")
