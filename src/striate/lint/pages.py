"""The rules' pages, from their docstrings: `python -m striate.lint.pages` writes `docs/rules`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from striate.lint.advice import ADVICE
from striate.lint.catalogue import all_rules, rule_of
from striate.lint.fire_rates import fire_rates
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
    text = clean(rule.__doc__ or "").replace("\n## ", "\n\n## ").replace("\n\n\n", "\n\n")
    return f"{head}{text}\n{_rate(rule)}"


def _rate(rule: Rule[Any]) -> str:
    """Return how often a design rule fires on good networks; nothing for rules that need more than a table."""
    if rule.section != "network":
        return ""
    measured = fire_rates()
    share = measured.fired.get(rule.name)
    text = "Not measured yet." if share is None else f"On {share}, {measured.date}."
    return (
        f"\n## How often it fires\n{text}\n"
        f"Counted on [{len(measured.found)} networks](healthy-networks.md) that are known to be good, "
        "and that limits were chosen on; in brackets the 95 % interval.\n"
    )


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
    return head + "\n".join(rows) + "\n" + _advice()


def _advice() -> str:
    """Return the table from what is taught to the rules that say it."""
    rows = [
        f"| {advice.text} | {', '.join(f'[{name}]({name}.md)' for name in advice.rules) or 'not yet'} "
        f"| {advice.missing} |"
        for advice in ADVICE
    ]
    head = (
        "\n## From advice to rules\n\nWhat is taught about designing a network, and who says it here.\n\n"
        "| advice | rule | not yet |\n| --- | --- | --- |\n"
    )
    return head + "\n".join(rows) + "\n"


def healthy_networks() -> str:
    """Return the page with the networks the design rules are calibrated on, and what is said of each."""
    measured = fire_rates()
    exempt = [f"- {finding}: {reason}." for finding, reason in measured.exempt.items()]
    return (
        "# Good networks\n\nA rule that fires on good networks teaches people to ignore it. These were published, "
        "trained by many, and are good whatever a rule says. Each was traced at its own input size with random weights by "
        f"`benchmarks/fire_rates.py` ({measured.versions}; {measured.date}).\n\n"
        f"With any warning or error, on networks that no limit was chosen on: {measured.held_out}; in brackets the 95 % "
        "interval. They were drawn at random from timm's convolutional networks with published weights, at most 320 px and "
        "60 million parameters, before any rule had seen them, and no rule was changed because of them; many are relatives of "
        "some in the first list, and the limits of 35 rules were set on networks that were not all written down. On the list "
        f"that limits were chosen on: {measured.troubled}. Changed because of it: a limit of 8 in reduction-too-fast fired on "
        "GhostNet and RDNet, stride-above-kernel did not see through padding in NASNet and PNASNet, and misaligned-merge "
        "took the enlarged maps of HRNet and GhostNetV2 for shifted.\n\n"
        "Told, and exempt by name:\n\n"
        + "\n".join(exempt)
        + "\n\n"
        + _said("Limits were chosen on these", measured.found)
        + "\n"
        + _said("No limit was chosen on these", measured.found_held_out)
    )


def _said(heading: str, found: Mapping[str, Sequence[str]]) -> str:
    rows = [f"| {network} | {', '.join(rules) or 'nothing'} |" for network, rules in found.items()]
    return f"## {heading}\n\n| network | what the rules say |\n| --- | --- |\n" + "\n".join(rows) + "\n"


def pages() -> dict[str, str]:
    """Return the text of every page, by file name."""
    return {
        "README.md": index(),
        "healthy-networks.md": healthy_networks(),
        **{f"{rule.name}.md": page(rule) for rule in all_rules()},
    }


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
