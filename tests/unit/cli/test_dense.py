"""`striate dense` as a person meets it."""

import json

import numpy as np
import pytest

from striate.cli.app import run

TEXT = "input 1x12x12; conv 3x3 8, relu; maxpool 2; conv 3x3 8, relu; maxpool 2; fc 16, relu; classes cat dog owl"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    from PIL import Image

    assert run(["new", "net.yaml", "--text", TEXT]) == 0
    pixels = np.random.default_rng(0).integers(0, 255, (40, 56, 3), dtype=np.uint8)
    Image.fromarray(pixels).save("photo.png")
    return tmp_path


def answer(capsys, *arguments):
    capsys.readouterr()
    assert run(["dense", "net.yaml", "photo.png", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_it_says_both_answers_and_how_far_it_is_from_crops(folder, capsys):
    capsys.readouterr()
    assert run(["dense", "net.yaml", "photo.png"]) == 0
    out = capsys.readouterr().out

    assert "Image 40×56 px: 8×12 positions, 4×4 px apart, each for 12×12 px (whole)." in out
    assert "The image scaled to the network's input: " in out
    assert "Beside the network on " in out
    assert "Why they differ: padding from conv1 on. --exact runs every crop." in out


def test_it_writes_maps_and_pictures(folder, capsys):
    found = answer(capsys, "--out", "maps", "--classes", "owl,0")
    kept = np.load("maps/maps.npz")

    assert [path.split("/")[-1] for path in found["written"]] == [
        "map-2.png",
        "map-0.png",
        "segmentation.png",
        "maps.npz",
    ]
    assert all((folder / path).is_file() for path in found["written"])
    assert kept["maps"].shape == (2, 8, 12)
    assert kept["kept"].tolist() == [2, 0]
    assert kept["names"].tolist() == ["cat", "dog", "owl"]
    assert kept["maps"][0].max() == pytest.approx(next(s["value"] for s in found["strongest"] if s["name"] == "owl"))
    assert (folder / "maps/map-2.png").read_bytes().startswith(b"\x89PNG")


def test_sizes_finer_maps_tiles_and_crops(folder, capsys):
    assert answer(capsys, "--size", "20")["size_px"] == [20, 28]
    assert answer(capsys, "--size", "30x24")["size_px"] == [30, 24]
    assert answer(capsys, "--finer", "2", "--by", "shift")["stride_px"] == [2.0, 2.0]
    assert answer(capsys, "--finer", "4")["stride_px"] == [1.0, 1.0]
    assert answer(capsys, "--tile", "16")["way"].endswith(" tiles")
    exact = answer(capsys, "--exact", "--scores")
    assert (exact["way"], exact["unit"], exact["positions"]) == ("crops", "score", [8, 12])


def test_what_is_wrong_is_said_in_a_line(folder, capsys):
    (folder / "names.txt").write_text("a\nb\n")
    (folder / "broken.png").write_bytes((folder / "photo.png").read_bytes()[:-3000])
    for arguments, code, words in (
        (["photo.png", "--size", "big"], 2, "a size must be a number"),
        (["photo.png", "--size", "11"], 2, "at least as large as the network's input, 12×12"),
        (["photo.png", "--classes", "dgo"], 2, "Did you mean dog"),
        (["photo.png", "--names", "names.txt"], 2, "each of its 3 outputs; got 2"),
        (["photo.png", "--names", "none.txt"], 2, "--names must be a text file"),
        (["photo.png", "--finer", "3"], 2, "must divide the stride"),
        (["photo.png", "--exact", "--finer", "2"], 2, "--by shift"),
        (["photo.png", "--most-pixels", "2000"], 2, "--most-pixels"),
        (["broken.png"], 2, "truncated"),
        (["none.png"], 2, "does not exist"),
    ):
        capsys.readouterr()

        assert run(["dense", "net.yaml", *arguments]) == code, arguments
        assert words in capsys.readouterr().err
