"""`striate explain neuron`: a table that adds up, as text and as JSON, and what it refuses."""

import json

import pytest

from striate.blueprint import Blueprint
from striate.cli.app import run


@pytest.fixture
def net(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(Blueprint.from_text("input 1x28x28; conv 5x5 4, relu; conv 3x3 6, relu; classes 10").to_yaml())
    return str(path)


def test_a_neuron_is_a_table_that_adds_up(net, capsys):
    asked = ["explain", "neuron", net, "digits:17", "--layer", "conv2", "--set", "channel=3", "--set", "at=14,13"]

    assert run(asked) == 0
    out = capsys.readouterr().out
    assert "Channel 3 of conv2 at 14, 13, for digits:17" in out
    assert "3×3 window, stride 1, padding 1, 4 channels" in out
    assert "The sum is as the network computed it" in out

    assert run([*asked, "--json", "--class", "7"]) == 0
    found = json.loads(capsys.readouterr().out)
    record = found["record"]
    assert (found["schema"], record["about"], record["at"]) == ("striate/neuron/1", 7, [14, 13])
    assert sorted(part["channel"] for part in record["parts"]) == [0, 1, 2, 3]
    listed = sum(part["number"] for part in record["parts"]) + record["bias"]
    assert listed == pytest.approx(record["before"], abs=1e-5)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["digits:17"], "neuron must come with a layer"),
        (["digits:17", "--layer", "conv2"], "neuron must come with a channel"),
        (["digits:17", "digits:18", "--layer", "conv2"], "neuron must come with one image"),
        (["digits:17", "--layer", "conv2", "--set", "channel=3"], "a place must be on the layer's map of 28×28"),
        (["digits:17", "--layer", "conv2", "--set", "channel=3", "--set", "at=a"], "whole numbers with commas"),
        (["digits:17", "--layer", "conv2", "--set", "channel=9", "--set", "at=1,1"], "a channel must be 0 … 5"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(net, capsys, arguments, says):
    assert run(["explain", "neuron", net, *arguments]) == 2

    assert says in capsys.readouterr().err
