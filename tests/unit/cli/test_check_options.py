"""What `striate check` can be asked for beside the table."""

import json

import pytest

from striate.cli.app import run

TEXT = "input 1x16x16; conv 3x3 4, batchnorm, relu; maxpool 2; conv 3x3 8, relu; globalavgpool; classes 3"


@pytest.fixture
def net(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["new", "net.yaml", "--text", TEXT]) == 0
    return "net.yaml"


def document(capsys):
    return json.loads(capsys.readouterr().out)


def test_the_promised_names_are_in_one_object(net, capsys):
    capsys.readouterr()
    run(["check", net, "--batch", "8", "--optimizer", "adam", "--memory", "0.001", "--json"])
    found = document(capsys)

    assert found["totals"].keys() >= {"params", "macs", "layer_macs", "other_flops", "backward_flops"}
    assert found["memory"].keys() >= {"peak_bytes", "when", "largest_batch", "limit_bytes", "savings"}
    assert found["memory"]["limit_bytes"] == round(0.001 * 2**30)
    assert found["receptive_field"]["size_px"] == [8, 8]
    assert found["ops"][0].keys() >= {"name", "kind", "shape", "params", "macs", "kept_bytes", "receptive_field"}


def test_the_largest_batch_fits_and_one_more_does_not(net, capsys):
    capsys.readouterr()
    run(["check", net, "--memory", "0.001", "--json"])
    largest = document(capsys)["memory"]["largest_batch"]
    peaks = []
    for batch in (largest, largest + 1):
        run(["check", net, "--batch", str(batch), "--json"])
        peaks.append(document(capsys)["memory"]["peak_bytes"])
    assert peaks[0] <= round(0.001 * 2**30) < peaks[1]


def test_another_network_is_shown_beside(net, capsys):
    run(["new", "wide.yaml", "--text", TEXT.replace("3x3 8", "3x3 16")])
    capsys.readouterr()
    run(["check", net, "--compare", "wide.yaml", "--json"])
    found = document(capsys)["comparison"]
    # The second convolution has twice the filters, and the head twice the features.
    assert found["totals"]["params"]["second"] - found["totals"]["params"]["first"] == 8 * 36 + 8 + 8 * 3
    assert not found["is_equal"]

    run(["check", net, "--compare", net])
    assert "The tables are equal" in capsys.readouterr().out


def test_what_can_only_be_measured_is_measured_on_request(net, capsys):
    capsys.readouterr()
    run(["check", net, "--batch", "2", "--time", "--effective", "--json"])
    found = document(capsys)
    assert found["time"]["batch"] == 2
    assert {row["name"] for row in found["time"]["ops"]} >= {"conv1", "conv2", "classes"}
    assert found["effective_field"]["theoretical_px"] == 8
    assert "magnitude" not in found["effective_field"]


def test_the_page_is_written(net, tmp_path, capsys):
    run(["check", net, "--page", "net.html"])
    assert (tmp_path / "net.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "Wrote net.html" in capsys.readouterr().out


def test_a_network_that_breaks_is_shown_up_to_there(tmp_path, monkeypatch, capsys):
    (tmp_path / "broken.py").write_text(
        "from torch import nn\n"
        "def make():\n"
        "    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(5, 6, 3))\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert run(["check", "python:broken:make", "--input", "3x8x8"]) == 2
    shown = capsys.readouterr()
    assert "4×6×6" in shown.out
    assert "It reads 5 channels and is given 4" in shown.err

    assert run(["check", "python:broken:make", "--input", "3x8x8", "--json"]) == 2
    assert [row["kind"] for row in document(capsys)["error"]["reached"]] == ["conv", "relu"]


def test_several_inputs_are_given_by_name(tmp_path, monkeypatch, capsys):
    (tmp_path / "paired.py").write_text(
        "from torch import nn\n"
        "class Pair(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.a, self.b = nn.Conv2d(3, 4, 3), nn.Conv2d(1, 4, 3)\n"
        "    def forward(self, image, mask):\n"
        "        return self.a(image) * self.b(mask)\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    run(["check", "python:paired:Pair", "--input", "image=3x8x8,mask=1x8x8", "--json"])
    assert document(capsys)["totals"]["macs"] == 4 * 36 * 9 * 4


@pytest.mark.parametrize(
    "options",
    [
        ["--compare", "net.yaml", "--format", "sarif"],
        ["--time", "--fix"],
        ["--page", "x.html", "--format", "github"],
        ["--optimizer", "lion"],
        ["--precision", "half"],
        ["--implementation", "quick"],
        ["--checkpoint", "nowhere"],
        ["--input", "3x"],
    ],
)
def test_wrong_options_are_one_line_and_end_with_2(net, options, capsys):
    capsys.readouterr()
    assert run(["check", net, *options]) == 2
    assert capsys.readouterr().err.count("\n") == 1
