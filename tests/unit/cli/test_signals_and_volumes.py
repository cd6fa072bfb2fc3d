"""Sounds and volumes on the command line: what is trained, shown and refused; never a traceback."""

import json

import numpy as np
import pytest

from striate.cli.app import run

soundfile = pytest.importorskip("soundfile")
RNG = np.random.default_rng(0)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """In an empty folder: sounds of two classes, scans of two, and a blueprint for each."""
    monkeypatch.chdir(tmp_path)
    times = np.arange(800) / 8000
    for index in range(24):
        for name in ("sounds", "scans"):
            (tmp_path / name / str(index % 2)).mkdir(parents=True, exist_ok=True)
        wave = np.sin(2 * np.pi * RNG.uniform(300, 3000) * times) if index % 2 else RNG.normal(size=800) / 4
        soundfile.write(f"sounds/{index % 2}/{index}.wav", 0.5 * wave, 8000)
        np.save(
            f"scans/{index % 2}/{index}.npy", RNG.integers(-900, 900, (6, 7, 8)).astype(np.int16) + 300 * (index % 2)
        )
    for name, text in {
        "wave": "input 1x400; conv 9 4 stride 4, relu; globalavgpool; classes 2",
        "mel": "input 1x16x16; conv 3x3 4, relu; globalavgpool; classes 2",
        "volume": "input 1x4x4x4; conv 3x3x3 4, relu; globalavgpool; classes 2",
    }.items():
        assert run(["new", f"{name}.yaml", "--text", text]) == 0
    return tmp_path


def preprocessing(folder):
    return json.loads((folder / "network" / "network.json").read_text())["preprocessing"]


def test_options_say_how_sounds_are_heard(here, capsys):
    options = ["--sample-rate", "4000", "--window-ms", "32", "--hop-ms", "4", "--low-hz", "50", "--high-hz", "1900"]

    assert run(["train", "mel.yaml", "sounds", "--out", "run", "--epochs", "1", *options]) == 0

    how = preprocessing(here / "run")
    assert how["sample_rate_hz"] == 4000
    # 32 ms and 4 ms of 4 kHz are 128 and 16 samples; bins of 31 Hz are in every one of the 16 bands.
    assert how["mel"] == {
        "fft": 128, "window": 128, "hop": 16, "bands": 16, "low_hz": 50.0, "high_hz": 1900.0, "floor": 1e-10,
    }  # fmt: skip
    assert "Sounds are heard at 4000 Hz as 16 mel bands, 50 to 1900 Hz" in capsys.readouterr().err


def test_a_scale_is_read_from_the_command_line(here):
    assert run(["train", "volume.yaml", "scans", "--out", "run", "--epochs", "1", "--scale", "-1000,1500"]) == 0

    assert preprocessing(here / "run")["scale"] == [-1000.0, 1500.0]


def test_a_trained_network_is_taken_by_every_command_that_reads_data(here, capsys):
    assert run(["train", "wave.yaml", "sounds", "--out", "run", "--epochs", "1"]) == 0
    for command in (
        ["backward", "run", "sounds/0/0.wav", "--page", "back.html"],
        ["backward", "run", "sounds:3", "--json"],
        ["splits", "sounds", "--near", "0.99999"],
        ["splits", "sounds", "--network", "run", "--near", "1"],
        ["init", "wave.yaml", "sounds", "--with", "pca", "--out", "begun"],
        ["check", "run"],
    ):
        assert run(command) in {0, 1}, capsys.readouterr().err
    assert run(["train", "begun", "sounds", "--out", "again", "--epochs", "1"]) == 0


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["splits", "scans", "--axes", "1"], "has 3 axes (6×7×8), not 1 or 2"),
        (["train", "wave.yaml", "scans", "--out", "x"], "has 3 axes (6×7×8), not 1 or 2"),
        (["train", "volume.yaml", "sounds", "--out", "x"], "an input of signals must have one axis of space"),
        (["train", "volume.yaml", "scans", "--out", "x", "--scale", "1"], "a scale must be two numbers"),
        (["train", "volume.yaml", "scans", "--out", "x", "--scale", "3,2"], "a scale must be two rising numbers"),
        (["train", "mel.yaml", "sounds", "--out", "x", "--high-hz", "9000"], "at most half the sample rate"),
        (["dense", "wave.yaml", "sounds/0/0.wav", "--out", "maps"], "must read pictures; got one that reads sounds or signals"),
        (["dense", "volume.yaml", "scans/0/0.npy", "--out", "maps"], "must read pictures; got one that reads volumes"),
        (["backward", "volume.yaml", "scans/0/0.npy"], "A stored sample is prepared if it is named by its data"),
        (["backward", "wave.yaml", "sounds/0/none.wav"], "a sound must be readable as a whole; got the file does not exist"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_told_in_one_line(here, capsys, command, message):
    assert run(command) == 2

    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said


def test_groups_of_volumes_are_written_and_trained_on(here):
    assert run(["splits", "scans", "--axes", "3", "--out", "groups.csv"]) in {0, 1}
    assert run(["train", "volume.yaml", "groups.csv", "--out", "run", "--epochs", "1"]) == 0

    assert preprocessing(here / "run")["shape"] == [1, 4, 4, 4]
