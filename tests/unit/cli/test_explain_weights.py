"""`striate explain weights` and `activation_maps`: what they print, write and refuse."""

import json

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from striate.blueprint import Blueprint
from striate.cli.app import run
from striate.nets import Network, load_network


@pytest.fixture
def net(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(
        Blueprint.from_text("input 1x28x28; conv 5x5 4, relu; conv 3x3 6, relu; globalavgpool; classes 10").to_yaml()
    )
    return str(path)


def test_weights_are_told_and_written(small_run, tmp_path, capsys):
    files = [tmp_path / name for name in ("w.png", "w.npz", "w.safetensors")]
    outs = [part for path in files for part in ("--out", str(path))]

    assert run(["explain", "weights", str(small_run), "--layer", "conv1", *outs]) == 0
    out = capsys.readouterr().out
    own = Network.read(small_run / "network").module.state_dict()["conv1.weight"].numpy()

    assert f"conv1: {len(own)} filters of" in out
    assert "Effective rank" in out
    assert "of a random start" in out
    np.testing.assert_array_equal(np.load(files[1])["weights"], own)
    np.testing.assert_array_equal(load_file(files[2])["weights"], own)
    assert files[0].read_bytes()[:4] == b"\x89PNG"


def test_weights_as_json_with_what_they_are_of_the_input(net, capsys):
    assert run(["explain", "weights", net, "--layer", "conv2", "--set", "effective=1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)

    assert (found["schema"], found["layer"], found["shape"]) == ("striate/weights/1", "conv2", [6, 4, 3, 3])
    assert found["effective"]["units"] == [0, 1, 2, 3, 4, 5]
    # 5×5 and then 3×3 about the middle of 28×28.
    assert found["effective"]["corner_px"] == [11, 11]


def test_activation_maps_are_sorted_told_and_written(net, tmp_path, capsys):
    out = tmp_path / "a.npz"
    asked = ["explain", "activation-maps", net, "digits:17", "--layer", "conv2", "--set", "sort=gradient"]

    assert run([*asked, "--class", "3", "--set", "scale=own", "--out", str(out), "--out", str(tmp_path / "a.png")]) == 0
    told = capsys.readouterr().out
    stored = np.load(out)

    assert "conv2 for digits:17, sorted by the mean gradient of 3:" in told
    assert "above zero (the layer ends in a ReLU or its like)" in told
    assert stored["0.maps"].shape == (6, 28, 28)
    assert (np.diff(stored["0.values"]) <= 0).all()
    assert (tmp_path / "a.png").is_file()


def test_two_images_are_two_pictures_or_one_compared_with_the_other(net, tmp_path, capsys):
    asked = ["explain", "activation_maps", net, "digits:17", "digits:600", "--layer", "conv1"]

    assert run([*asked, "--out", str(tmp_path / "a.png")]) == 0
    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["a-0.png", "a-1.png"]
    capsys.readouterr()
    assert run([*asked, "--set", "sort=similarity", "--json"]) == 0
    [record] = json.loads(capsys.readouterr().out)["records"]

    assert record["sort"] == "similarity"
    assert len(record["channels"]) == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["weights", "NET", "digits:17"], "weights must come without IMAGE"),
        (["weights", "NET", "--set", "effective=1"], "must be of a named layer"),
        (["weights", "NET", "--layer", "conv9"], "conv9"),
        (["activation_maps", "NET", "digits:17"], "must come with a layer"),
        (["activation_maps", "NET", "--layer", "conv1"], "an image must be named"),
        (["activation_maps", "NET", "digits:1", "--layer", "conv1", "--set", "sort=similarity"], "two images"),
        (["activation_maps", "NET", "digits:1", "--layer", "conv1", "--set", "sort=size"], "sort"),
        (["activation_maps", "NET", "digits:1", "--layer", "conv1", "--class", "1", "--class", "2"], "one class"),
    ],
)
def test_what_does_not_go_together_is_refused(net, capsys, arguments, words):
    code = run(["explain", *[net if part == "NET" else part for part in arguments]])

    assert code == 2
    assert words in capsys.readouterr().err


def test_filters_that_are_copies_without_length_or_noise_are_found(tmp_path, capsys):
    path = tmp_path / "net.yaml"
    path.write_text(Blueprint.from_text("input 1x28x28; conv 7x7 8, relu; globalavgpool; classes 10").to_yaml())
    network = load_network(path)
    with torch.no_grad():
        network.module.conv1.weight[1] = network.module.conv1.weight[0]
    network.save(tmp_path / "copied")

    assert run(["explain", "weights", str(tmp_path / "copied")]) == 1
    told = capsys.readouterr().out
    assert "copied-filters]" in told
    assert "8 of 8 filters of conv1 are as fine as random ones" in told

    assert run(["explain", "weights", str(tmp_path / "copied"), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert {one["name"] for one in found} == {"copied-filters", "filters-as-noisy-as-random"}
