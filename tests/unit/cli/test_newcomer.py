"""What somebody meets who has never seen the commands: wrong words, options that say two things, work that must not be lost."""

import numpy as np
import pytest

from striate.cli.app import run

TEXT = "input 1x12x12; conv 3x3 8, relu; maxpool 2; conv 3x3 8, relu; fc 16, relu; classes cat dog owl"


@pytest.fixture
def folder(tmp_path, monkeypatch, capsys):
    from PIL import Image

    monkeypatch.chdir(tmp_path)
    assert run(["new", "net.yaml", "--text", TEXT]) == 0
    assert run(["new", "open.yaml", "--text", "input 1x8x8; let w {8,16}; conv {3,5} w, relu; classes 2"]) == 0
    Image.fromarray(np.full((24, 30), 7, dtype=np.uint8)).save("photo.png")
    capsys.readouterr()
    return tmp_path


def test_the_name_alone_shows_the_help_and_complains_of_nothing(capsys):
    assert run([]) == 2
    out, err = capsys.readouterr()

    assert "known" in out
    assert err == ""


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (["check"], "Missing argument 'network'. See striate check --help."),
        (["chekc", "net.yaml"], "See striate --help."),
        (["check", TEXT], "Write it into a file first: striate new net.yaml --text"),
        (["new", "many.yaml", "--text", "input 1x8x8; (conv 3 8) x10001; classes 2"], "x and a number from 1 to 10000; got 'x10001'"),
        (["check", "open.yaml"], "got open: w {8,16}; conv1.kernel {3,5}. Make each with --set NAME=VALUE"),
        (["check", "net.yaml", "--set", "w=3"], "got w, and it has none (at --set). Give a number a name, `let w 16`"),
        (["check", "net.yaml", "--input", "3x12x12"], "must keep the blueprint's channels and axes, as in 1x12x12"),
        (["budget", "known:lenet5", "--macs", "1M"], "striate new net.yaml --from known:lenet5"),
        (["init", "net.yaml", "--with", "he", "--steps", "9", "--out", "b"], "--page must come with --compare"),
        (["init", "net.yaml", "digits", "--compare", "he,small", "--out", "b"], "--out and --seed must come with --with"),
        (["init", "net.yaml", "--with", "file:net.yaml", "--out", "b"], "got another kind of file, or a broken one (at net.yaml)"),
        (["dense", "net.yaml", "photo.png", "--by", "shift"], "--by must come with --finer"),
        (["dense", "net.yaml", "photo.png", "--out", "photo.png"], "--out must be a folder, or not there yet"),
        (["dense", "net.yaml", "photo.png", "--names", "no.txt"], "got no file no.txt"),
        (["dense", "net.yaml", "photo.png", "--size", "20000"], "at most 64000000 pixels; got 20000×25000 (at --size)"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_says_what_to_do(folder, line, told, capsys):
    before = sorted(path.name for path in folder.iterdir())

    assert run(line) == 2

    assert told in capsys.readouterr().err.replace("\u202f", "")
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_network_is_not_begun_over_another(folder, capsys):
    assert run(["init", "net.yaml", "--with", "he", "--out", "begun"]) == 0
    before = (folder / "begun" / "weights.safetensors").read_bytes()

    assert run(["init", "net.yaml", "--with", "small", "--out", "begun"]) == 2

    assert "--out must be a new or an empty folder" in capsys.readouterr().err
    assert (folder / "begun" / "weights.safetensors").read_bytes() == before


def test_a_known_network_is_told_in_figures_that_can_be_read(capsys):
    assert run(["known", "mobilenet_v2"]) == 0

    # torchvision's page on mobilenet_v2: 3 504 872 parameters, 0.30 GFLOPS.
    assert "3504872 parameters, 301 million MACs." in capsys.readouterr().out.replace("\u202f", "")


def test_maps_of_crops_are_not_said_to_differ_from_crops(folder, capsys):
    assert run(["dense", "net.yaml", "photo.png", "--exact"]) == 0
    exact = capsys.readouterr().out
    assert run(["dense", "net.yaml", "photo.png", "--compare", "0"]) == 0
    alone = capsys.readouterr().out

    assert "Every position is the network on its crop, by construction." in exact
    assert "differ" not in exact
    assert "Why they may differ from the network on crops: padding from conv1 on." in alone


def test_outputs_that_are_asked_for_are_told_first_and_must_be_unmistakable(folder, capsys):
    (folder / "names.txt").write_text("crane\ncrane\nкот\n", encoding="utf-8")
    assert run(["dense", "net.yaml", "photo.png", "--names", "names.txt", "--classes", "кот"]) == 0
    out = capsys.readouterr().out
    assert run(["dense", "net.yaml", "photo.png", "--names", "names.txt", "--classes", "crane"]) == 2

    assert out.split("largest over the image:\n")[1].startswith("  кот: ")
    assert out.count("  кот: ") == 1
    assert "Several have that name; say the number: 0, 1." in capsys.readouterr().err
