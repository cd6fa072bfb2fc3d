"""The page about beginnings names them all, its table is true, and its Python runs."""

import re
from pathlib import Path

import pytest

from striate.nets.beginnings import BEGINNINGS

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "choose-a-beginning.md"


def rows():
    """Return name → (images, output layer) as the page's table has it."""
    import striate.train  # noqa: F401 - adds rotation

    found = {}
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and cells[0].startswith("`"):
            for name in re.findall(r"`([a-z]+)", cells[0]):
                found[name] = (cells[2] == "yes", cells[3] == "× 0.1")
    return found


def test_the_table_holds_every_beginning_and_what_it_says_is_true():
    known = rows()

    assert known == {b.name: (b.needs_images, b.is_quiet) for b in BEGINNINGS.values()}


@pytest.mark.slow
def test_the_python_on_the_page_runs(capsys):
    used, extended = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    names = {}
    exec(used, names)

    assert names["network"].receipt["begun"] == ["conv1: 16 filters of the bank."]
    assert "(" in capsys.readouterr().out
    exec(extended, names)
    assert names["Halves"]().meaning == "Every weight is a half."
