"""The commands as a person meets them: what they print, and what they end with."""

import json
import subprocess
import sys

import pytest

from striate.cli.app import run

TEXT = "input 1x28x28; (conv 3x3 16, batchnorm, relu) x2; maxpool 2; fc 64, relu; classes 10"


@pytest.fixture
def net(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["new", "net.yaml", "--text", TEXT]) == 0
    return "net.yaml"


def test_new_writes_a_file_that_check_reads(net, capsys):
    run(["check", net])

    out = capsys.readouterr().out
    assert "conv1" in out
    assert "3×3, norm, ReLU" in out
    # 14·14·16 inputs × 64 + 64, by hand
    assert "200\u202f768" in out


def test_check_prints_one_json_object_with_the_promised_names(net, capsys):
    capsys.readouterr()
    run(["check", net, "--json", "--batch", "8"])
    document = json.loads(capsys.readouterr().out)

    assert document["totals"]["params"] == (9 * 16 + 32) + (16 * 9 * 16 + 32) + (14 * 14 * 16 * 64 + 64) + (
        64 * 10 + 10
    )
    assert document["totals"]["macs"] == 8 * (28 * 28 * 16 * 9 * 17 + 14 * 14 * 16 * 64 + 640)
    assert document["receptive_field"]["size_px"] == [6, 6]
    assert document["receptive_field"]["stride_px"] == [2, 2]
    assert document["not_counted"] == []
    assert {"code", "severity", "op", "value", "limit", "message"} <= set(document["findings"][0])
    assert document["ops"][0]["kind"] == "conv"


def test_new_without_a_text_writes_something_to_start_from(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["new", "start.yaml"]) == 0
    assert run(["check", "start.yaml"]) == 0
    assert "classes" in capsys.readouterr().out


def test_new_does_not_write_over_a_file_unless_forced(net, capsys):
    assert run(["new", net, "--text", TEXT]) == 2
    assert "Add --force" in capsys.readouterr().err
    assert run(["new", net, "--text", TEXT, "--force"]) == 0


def test_new_writes_source_for_a_py_file(net, tmp_path):
    assert run(["new", "net.py", "--text", TEXT]) == 0
    assert "class Net(nn.Sequential)" in (tmp_path / "net.py").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["new", "a.yaml", "--text", "input 1x8x8; cnov 3 8; classes 2"], "Did you mean conv?"),
        (
            ["new", "a.yaml", "--text", "input 1x8x8; maxpool 9; classes 2"],
            "at maxpool1, reading 1×8×8",
        ),
        (["new", "a.txt", "--text", TEXT], "must end in .yaml or .py"),
        (["check", "gone.yaml"], "Make one: striate new gone.yaml"),
        (["check", "net.yaml", "--optimizer", "adamm"], "optimizer must be one of"),
        (["check", "net.yaml", "--input", "28"], "--input must keep the blueprint's channels and axes"),
        (["check", "net.yaml", "--input", "axb"], "a size must be numbers"),
        (["check", "nothing"], "a network reference must name something"),
        (["rule", "no-such"], "must be a known name"),
    ],
)
def test_wrong_input_is_one_line_and_ends_with_2(net, arguments, words, capsys):
    capsys.readouterr()
    code = run(arguments)
    err = capsys.readouterr().err

    assert code == 2
    assert words in err
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_an_error_with_json_is_json_too(net, capsys):
    capsys.readouterr()
    assert run(["check", "gone.yaml", "--json"]) == 2

    assert json.loads(capsys.readouterr().out)["error"]["code"] == "input"


def test_a_usage_error_is_one_line_and_json_too(net, capsys):
    capsys.readouterr()

    assert run(["check", net, "--jsno"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert run(["check", net, "--batch", "0", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "usage"


def test_another_channel_count_than_the_blueprints_is_refused(net, capsys):
    assert run(["check", net, "--input", "3x28x28"]) == 2
    assert "must keep the blueprint's channels" in capsys.readouterr().err
    assert run(["check", net, "--input", "1x56x56"]) == 0


def test_an_unknown_command_or_option_ends_with_2(net, capsys):
    assert run(["chekc", net]) == 2
    assert run(["check", net, "--jsno"]) == 2


def test_our_own_fault_is_one_line_and_ends_with_3(net, capsys, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("striate.checking.check", broken)

    assert run(["check", net]) == 3
    assert "our fault: ZeroDivisionError: oh" in capsys.readouterr().err


def test_an_interrupt_is_a_request_to_stop_and_not_our_fault(net, capsys, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("striate.checking.check", interrupted)

    assert run(["check", net]) == 3
    err = capsys.readouterr().err
    assert "the command was interrupted" in err
    assert "[cancelled]" in err
    assert "our fault" not in err


def test_warnings_end_with_1_and_notes_with_0(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run(["new", "bad.yaml", "--text", "input 1x28x28; conv 3 8 stride 5, relu; classes 10"])
    run(
        [
            "new",
            "good.yaml",
            "--text",
            "input 1x28x28; conv 3 8, relu; maxpool 2; conv 3 16, relu; globalavgpool; classes 10",
        ]
    )
    capsys.readouterr()

    assert run(["check", "bad.yaml", "--json", "--select", "stride-above-kernel"]) == 1
    assert [f["name"] for f in json.loads(capsys.readouterr().out)["findings"]] == ["stride-above-kernel"]
    assert run(["check", "good.yaml", "--select", "stride-above-kernel"]) == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["check", "--help"],
        ["train", "--help"],
        ["check", "net.yaml"],
        ["budget", "net.yaml", "--depth", "2"],
        ["rule"],
    ],
)
def test_the_paper_commands_start_without_torch_and_numpy(net, arguments, tmp_path):
    code = (
        "import sys; from striate.cli.app import run; run(sys.argv[1:]); "
        "heavy = {'torch', 'numpy'} & set(sys.modules); sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", ["new", "check", "train", "inspect", "demo", "rule"])
def test_every_command_has_help_with_an_example_and_json(command, capsys):
    assert run([command, "--help"]) == 0
    text = capsys.readouterr().out

    assert f"Example: striate {command}" in text
    assert "--json" in text


def test_the_version_is_that_of_the_package(capsys):
    from importlib.metadata import version

    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"striate {version('striate')}\n"


def test_debug_shows_where_an_error_came_from(capsys):
    assert run(["rule", "nothing-like-it", "--debug"]) == 2
    assert "Traceback" in capsys.readouterr().err
