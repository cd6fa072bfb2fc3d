"""The options of `striate train` that hold, slow, thaw, stop and guard."""

import json

import pytest

from striate.cli.app import run


@pytest.fixture
def place(tmp_path, monkeypatch, digits):
    """An empty folder with a plan and 60 digits of two classes."""
    from PIL import Image

    monkeypatch.chdir(tmp_path)
    kept = [n for n, sample in enumerate(digits.samples) if sample.target in {0, 1}]
    for number in (*kept[:30], *kept[-30:]):
        folder = tmp_path / "few" / str(digits.samples[number].target)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(digits.read(number)[0].numpy()).save(folder / f"{number}.png")
    run(["new", "net.yaml", "--text", "input 1x28x28; conv 3x3 4, batchnorm, relu; maxpool 4; fc 4, relu; classes 2"])
    return tmp_path


def test_every_option_reaches_the_recipe_and_the_receipt(place, capsys):
    asked = (
        "train net.yaml few --out run --epochs 3 --batch 10 --schedule cosine --warm-up 0.1 --freeze conv1 --freeze batchnorm1 "
        "--unfreeze 2:conv1 --rates fc1=0.1 --rates fc1.bias=0 --norm keep --patience 5 --guard watch --json"
    )
    capsys.readouterr()
    code = run(asked.split())
    told = json.loads(capsys.readouterr().out)
    recipe = told["recipe"]
    receipt = json.loads((place / "run/network/network.json").read_text())["receipt"]

    assert code == 0
    assert recipe["frozen"] == ["conv1", "batchnorm1"]
    assert recipe["unfreeze"] == [[2, "conv1"]]
    assert recipe["rates"] == [["fc1", 0.1], ["fc1.bias", 0.0]]
    assert [recipe[name] for name in ("schedule", "warm_up", "norm", "patience", "guard")] == [
        "cosine", 0.1, "keep", 5, "watch",
    ]  # fmt: skip
    assert [row["epoch"] for row in told["guard"]] == [0, 1, 2, 3]
    assert told["gap"]["samples"] == told["score"]["samples"]
    assert receipt["rates"]["conv1.weight"]["from_epoch"] == 2
    assert set(receipt["frozen"]) == {
        f"batchnorm1.{name}" for name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    }


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--freeze conv2", "path must be a known name; got 'conv2' (at frozen). Did you mean conv1"),
        ("--rates fc1", "--rates must be a path, = and a number; got 'fc1'"),
        ("--rates fc=0.1", "(at rates). Did you mean fc1"),
        ("--unfreeze conv1", "--unfreeze must be an epoch, : and a path; got 'conv1'"),
        ("--unfreeze 2:conv1", "unfreeze must name a path that is frozen till then"),
        ("--warm-up 1", "warm_up must be at least 0 and below 1"),
    ],
)
def test_what_cannot_be_followed_is_refused_with_a_cure(place, capsys, options, words):
    code = run(["train", "net.yaml", "few", "--out", "run", *options.split()])

    assert code == 2
    assert words in " ".join(capsys.readouterr().err.split())
    assert not (place / "run").exists()
