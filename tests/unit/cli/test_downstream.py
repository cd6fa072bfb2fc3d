"""`striate downstream`, on a real store of few real digits."""

import json

import pytest

from half_digits import half
from striate.blueprint import Blueprint
from striate.cli.app import run
from striate.features.descriptors import DESCRIPTORS
from striate.features.extraction import extract
from striate.nets import Network, load_network
from striate.records.vectors import VectorChoice

TEXT = "input 1x8x8; conv 3x3 8, relu; maxpool 2; globalavgpool; classes 5"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with an untrained network, and a store of fifteen of each digit from 5 to 9."""
    folder = tmp_path_factory.mktemp("cli")
    load_network(Blueprint.from_text(TEXT)).save(folder / "net")
    extract(
        str(folder / "net"),
        half(range(5, 10), 15),
        folder / "vectors",
        VectorChoice(layers=("conv1", "flatten1")),
        lanes=1,
    )
    return folder


def test_it_prints_every_score_and_the_verdict(made, capsys):
    code = run(["downstream", str(made / "vectors"), "--family", "ridge", "--family", "k-NN, cosine"])
    told = " ".join(capsys.readouterr().out.split())

    assert code == 0
    assert " is best: " in told
    assert "→" in told
    assert "95 % of" in told
    assert "label a class" in told


def test_json_page_and_network_in_one_go(made, capsys, tmp_path):
    words = ["--family", "ridge", "--save", str(tmp_path / "net"), "--page", str(tmp_path / "page.html"), "--json"]
    code = run(["downstream", str(made / "vectors"), *words])
    told = json.loads(capsys.readouterr().out)

    assert code == 0
    assert told["schema"] == "striate/downstream/1"
    assert {row["features"] for row in told["rows"]} == {"conv1", "flatten1"}
    assert told["saved_row"] == f"ridge on {told['rows'][0]['features']}"
    assert "is best" in (tmp_path / "page.html").read_text(encoding="utf-8")
    again = Network.read(tmp_path / "net")
    assert again.output.names == ("digit 5", "digit 6", "digit 7", "digit 8", "digit 9")
    assert again.module.head[-1].weight.shape == (5, 8)


def test_descriptors_that_reach_as_much_end_it_with_1(made, capsys, tmp_path):
    from PIL import Image

    data = half(range(5, 8), 10)
    for number, sample in enumerate(data.samples):
        place = tmp_path / "digits" / str(sample.target)
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(data.read(number)[0].numpy()).save(place / f"{number}.png")
    choice = VectorChoice(layers=("conv1",))
    extract(str(made / "net"), str(tmp_path / "digits"), tmp_path / "vectors", choice, lanes=1)
    code = run(["downstream", str(tmp_path / "vectors"), "--family", "ridge", "--descriptors", "--json"])
    told = json.loads(capsys.readouterr().out)
    sorts = {row["features"]: row["source"] for row in told["rows"]}

    # An untrained network's eight averages beside the pictures themselves.
    assert code == 1
    assert sorts == {"conv1": "network"} | dict.fromkeys(DESCRIPTORS, "hand-made")
    assert told["to_hand_made"]["mean"] < 0
    [finding] = told["findings"]
    assert finding.startswith("The best hand-made features, ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--family", "forest"], "family must be a known name"),
        (["--layer", "conv9"], "a stored layer must be a known name"),
        (["--most", "0"], "--most must be above 0"),
        (["--where", "label = 'digit 5'"], "at least two classes"),
        (["--where", "label = 'cat'"], "at least one vector"),
        (["--descriptors"], "must have the pictures"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(made, words, message, capsys):
    code = run(["downstream", str(made / "vectors"), *words])
    told = capsys.readouterr().err.strip().splitlines()[-1]

    assert code == 2
    assert message in told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--net", "OTHER"], "with weights"),
        (["--family", "RBF SVM"], "can be layers: MLP, linear, linear SVM, logistic, ridge"),
    ],
)
def test_what_cannot_be_saved_is_refused_before_anything_is_compared(
    made, words, message, capsys, tmp_path, monkeypatch
):
    load_network(Blueprint.from_text(TEXT), seed=1).save(tmp_path / "other")
    words = [str(tmp_path / "other") if word == "OTHER" else word for word in words]
    compared = []
    monkeypatch.setattr("striate.transfer.downstream.compare_features", lambda *_, **__: compared.append(1))
    code = run(["downstream", str(made / "vectors"), "--save", str(tmp_path / "x"), *words])

    assert code == 2
    assert message in capsys.readouterr().err
    assert compared == []
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("form", ["", "--json"])
def test_what_was_measured_is_told_where_it_cannot_be_saved(made, form, capsys, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    page = tmp_path / "page.html"
    words = ["--family", "ridge", "--save", str(tmp_path / "file" / "net"), "--page", str(page)]
    code = run(["downstream", str(made / "vectors"), *words, *([form] if form else [])])
    told = capsys.readouterr()

    # A place that cannot be written to is the caller's to change; a full disk would be 3.
    assert code == 2
    assert "ridge" in told.out
    assert "ridge" in page.read_text(encoding="utf-8")
    assert told.err.count("striate: ") == 1
    if form:
        assert set(json.loads(told.out)) >= {"rows", "error"}
