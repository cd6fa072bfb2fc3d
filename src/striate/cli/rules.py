"""`striate rules` lists the rules; `striate rule` explains one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from striate.cli.terminal import print_json, print_line

if TYPE_CHECKING:
    from striate.lint import Rule


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: striate rule dead-units")(rule)
    app.command(epilog="Example: striate rules --json")(rules)


def rule(
    name: Annotated[str, typer.Argument(help="Code or name; all of them are listed if it is left out.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Explain a rule: what it looks for, why it matters, an example, and when to ignore it."""
    from striate.lint import explain_rule, rule_of

    if not name:
        rules(json=json)
    elif json:
        member = rule_of(name)
        print_json({"rules": [_row(member) | {"text": explain_rule(member.code)}]})
    else:
        print_line(explain_rule(name))


def rules(json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """List all rules: code, severity, name, and what each finds."""
    from striate.lint import all_rules

    known = all_rules()
    if json:
        print_json({"rules": [_row(member) for member in known]})
        return
    width = max(len(member.name) for member in known)
    for member in known:
        print_line(f"{member.code}  {member.severity:<8} {member.name:<{width}}  {member.summary}")


def _row(member: Rule[Any]) -> dict[str, object]:
    return {
        "code": member.code,
        "name": member.name,
        "severity": member.severity,
        "severities": list(member.severities),
        "section": member.section,
        "summary": member.summary,
    }
