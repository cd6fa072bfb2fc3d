"""The rules' pages, from their docstrings: `python -m striate.lint.pages` writes `docs/rules`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from striate.lint.catalogue import all_rules, rule_of
from striate.lint.page import clean
from striate.lint.rule import Rule

FOLDER = Path("docs/rules")


def explain_rule(code_or_name: str) -> str:
    """Return the page of a rule as Markdown.

    Raises:
        UnknownNameError: With the nearest rules.

    Example:
        >>> print(explain_rule("SHP001").splitlines()[0])
        # stride-above-kernel
    """
    return page(rule_of(code_or_name))


def page(rule: Rule[Any]) -> str:
    """Return a rule's page: its name, code, severity and section, then its docstring."""
    head = f"# {rule.name}\n\n`{rule.code}` · {' or '.join(rule.severities)} · {rule.section}\n\n"
    return head + clean(rule.__doc__ or "").replace("\n## ", "\n\n## ").replace("\n\n\n", "\n\n") + "\n"


def index() -> str:
    """Return the page that lists all rules, by section."""
    rows = [
        f"| [{rule.name}]({rule.name}.md) | {rule.code} | {' or '.join(rule.severities)} "
        f"| {rule.section} | {rule.summary} |"
        for rule in all_rules()
    ]
    head = (
        "# Rules\n\nA rule reads what was measured and says what is wrong; "
        "without its evidence it stays silent.\n"
        "Written from the rules' docstrings by `python -m striate.lint.pages`.\n\n"
        "| rule | code | severity | section | what it finds |\n| --- | --- | --- | --- | --- |\n"
    )
    return head + "\n".join(rows) + "\n"


def pages() -> dict[str, str]:
    """Return the text of every page, by file name."""
    return {"README.md": index(), **{f"{rule.name}.md": page(rule) for rule in all_rules()}}


def write(folder: Path) -> None:
    """Write every page, and remove pages of rules that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = pages()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    for path in folder.glob("*.md"):
        if path.name not in texts:
            path.unlink()


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
