"""What cannot be adapted is refused in a line by the command; what can all the same is told."""

import json

import numpy as np
import pytest
import torch

from striate.cli.app import run
from striate.nets import Network

TEXT = "input 1x8x8; conv 3x3 8, relu; conv 3x3 8, relu; fc 8, relu; classes 5"
NO_END = """import torch
from torch import nn

def make():
    return nn.Sequential(nn.AvgPool2d(2), nn.Flatten())
"""


def write(folder, counts, *, groups=None, same=False):
    from PIL import Image
    from sklearn.datasets import load_digits

    images, classes = load_digits(return_X_y=True)
    for name, count in counts.items():
        for place, n in enumerate(np.flatnonzero(classes == name)[:count]):
            below = folder / f"digit {name}" / (f"source {place % groups[name]}" if groups else "")
            below.mkdir(parents=True, exist_ok=True)
            pixels = np.full((8, 8), 7) if same else images[n].reshape(8, 8) * 15
            Image.fromarray(pixels.astype(np.uint8)).save(below / f"{place}.png")


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "data", {5: 12, 6: 12})
    return tmp_path


def adapt(network, data, *more, budget="2s"):
    return run(["adapt", str(network), data, "--out", "out", "--budget", budget, "--threads", "1", *more])


@pytest.mark.parametrize(
    ("counts", "options", "more", "told"),
    [
        ({5: 12}, {}, (), "a data set must have at least two classes; got 'digit 5'"),
        ({5: 12, 6: 1}, {}, (), "a class must have at least two samples or groups, one to learn from and one to be held out; "
         "got 1 in 1 group (at class 'digit 6'). Add samples, or leave the class out."),
        ({5: 12, 6: 12}, {"groups": {5: 3, 6: 1}}, ("--groups", "folder"),
         "got 12 in 1 group (at class 'digit 6')"),
        ({5: 12, 6: 12}, {"same": True}, (), "got 12 in 1 group (at class 'digit 5')"),
    ],
    ids=["one class", "one sample", "one group", "identical images"],
)  # fmt: skip
def test_data_that_cannot_be_divided_are_refused_by_the_classs_name(
    place, pretrained, counts, options, more, told, capsys
):
    write(place / "bad", counts, **options)

    assert adapt(pretrained, "bad", *more) == 2
    assert told in capsys.readouterr().err


@pytest.mark.slow
def test_two_images_a_class_are_probed_and_what_is_left_out_is_told(place, pretrained, capsys):
    write(place / "two", {5: 2, 6: 2, 7: 2})

    assert adapt(pretrained, "two", "--json") == 0
    told = " ".join(json.loads(capsys.readouterr().out)["told"])
    assert "Nothing is held out for a test" in told
    assert "2 folds instead of 5: the smallest class has no more samples or groups." in told
    assert "Pretrained layers are not trained: a class is too small for a validation part." in told
    assert run(["verify", "out"]) == 0


@pytest.mark.slow
def test_a_manifests_missing_file_is_set_aside_and_in_the_receipt(place, pretrained, capsys):
    rows = [f"{path.relative_to(place)},{path.parent.name}" for path in sorted((place / "data").rglob("*.png"))]
    (place / "all.csv").write_text("\n".join(["path,label", *rows, "data/digit 5/gone.png,digit 5"]) + "\n")

    assert adapt(pretrained, "all.csv") == 0
    assert "1 set aside, the first: data/digit 5/gone.png: the file does not exist" in capsys.readouterr().err
    receipt = json.loads((place / "out" / "receipt.json").read_text())
    rows = {row["label"]: row["value"] for section in receipt["sections"] for row in section["rows"]}
    assert rows["Files set aside"] == "data/digit 5/gone.png (the file does not exist)"


def test_weights_that_are_no_numbers_are_refused_by_name(place, pretrained, capsys):
    network = Network.read(pretrained)
    with torch.no_grad():
        network.module.get_submodule("conv2").weight[0, 0, 0, 0] = float("nan")
    network.save(place / "nan")

    assert adapt(place / "nan", "data") == 2
    assert "weights must be finite; got 'conv2.weight'" in capsys.readouterr().err


def test_a_session_module_with_such_weights_is_refused_too(network, data, tmp_path):
    from striate.errors import InputError
    from striate.transfer import adapt as adapt_network

    with torch.no_grad():
        network.module.get_submodule("conv2").weight[0, 0, 0, 0] = float("nan")

    with pytest.raises(InputError, match="must be finite"):
        adapt_network(network, data, tmp_path / "out", budget_s=2.0)


@pytest.mark.slow
def test_random_weights_are_told(place, capsys):
    (place / "net.txt").write_text("")
    assert run(["new", "net.yaml", "--text", TEXT]) == 0
    capsys.readouterr()

    assert adapt("net.yaml", "data", "--json") == 0
    assert "The network was not pretrained: its weights are random." in json.loads(capsys.readouterr().out)["told"]


def test_a_network_without_an_output_layer_is_refused(place, capsys):
    (place / "ending.py").write_text(NO_END)

    assert adapt("python:ending:make", "data") == 2
    assert "a network must end in a fully connected layer or convolution" in capsys.readouterr().err


@pytest.mark.parametrize("budget", ["0", "0s", "-3s", "soon", "1e9h", "nan", "", "3 days"])
def test_a_budget_that_is_no_time_is_refused_before_anything_is_written(place, pretrained, budget, capsys):
    assert adapt(pretrained, "data", budget=budget) == 2
    assert f"--budget must be a time above 0; got {budget!r}. For example 90s, 10min or 2h." in capsys.readouterr().err
    assert not (place / "out").exists()


@pytest.mark.slow
def test_a_budget_that_is_too_short_is_told(place, pretrained, capsys):
    assert adapt(pretrained, "data", "--json", budget="0.01s") == 0
    found = json.loads(capsys.readouterr().out)

    assert any(
        "instead of 0.010 s: the pass, the probes and the chosen network are never left out." in told
        for told in found["told"]
    )
    assert {row["outcome"] for row in found["candidates"] if row["regime"]["trained"] != "head"} == {"not measured"}


def test_a_folder_with_other_work_is_refused_and_left_alone(place, pretrained, capsys):
    other = pretrained.parent
    before = sorted((path.name, path.stat().st_mtime_ns) for path in other.rglob("*"))
    assert run(["adapt", str(pretrained), "data", "--out", str(other), "--budget", "2s"]) == 2
    assert "a run folder must be resumed with the same command; got 'adapt, there train'" in capsys.readouterr().err
    assert run(["adapt", str(pretrained), "data", "--out", "data", "--budget", "2s"]) == 2
    assert "--out must be a new, an empty or a run folder" in capsys.readouterr().err

    assert sorted((path.name, path.stat().st_mtime_ns) for path in other.rglob("*")) == before
