"""What `striate check` says about a design: findings with their cures, what is allowed, and what went wrong."""

from __future__ import annotations

from striate.checking import Check
from striate.cli.terminal import console
from striate.lint.offer_text import offer_text
from striate.numbers import count, plural

MARKS = {"error": "✗ error", "warning": "! warning", "note": "i note"}
COLOURS = {"error": "red", "warning": "yellow", "note": "blue"}


def show_advice(found: Check) -> None:
    """Show findings, gravest first, each with its place, what to do, and the cure with its effect."""
    from rich.text import Text

    screen = console()
    screen.print("")
    offers = {id(offer.finding): offer for offer in found.offers()}
    for finding in found.findings:
        line = Text(f"{MARKS[finding.severity]}  ", style=COLOURS[finding.severity])
        line.append(finding.told, style="default")
        place = found.subject.places.get(finding.op)
        line.append(f"  [{finding.code} {finding.name}]{f' {place}' if place else ''}", style="dim")
        screen.print(line)
        screen.print(Text(f"  {finding.todo}", style="dim"))
        if id(finding) in offers:
            screen.print(Text(f"  {offer_text(offers[id(finding)])}", style="dim"))
    show_rest(found)


def show_rest(found: Check) -> None:
    """Show what is allowed with its reason, allowances that no longer apply, rules that raised, and the counts."""
    from rich.text import Text

    screen, report = console(), found.report
    for covered in report.allowed:
        line = Text("✓ allowed  ", style="green")
        line.append(f"{covered.finding.told}  ", style="default")
        line.append(f"[{covered.finding.code} {covered.finding.name}] {covered.allowance.reason}", style="dim")
        screen.print(line)
    for unused in report.unused:
        screen.print(Text(str(unused), style="yellow"))
    for failure in report.failures:
        screen.print(Text(str(failure), style="red"))
    allowed = f"; {count(len(report.allowed))} allowed" if report.allowed else ""
    screen.print(
        f"{plural(len(report.findings), 'finding')}{allowed}; "
        f"{plural(len(report.silent), 'rule')} looked and found nothing."
    )
