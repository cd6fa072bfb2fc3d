"""What a receipt says is worked out again, and whatever was changed since is named."""

import json
import shutil

import numpy as np
import pytest
import torch

from striate.cli.app import run
from striate.nets import Network
from striate.transfer.kept import WEIGHTS
from striate.transfer.storing import FEATURES

pytestmark = pytest.mark.slow


def write_images(folder, wanted, count):
    """Digits of some classes in a folder of class folders."""
    from PIL import Image
    from sklearn.datasets import load_digits

    images, classes = load_digits(return_X_y=True)
    for name in wanted:
        (folder / f"digit {name}").mkdir(parents=True)
        for place, n in enumerate(np.flatnonzero(classes == name)[:count]):
            pixels = (images[n].reshape(8, 8) * 15).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"digit {name}" / f"{place:03}.png")


@pytest.fixture(scope="module")
def adapted(tmp_path_factory, pretrained):
    """An adaptation by command, of a network in a folder to images in a folder."""
    place = tmp_path_factory.mktemp("adapted")
    write_images(place / "data", (5, 6, 7), 15)
    line = [
        "adapt",
        str(pretrained),
        str(place / "data"),
        "--out",
        str(place / "run"),
        "--budget",
        "3s",
        "--threads",
        "1",
    ]
    assert run(line) == 0
    return place


@pytest.fixture
def place(adapted, tmp_path):
    shutil.copytree(adapted / "run", tmp_path / "run")
    return tmp_path


def verified(capsys, *line):
    """Return the exit code, and the claims that differ and that could not be checked."""
    capsys.readouterr()
    code = run(["verify", *map(str, line), "--json"])
    document = json.loads(capsys.readouterr().out)
    rows = [row for section in document["sections"] for row in section["rows"]]
    assert document["differences"] == sum(row["checked"] is False for row in rows)
    return code, {row["label"]: row["value"] for row in rows if row["checked"] is False}, rows


def flip(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def test_an_adaptation_that_nobody_touched_holds(place, capsys):
    code, wrong, rows = verified(capsys, place / "run")

    assert (code, wrong) == (0, {})
    assert {row["label"] for row in rows if row["checked"]} == {
        "Features", "Measurements", "Adapted weights", "Probes", "Short trainings", "Data", "Division", "Folds", "Test score",
        "Pretrained network", "Frozen tensors of the adapted network", "The same tensors of the pretrained network",
    }  # fmt: skip


def test_in_words_every_row_says_holds(place, capsys):
    assert run(["verify", str(place / "run")]) == 0
    out = capsys.readouterr().out

    assert "12 claims worked out again and they hold, 0 differences." in out
    assert "differs" not in out


def test_a_flipped_byte_in_the_adapted_weights(place, capsys):
    flip(place / "run" / WEIGHTS, -1)
    code, wrong, _ = verified(capsys, place / "run")

    assert code == 1
    assert wrong["Adapted weights"] == "another file than the receipt's"
    assert "weights must be those network.json names" in wrong["Test score"]


@pytest.mark.parametrize("at", [-1, -2000, 12, 200])
def test_a_flipped_byte_in_the_features(place, capsys, at):
    flip(place / "run" / FEATURES, at)
    code, wrong, _ = verified(capsys, place / "run")

    assert code == 1
    assert wrong["Features"] == "another file than the receipt's"


def test_features_cut_short(place, capsys):
    path = place / "run" / FEATURES
    path.write_bytes(path.read_bytes()[:500])
    code, wrong, _ = verified(capsys, place / "run")

    assert code == 1
    assert "a whole safetensors file" in wrong["Probes"]
    assert "a whole safetensors file" in wrong["Division"]


@pytest.mark.parametrize("name", [FEATURES, WEIGHTS])
def test_a_file_that_is_gone(place, capsys, name):
    (place / "run" / name).unlink()
    code, wrong, _ = verified(capsys, place / "run")

    assert code == 1
    assert "the file is gone" in wrong.values()


def test_a_better_score_written_into_the_measurements(place, capsys):
    path = place / "run" / "adaptation.json"
    document = json.loads(path.read_text())
    document["test"]["mean"] = 0.123
    document["probes"][0]["estimate"]["mean"] = 0.99
    path.write_text(json.dumps(document))
    code, wrong, _ = verified(capsys, place / "run")

    assert code == 1
    assert wrong["Measurements"] == "another file than the receipt's"
    assert wrong["Probes"].startswith("3 of 4")
    assert wrong["Test score"].endswith("told 0.1230")


@pytest.mark.parametrize("at", [0, 40, -3])
def test_measurements_that_cannot_be_read(place, capsys, at):
    content = bytearray((place / "run" / "adaptation.json").read_bytes())
    content[at] = 0xFF
    (place / "run" / "adaptation.json").write_bytes(content)
    code, wrong, _ = verified(capsys, place / "run")

    assert code == 1
    assert "cannot be read" in wrong["Measurements"]


def test_a_receipt_that_cannot_be_read_is_refused(place, capsys):
    (place / "run" / "receipt.json").write_text("{")

    assert run(["verify", str(place / "run")]) == 2
    assert "a file of a run must be what was written" in capsys.readouterr().err


def test_other_data(adapted, place, capsys):
    from PIL import Image

    shutil.copytree(adapted / "data", place / "data")
    code, wrong, _ = verified(capsys, place / "run", "--data", place / "data")
    assert (code, wrong) == (0, {})
    Image.fromarray(np.full((8, 8), 9, np.uint8)).save(place / "data" / "digit 5" / "003.png")
    code, wrong, _ = verified(capsys, place / "run", "--data", place / "data")

    assert code == 1
    assert wrong == {"Data": "other samples or targets than the receipt's"}


def test_another_pretrained_network(place, capsys, pretrained):
    other = Network.read(pretrained)
    with torch.no_grad():
        next(other.module.parameters())[0, 0, 0, 0] += 1e-3
    other.save(place / "other")
    code, wrong, _ = verified(capsys, place / "run", "--network", place / "other")

    assert code == 1
    assert wrong["Pretrained network"] == "other weights than the receipt's"
    assert wrong["The same tensors of the pretrained network"].startswith("17 of 18")


def test_what_is_elsewhere_is_not_a_difference_but_not_checked_either(adapted, place, capsys):
    (adapted / "data").rename(adapted / "moved")
    try:
        code, wrong, rows = verified(capsys, place / "run")
    finally:
        (adapted / "moved").rename(adapted / "data")

    assert (code, wrong) == (0, {})
    assert next(row for row in rows if row["label"] == "Data")["checked"] is None


def test_a_run_that_is_no_adaptation_is_refused(pretrained, capsys):
    assert run(["verify", str(pretrained.parent)]) == 2
    assert "a run must have a receipt to be verified" in capsys.readouterr().err


def test_another_budget_is_other_work(adapted, pretrained, capsys):
    line = ["adapt", str(pretrained), str(adapted / "data"), "--out", str(adapted / "run"), "--budget", "9s"]

    assert run([*line, "--threads", "1"]) == 2
    assert "must be resumed with the same settings; got budget_s 9.0 (there 3.0)" in capsys.readouterr().err


def test_the_same_command_again_reads_what_is_there(adapted, pretrained, capsys):
    before = (adapted / "run" / "adaptation.json").stat().st_mtime_ns
    line = ["adapt", str(pretrained), str(adapted / "data"), "--out", str(adapted / "run"), "--budget", "3s"]

    assert run([*line, "--threads", "1"]) == 0
    assert (adapted / "run" / "adaptation.json").stat().st_mtime_ns == before
