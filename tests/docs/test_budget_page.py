"""What the page on budgets shows is what the command answers."""

import re
import shlex
from pathlib import Path

from striate.cli.app import run

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "design-within-a-budget.md").read_text()


def test_the_answer_that_is_shown_is_the_one_given(tmp_path, monkeypatch, capsys):
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
    commands = [line for kind, text in blocks if not kind for line in text.splitlines()]
    (shown,) = [text for kind, text in blocks if kind == "text"]
    monkeypatch.chdir(tmp_path)

    assert run(shlex.split(commands[0])[1:]) == 0
    capsys.readouterr()
    assert run(shlex.split(commands[1])[1:]) == 0
    assert shown.replace(" ", "") in capsys.readouterr().out.replace("\u202f", "").replace(" ", "")
