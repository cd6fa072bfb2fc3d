"""A layer put in front of a network whose weights come from a file, by way of the command line too."""

import json
from dataclasses import replace

import pytest
import torch

from striate.cli.app import run
from striate.data import load_data
from striate.nets import load_pretrained
from striate.nets.begun_anew import new_layer_findings, origins_of
from striate.records import Loading, Recipe
from striate.trace import trace
from striate.train import train

SOURCE = """
from torch import nn

class Net(nn.Module):
    def __init__(self, prefixed):
        super().__init__()
        self.adapter = nn.Conv2d(3, 3, 1) if prefixed else nn.Identity()
        self.conv1, self.conv2 = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3)
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        x = self.conv2(self.conv1(self.adapter(x)).relu()).relu()
        return self.fc(x.mean((2, 3)))

def prefixed(): return Net(True)
def bare(): return Net(False)
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module to import, with its weights beside it, those of the adapter and the head missing."""
    name = f"prefixing_{tmp_path.name}".replace("-", "_")
    (tmp_path / f"{name}.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(str(tmp_path))
    convs = {f"conv{n}.{part}": torch.full(shape, 0.1) for n, part, shape in (
        (1, "weight", (4, 3, 3, 3)), (1, "bias", (4,)), (2, "weight", (4, 4, 3, 3)), (2, "bias", (4,)),
    )}  # fmt: skip
    torch.save(convs, tmp_path / "convs.pth")
    return name


def loaded(module, tmp_path, factory):
    network, _ = load_pretrained(f"python:{module}:{factory}@{tmp_path / 'convs.pth'}", Loading(least_share=0.1))
    return replace(network, preprocessing=replace(network.preprocessing, shape=(3, 8, 8)))


def test_what_the_file_did_not_fill_stands_in_the_receipt(module, tmp_path):
    network = loaded(module, tmp_path, "prefixed")

    assert network.receipt["begun_anew"] == ["adapter.weight", "adapter.bias", "fc.weight", "fc.bias"]


def test_a_layer_in_front_is_found_and_a_head_is_not(module, tmp_path):
    network = loaded(module, tmp_path, "prefixed")
    rows = origins_of(network, trace(network.module, (1, 3, 8, 8)).graph)
    (finding,) = new_layer_findings(network)

    assert [(row.layer, row.is_new, row.pretrained_behind) for row in rows] == [
        ("adapter", True, 2), ("conv1", False, 1), ("conv2", False, 0), ("fc", True, 0),
    ]  # fmt: skip
    assert finding.message == "adapter begins anew, and 2 pretrained layers behind it read what it makes."
    assert new_layer_findings(network, still={"adapter.weight", "adapter.bias"}) == ()
    assert new_layer_findings(loaded(module, tmp_path, "bare")) == ()


def test_a_training_says_so_beforehand_unless_the_layer_is_frozen(module, tmp_path):
    images = torch.randint(0, 256, (30, 8, 8), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    data = load_data((images, [n % 3 for n in range(30)]))
    network = loaded(module, tmp_path, "prefixed")
    for name, frozen in (("a", ()), ("b", ("adapter",))):
        train(network, data, Recipe(epochs=1, batch=10, frozen=frozen), tmp_path / name)
    said = [
        [json.loads(line)["message"] for line in (tmp_path / name / "log.jsonl").read_text().splitlines()]
        for name in ("a", "b")
    ]

    assert said[0][0].startswith("Warning: adapter begins anew, and 2 pretrained layers")
    assert not any("begins anew" in line for line in said[1])


def test_load_says_so(module, tmp_path, capsys):
    reference = f"python:{module}:prefixed@{tmp_path / 'convs.pth'}"
    run(["load", reference, "--least", "0.1", "--json"])
    told = json.loads(capsys.readouterr().out)
    run(["load", reference, "--least", "0.1"])

    assert [(row["name"], row["op"], row["value"]) for row in told["findings"]] == [
        ("new-layer-before-pretrained", "adapter", 2.0)
    ]
    assert "warning: adapter begins anew" in " ".join(capsys.readouterr().out.split())
