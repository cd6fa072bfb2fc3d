"""`striate init` as a person meets it."""

import json
from pathlib import Path

import pytest

from striate.cli.app import run
from striate.nets import Network

TEXT = "input 1x28x28; conv 5x5 4, relu; maxpool 4; conv 3x3 4, relu; fc 8, relu; classes 10"


@pytest.fixture
def net(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["new", "net.yaml", "--text", TEXT]) == 0
    return "net.yaml"


def test_a_network_begun_as_named_is_saved(net, capsys):
    assert run(["init", net, "digits", "--with", "kmeans", "--out", "begun"]) == 0
    out = capsys.readouterr().out
    network = Network.read("begun")

    assert "conv1: 4 centroids of whitened patches" in out
    assert network.receipt["weights"].startswith("kmeans, seed 0")
    assert network.preprocessing.mean != (0.0,)


def test_beginnings_that_look_at_no_images_need_no_data(net, capsys):
    capsys.readouterr()
    assert run(["init", net, "--with", "gabor", "--out", "begun", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["receipt"]["begun"] == ["conv1: 4 filters of the bank."]


def test_the_list_holds_every_beginning_with_meaning_and_source(capsys):
    assert run(["init", "--list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["beginnings"]

    assert {"he", "small", "lsuv", "kmeans", "file", "network", "rotation"} <= {row["name"] for row in rows}
    assert all(row["meaning"] and row["source"] and row["when_it_misleads"] for row in rows)
    assert run(["init", "--list"]) == 0
    assert "krahenbuhl[:random|kmeans|pca]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "a network must be named"),
        (["net.yaml"], "either --with or --compare"),
        (["net.yaml", "--with", "he", "--compare", "he"], "either --with or --compare"),
        (["net.yaml", "--with", "he"], "a folder for the network must be named"),
        (["net.yaml", "--compare", "he"], "a comparison must have data"),
        (["net.yaml", "--with", "hee", "--out", "x"], "Did you mean he"),
        (["net.yaml", "--with", "lsuv", "--out", "x"], "lsuv must be given training images"),
        (["net.yaml", "digits", "--compare", "he,xavjer"], "Did you mean xavier"),
        (["net.yaml", "digits", "--compare", "he,he"], "must be named once"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(net, capsys, arguments, words):
    assert run(["init", *arguments]) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert words in error


@pytest.mark.slow
def test_a_comparison_ends_with_one_where_values_die_out(net, capsys):
    asked = ["--steps", "4", "--seeds", "2", "--images", "40", "--json"]
    capsys.readouterr()
    assert run(["init", net, "digits", "--compare", "he,small", *asked, "--page", "page.html"]) == 1
    document = json.loads(capsys.readouterr().out)

    assert [row["name"] for row in document["beginnings"]] == ["he", "small"]
    assert [finding["code"] for finding in document["findings"]] == ["INI001"]
    assert "striate init net.yaml digits --compare he,small" in Path("page.html").read_text()
    assert run(["init", net, "digits", "--compare", "he", *asked[:-1]]) == 0
    assert "After 4 steps he has" in capsys.readouterr().out
