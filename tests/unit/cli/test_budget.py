"""`striate budget`: what it says, what it writes, what it refuses."""

import json

import pytest

from striate.analyse import cost
from striate.blueprint import read_blueprint
from striate.cli.app import run

TEXT = "input 3x16x16; conv 3 32, relu; (conv 3 32, relu) x2; globalavgpool; classes 10"
# 256 places × 9 × (3·32 + 2·32²) and 320 for the outputs.
MACS = 256 * 9 * (96 + 2048) + 320


@pytest.fixture
def net(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["new", "net.yaml", "--text", TEXT]) == 0
    capsys.readouterr()
    return "net.yaml"


def said(capsys):
    return capsys.readouterr().out.replace("\u202f", "")


def test_text_tells_figures_before_and_after_and_the_neighbours(net, capsys):
    assert run(["budget", net, "--macs", "1.2M"]) == 0
    out = said(capsys)

    # 256 · 9 · (3·w + 2·w²) + 10·w for w of 14, 15 and 16.
    reached = {w: 2304 * (3 * w + 2 * w * w) + 10 * w for w in (14, 15, 16)}
    assert f"{reached[15]} MACs for a budget of 1200000 MACs, off by −{(1 - reached[15] / 1.2e6) * 100:.2f}%." in out
    assert f"the next smaller is {reached[14]} MACs, the next larger is {reached[16]} MACs." in out
    assert "Widths: 32 → 15." in out
    assert out.splitlines()[-1] == TEXT.replace("32", "15")
    assert f"{MACS}  {reached[15]}" in out


def test_json_has_everything_and_the_file_is_the_solution(net, capsys):
    assert run(["budget", net, "--params", "5k", "--multiple", "4", "--at-most", "--out", "small.yaml", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)

    plan = read_blueprint("small.yaml")
    assert document["text"] == plan.to_text()
    assert document["reached"] == cost(plan.graph()).total.params <= 5000 < document["larger"]
    assert (document["figure"], document["wanted"], document["file"]) == ("params", 5000, "small.yaml")
    assert document["residual_percent"] == pytest.approx((document["reached"] - 5000) / 50)
    assert document["widths"][0]["before"] == 32
    assert document["before"]["macs"] == MACS
    assert read_blueprint(net).to_text() == TEXT


def test_a_file_of_text_is_one_line(net, tmp_path):
    assert run(["budget", net, "--like", net, "--over", "input", "--multiple", "16", "--out", "same.txt"]) == 0

    assert (tmp_path / "same.txt").read_text() == TEXT + "\n"


def test_changes_keep_the_cost_unless_a_budget_is_given(net, capsys):
    assert run(["budget", net, "--depth", "2", "--kernel", "3:5", "--json"]) == 0
    kept = json.loads(capsys.readouterr().out)
    assert run(["budget", net, "--depth", "2", "--macs", "1M", "--json"]) == 0
    stated = json.loads(capsys.readouterr().out)
    assert run(["budget", net, "--input", "3x32x32"]) == 0
    out = said(capsys)

    assert (kept["wanted"], stated["wanted"]) == (MACS, 1_000_000)
    assert kept["notes"] == ["kernels 3 → 5", "conv 5 32, relu, 2 → 4 times", "left alone: conv 5 32, relu"]
    assert kept["text"].count("conv 5") == 2
    assert "x4" in kept["text"]
    assert f"for a budget of {MACS} MACs" in out
    assert "· make the input 32x32 px" in out


def test_memory_is_that_of_a_training_step(net, capsys):
    from striate.checking import check

    assert run(["budget", net, "--memory", "8MB", "--batch", "16", "--optimizer", "sgd", "--out", "small.yaml"]) == 0

    assert "(a training step of batch 16 with sgd), off by" in said(capsys)
    assert check("small.yaml", batch=16, optimizer="sgd").memory.peak_bytes == pytest.approx(8e6, rel=0.04)


@pytest.mark.parametrize(
    ("arguments", "told", "code"),
    [
        ([], "one budget must be given; got 'none'", 2),
        (["--macs", "1M", "--params", "2k"], "got '--macs --params'", 2),
        (["--macs", "many"], "an amount must be a number", 2),
        (["--memory", "1.5Gib"], "Like 1.5GiB.", 2),
        (["--macs", "0"], "a budget must be at least 1", 2),
        (["--macs", "10"], "got 10 MACs. The nearest that can be reached is", 2),
        (["--memory", "10B"], "KiB (width times ", 2),
        (["--macs", "1M", "--over", "depth"], "what is solved must be a known name", 2),
        (["--macs", "1M", "--out", "net.yaml"], "must not be there yet", 2),
        (["--macs", "1M", "--out", "net.py"], "must end in .yaml or .txt", 2),
        (["--kernel", "3x3"], "a kernel must be a number", 2),
        (["--kernel", "4"], "a new kernel must be odd", 2),
        (["--input", "1x32x32"], "--input must keep the blueprint's channels and axes", 2),
        (["--macs", "1M", "--optimizer", "sgd"], "--batch and --optimizer must come with --memory", 2),
        (["--macs", "1M", "--batch", "4"], "--batch and --optimizer must come with --memory", 2),
        (["--memory", "1MiB", "--optimizer", "lion"], "lion", 2),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(net, arguments, told, code, capsys, tmp_path):
    assert run(["budget", net, *arguments]) == code

    assert told in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["net.yaml"]


@pytest.mark.parametrize("network", ["timm:resnet18", "runs/a", "python:torch.nn:Identity"])
def test_only_blueprints_are_solved(network, capsys):
    assert run(["budget", network, "--macs", "1M"]) == 2
    assert "only a blueprint's file can be solved" in capsys.readouterr().err
