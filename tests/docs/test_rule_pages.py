"""The written rule pages are what the docstrings say."""

from pathlib import Path

import pytest

from striate.errors import UnknownNameError
from striate.lint import RULES, explain_rule
from striate.lint.pages import pages, write

FOLDER = Path(__file__).parents[2] / "docs" / "rules"


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_written_page_equals_the_generated_one(name):
    written = (FOLDER / name).read_text(encoding="utf-8")
    assert written == pages()[name], "run: python -m striate.lint.pages"


def test_there_is_no_page_without_a_rule():
    assert {path.name for path in FOLDER.iterdir()} == set(pages())


def test_writing_removes_the_page_of_a_rule_that_is_gone(tmp_path):
    (tmp_path / "gone.md").write_text("old")
    write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(pages())


def test_a_rule_is_explained_by_name_or_code():
    assert explain_rule("SHP001") == explain_rule("stride-above-kernel")
    assert explain_rule("SHP001").startswith("# stride-above-kernel\n\n`SHP001` · warning · network\n")


def test_an_unknown_rule_names_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean stride-above-kernel"):
        explain_rule("stride-over-kernel")


def test_the_index_lists_every_rule():
    rows = [line for line in pages()["README.md"].splitlines() if line.startswith("| [")]
    assert len(rows) == len(RULES)
