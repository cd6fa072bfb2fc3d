"""Networks run on meta tensors leave the tape that fake tensors leave, or are given up; neither loads torch's compiler without need."""

import subprocess
import sys

import pytest
import torch
from torch import nn
from torch.nn import functional

from striate.errors import InputError
from striate.trace import runs, trace
from striate.trace.hollow import FakeTensors, MetaTensors
from striate.trace.inputs import read_inputs
from striate.trace.runs import HollowRuns
from striate.trace.shell import check_ready


class Does(nn.Module):
    """A convolution, and what is given behind it."""

    def __init__(self, then):
        super().__init__()
        self.conv, self.then = nn.Conv2d(3, 4, 3, padding=1), then
        self.register_buffer("scale", torch.rand(4, 1, 1))

    def forward(self, x):
        return self.then(self.conv(x), self)


CONSTANT = torch.rand(4, 1, 1)
PLAIN = {
    "pooled": lambda x, _: functional.avg_pool2d(functional.max_pool2d(x, 3, 2, 1), 2),
    "rounded up": lambda x, _: functional.max_pool2d(x, 2, ceil_mode=True),
    "in place": lambda x, net: functional.relu_(x).mul_(net.scale).add_(1),
    "through a view": lambda x, _: (x[:, :2].mul_(2), x + 1)[1],
    "shuffled": lambda x, _: x.view(len(x), 2, 2, *x.shape[2:]).transpose(1, 2).reshape(x.shape),
    "normalised": lambda x, _: functional.group_norm(functional.instance_norm(x), 2),
    "resized": lambda x, _: functional.interpolate(x, scale_factor=2, mode="bilinear"),
    "weighed by its channels": lambda x, _: x * x.mean((2, 3), keepdim=True).sigmoid(),
    "dropped": lambda x, net: functional.dropout(x, 0.5, net.training),
    "over everything": lambda x, _: x - x.amax() + x.sum(),
    "several": lambda x, _: {"maps": list(x.chunk(2, 1)), "mean": x.flatten(2).mean(2), "n": len(x)},
}


def caught(x, _):
    try:
        return x * (2 if x.is_cpu else 3)
    except Exception:  # noqa: BLE001 - as networks do
        return x


def cast(x, net):
    with torch.autocast("cpu", torch.bfloat16):
        return net.conv(functional.pad(x, (0, 0, 0, 0))[:, :3])


NOT_PLAIN = {
    "asks and catches what comes of it": caught,
    "is cast by itself": cast,
    "makes a tensor like another": lambda x, _: x + x.new_tensor([1.0, 2.0, 3.0] * 3),
    "asks where it is": lambda x, _: x * (2 if x.is_cpu else 3),
    "makes a tensor there": lambda x, _: x + torch.arange(x.shape[3], device=x.device),
    "makes a tensor anywhere": lambda x, _: x + torch.ones(x.shape[3]),
    "brings one along": lambda x, _: x * CONSTANT,
    "brings a number along": lambda x, _: x * torch.tensor(2.0),
    "attends": lambda x, _: functional.scaled_dot_product_attention(x, x, x),
    "asks how it lies": lambda x, _: x if x.is_contiguous() else x * 2,
    "convolves what does not lie in order": lambda x, net: functional.conv2d(
        x.transpose(2, 3), net.conv.weight[:, :1].repeat(1, 4, 1, 1)
    ),
}


def said(tape):
    """Return what a tape says, with the numbers of its memory counted from 0 and its devices all alike."""
    storages = {}
    calls = [
        (call.func, placeless(call.args), placeless(call.kwargs), call.outputs, call.writes, call.after, call.frame)
        for call in tape.calls
    ]
    values = [
        (value.shape, value.dtype, value.origin, value.key, storages.setdefault(value.storage, len(storages)))
        for value in tape.values
    ]
    literal = {storages[storage] for storage in tape.literal}
    return calls, values, tape.frames, literal, tape.sites, tape.leaves, tape.spec


def placeless(argument):
    if isinstance(argument, torch.device):
        return "a device"
    if isinstance(argument, list | tuple):
        return type(argument)(map(placeless, argument))
    return {key: placeless(part) for key, part in argument.items()} if isinstance(argument, dict) else argument


def run(net, hollow, monkeypatch, mode="eval", shape=(2, 3, 9, 9)):
    monkeypatch.setattr(runs, "hollow_for", lambda *_: hollow)
    found = check_ready(net)
    return HollowRuns(net, read_inputs(net, shape), mode, found)


@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_network_leaves_the_same_tape_on_both(name, mode, monkeypatch):
    net = Does(PLAIN[name])
    calls = []
    monkeypatch.setattr(runs, "FakeTensors", lambda: calls.append("given up") or FakeTensors())
    tape = run(net, MetaTensors(), monkeypatch, mode).first()
    assert calls == []
    assert said(tape) == said(run(net, FakeTensors(), monkeypatch, mode).first())


@pytest.mark.parametrize("name", NOT_PLAIN)
def test_what_meta_tensors_could_answer_otherwise_is_left_to_fake_ones(name, monkeypatch):
    net = Does(NOT_PLAIN[name])
    calls = []
    monkeypatch.setattr(runs, "FakeTensors", lambda: calls.append("given up") or FakeTensors())
    tape = run(net, MetaTensors(), monkeypatch).first()
    assert calls == ["given up"]
    assert said(tape) == said(run(net, FakeTensors(), monkeypatch).first())


def test_a_network_that_is_plain_at_one_batch_only_is_replayed_as_before(monkeypatch):
    net = Does(lambda x, _: x * 2 if len(x) != 5 else x * (2 if x.is_cpu else 3)).eval()
    images = torch.rand(7, 3, 9, 9)
    monkeypatch.setattr(runs, "hollow_for", lambda *_: MetaTensors())
    program = trace(net, (2, 3, 9, 9)).program
    assert torch.equal(program.run(net, images).outputs, net(images))


def test_a_size_that_does_not_fit_is_refused_in_the_same_words(monkeypatch):
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(5, 4, 3))
    told = []
    for hollow in (MetaTensors(), FakeTensors()):
        with pytest.raises(InputError) as caught:
            run(net, hollow, monkeypatch).first()
        told.append(str(caught.value))
    assert told[0] == told[1]
    assert "It reads 5 channels and is given 4" in told[0]


def test_nothing_is_loaded_for_a_plain_network():
    code = """
import sys, torch
from torch import nn
from striate.trace import trace
net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(), nn.AvgPool2d(2),
    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10), nn.Softmax(1)).eval()
images = torch.rand(3, 1, 28, 28)
assert torch.equal(trace(net, (1, 1, 28, 28)).program.run(net, images).outputs, net(images))
print([name for name in ("torch._dynamo", "sympy") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr[-2000:]
