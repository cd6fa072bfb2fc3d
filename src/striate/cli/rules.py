"""`striate rule`: what a rule looks for and why."""

from __future__ import annotations

from typing import Annotated

import typer

from striate.cli.terminal import print_json, print_line


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: striate rule dead-units")(rule)


def rule(
    name: Annotated[str, typer.Argument(help="Code or name; all of them are listed if it is left out.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Explain a rule: what it looks for, why it matters, an example, and when to ignore it."""
    from striate.lint import RULES, explain_rule

    if json:
        rows = [{"code": rule.code, "name": rule.name, "severity": rule.severity} for rule in RULES.values()]
        print_json(
            {"rules": [row | {"text": explain_rule(row["code"])} for row in rows if name in {"", *row.values()}]}
        )
    elif name:
        print_line(explain_rule(name))
    else:
        for member in RULES.values():
            print_line(f"{member.code}  {member.severity:<8} {member.name}")
