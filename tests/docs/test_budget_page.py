"""What the page on budgets tells to type works, and says what the page says."""

import re
import shlex
from pathlib import Path

from striate.blueprint import read_blueprint
from striate.cli.app import run

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "design-within-a-budget.md").read_text()


def blocks(language):
    found = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
    return [text for kind, text in found if kind == language]


def test_every_command_runs_and_the_first_answer_is_the_one_shown(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    lines = [line for block in blocks("") for line in block.splitlines()]
    answers = []
    for line in lines:
        name, *words = shlex.split(line)
        assert name == "striate"
        assert run(words) == 0, line
        answers.append(capsys.readouterr().out)
    (shown,) = blocks("text")

    assert len(lines) == 10
    assert shown.strip().replace(" ", "") in answers[1].replace("\u202f", "").replace(" ", "")


def test_the_python_on_the_page_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run(shlex.split(blocks("")[0])[1:])
    capsys.readouterr()
    for block in blocks("python"):
        exec(compile(block, "page", "exec"), {})
    out = capsys.readouterr().out

    assert "let w 26" in out
    assert "classes 1000" in out
    assert read_blueprint("net.yaml").settings == {"w": 32}
