"""`striate backward` on the command line: what it prints, refuses and writes."""

import json
import re

import numpy as np
import pytest

from striate.blueprint import Blueprint
from striate.cli.app import run
from striate.data import read_input
from striate.errors import DataError, InputError, ShapeError
from striate.records import Preprocessing

TEXT = "input 1x28x28; conv 3x3 4, relu; maxpool 2; classes 10"


@pytest.fixture
def net(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(Blueprint.from_text(TEXT).to_yaml(), encoding="utf-8")
    return str(path)


def test_the_ruler_and_the_laws(net, capsys):
    assert run(["backward", net, "digits:17", "--target", "3"]) == 0
    out = capsys.readouterr().out

    assert "Gradient of 3 (classes, unit 3)" in out
    assert [line.split()[0] for line in out.splitlines() if "┼" in line] == ["classes", "flatten1", "maxpool1", "relu1", "conv1", "input"]  # fmt: skip
    assert "flipped filter" in out
    assert "winner takes all" in out


def test_one_object_with_the_unit_asked_for(net, capsys):
    asked = ["--layer", "conv1", "--unit", "2", "--at", "10,11", "--json"]
    assert run(["backward", net, "digits:17", "--target", "conv1/2/10,11", *asked]) == 0
    found = json.loads(capsys.readouterr().out)

    assert found["schema"] == "striate/backward/1"
    assert found["details"][0]["at"] == [10, 11]
    assert found["details"][0]["gradient"] == 1
    assert found["rows"][0]["norm"] == 1
    # one unit of a 3×3 convolution: its nine weights arrive at nine pixels
    flipped = np.array(found["details"][0]["flipped"]["sent"])
    assert flipped.shape == (28, 28)
    assert np.count_nonzero(flipped) == 9


def test_a_page_is_written(net, tmp_path, capsys):
    assert run(["backward", net, "digits:17", "--page", str(tmp_path / "b.html")]) == 0

    assert "Wrote" in capsys.readouterr().out
    assert "the gradient of class" in (tmp_path / "b.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["digits:17", "--unit", "2"], 2, "--unit and --at must come with --layer"),
        (["digits:17", "--target", "nobody"], 2, "a target must be a class"),
        (["digits:17", "--target", "77"], 2, "unit must be 0 … 9; got 77"),
        (["digits:17", "--layer", "conv9"], 2, "Did you mean conv1"),
        (["digits:17", "--layer", "conv1", "--at", "x"], 2, "a place must be numbers"),
        (["digits:99999"], 2, "99999"),
        (["nothing"], 2, "an input must name something"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(net, arguments, code, says, capsys):
    assert run(["backward", net, *arguments]) == code
    assert re.search(re.escape(says), capsys.readouterr().err)


def test_signals_and_volumes_come_as_arrays(tmp_path):
    how = Preprocessing(shape=(2, 30), mean=(0.0,) * 2, std=(1.0,) * 2)
    np.save(tmp_path / "a.npy", np.arange(60, dtype=np.int16).reshape(2, 30))
    np.save(tmp_path / "b.npy", np.zeros((2, 31)))
    np.save(tmp_path / "c.npy", np.array(["x"]))
    (tmp_path / "d.npy").write_bytes(b"\x93NUMPY broken")

    assert read_input(str(tmp_path / "a.npy"), how)[1, 0] == 30
    with pytest.raises(ShapeError, match="2×30; got 2×31"):
        read_input(str(tmp_path / "b.npy"), how)
    with pytest.raises(DataError, match="numbers"):
        read_input(str(tmp_path / "c.npy"), how)
    with pytest.raises(DataError, match="whole .npy"):
        read_input(str(tmp_path / "d.npy"), how)
    with pytest.raises(DataError):
        read_input(str(tmp_path / "missing.npy"), how)
    with pytest.raises(InputError, match="must name something"):
        read_input("word", how)
