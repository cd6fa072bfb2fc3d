"""`striate explain invariance` on data and on images."""

import json

import numpy as np
import pytest

from striate.cli.app import run

pytestmark = pytest.mark.slow


def test_on_data_layers_and_answers_are_told(small_run, capsys, tmp_path):
    out = tmp_path / "layers.npz"

    assert (
        run(["explain", "invariance", str(small_run), "digits", "--set", "images=60", "--json", "--out", str(out)]) == 0
    )

    said = json.loads(capsys.readouterr().out)
    rows = {row["layer"]: row for row in said["invariance"]["layers"]}
    assert list(rows) == ["pixels", "conv1", "conv2", "fc1", "classes"]
    assert said["stability"]["images"] == 60
    assert said["stability"]["rows"][0]["change"] == said["invariance"]["changes"][0] == "shift by 1 px"
    # What a trained network ignores grows with depth.
    assert rows["classes"]["distance"][0] < rows["conv1"]["distance"][0]
    with np.load(out) as arrays:
        assert arrays["conv1.distance"].tolist() == pytest.approx(rows["conv1"]["distance"])


def test_on_images_only_layers_are_told(small_run, capsys):
    assert run(["explain", "invariance", str(small_run), "digits:3", "digits:700"]) == 0

    out = capsys.readouterr().out
    assert "2 images: 0 the same, 1 another one." in out
    assert "with the map moved along: conv1" in out
    assert "Answers" not in out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["digits:3"], "on two images at least"),
        ([], "on two images at least"),
        (["digits", "--set", "images=1"], "2 or more"),
        (["digits", "--class", "3"], "without --class"),
        (["digits", "--set", "steps=1"], "steps"),
    ],
)
def test_what_it_cannot_do_is_refused(small_run, capsys, words, told):
    assert run(["explain", "invariance", str(small_run), *words]) == 2

    assert told in capsys.readouterr().err
