"""`striate rules` lists the rules; `striate rule` explains one."""

from __future__ import annotations

from collections.abc import Sequence
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
    name: Annotated[
        str, typer.Argument(help="Code or name; all are listed if it is left out, several if it is a beginning.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Explain a rule: what it looks for, why it matters, an example, and when to ignore it."""
    from striate.lint import explain_rule, rules_of

    asked = rules_of([name]) if name else ()
    if len(asked) != 1:
        _list(asked, as_json=json)
    elif json:
        print_json({"rules": [_row(asked[0]) | {"text": explain_rule(asked[0].code)}]})
    else:
        print_line(explain_rule(asked[0].code))


def rules(
    which: Annotated[
        list[str] | None, typer.Argument(help="Codes, their beginnings (SHP) or names; all if none.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List rules by code: every severity they can have, name, and what each finds."""
    from striate.lint import rules_of

    _list(rules_of(which or ()), as_json=json)


def _list(asked: Sequence[Rule[Any]], *, as_json: bool) -> None:
    """Print rules, one a line; all of them if none is asked for."""
    from striate.lint import all_rules

    known = asked or sorted(all_rules(), key=lambda member: member.code)
    if as_json:
        print_json({"rules": [_row(member) for member in known]})
        return
    severities = {member.code: " or ".join(member.severities) for member in known}
    wide, width = max(map(len, severities.values())), max(len(member.name) for member in known)
    for member in known:
        print_line(f"{member.code}  {severities[member.code]:<{wide}}  {member.name:<{width}}  {member.summary}")


def _row(member: Rule[Any]) -> dict[str, object]:
    return {
        "code": member.code,
        "name": member.name,
        "severity": member.severity,
        "severities": list(member.severities),
        "section": member.section,
        "summary": member.summary,
    }
