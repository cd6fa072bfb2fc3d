"""`striate new --from` a network: what it prints, and what it refuses."""

import json

import pytest

from striate.blueprint import Blueprint
from striate.cli.app import run


def test_a_zoo_network_is_imported_and_it_is_said_what_stays_behind(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    arguments = ["--from", "torchvision:squeezenet1_1", "--input", "3x64x64", "--output", "labels", "--json"]

    assert run(["new", "net.yaml", *arguments]) == 0
    document = json.loads(capsys.readouterr().out)
    plan = Blueprint.from_yaml((tmp_path / "net.yaml").read_text())
    assert document["imported"] == "torchvision:squeezenet1_1"
    assert document["tables_equal"] is True
    assert document["weights"] is False
    assert document["text"] == plan.to_text()
    assert "fire 16 64" in plan.to_text()
    assert (plan.input, plan.output, len(plan.names)) == ((3, 64, 64), "labels", 1000)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["--from", "known:lenet5", "--input", "1x28x28"],
            "must come with a network to import; got '--from known:lenet5'",
        ),
        (["--text", "input 1x8x8; classes 2", "--output", "labels"], "must come with a network to import"),
        (["--from", "nowhere"], "a network reference must name something"),
        (["--from", "python:torch.nn:Identity"], "--input 3x224x224"),
        (["--from", "python:torch.nn:Identity", "--input", "3x8x8"], "every output must be a value of its own"),
    ],
)
def test_what_cannot_be_imported_is_refused_and_nothing_written(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    assert run(["new", "net.yaml", *arguments]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "net.yaml").exists()
