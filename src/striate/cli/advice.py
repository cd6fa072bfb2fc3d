"""What `striate check` says about a design: findings with their cures, what is allowed, and what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from striate.checking import Check
from striate.cli.terminal import console
from striate.graph import times
from striate.lint import Offer
from striate.numbers import count, plural, storage

if TYPE_CHECKING:
    from striate.lint.curing import Figures

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


def offer_text(offer: Offer) -> str:
    """Return a cure with its effect in one line."""
    if offer.after is None:
        return f"No cure: {offer.cure}; {offer.obstacle}."
    same = ", the same function" if offer.cure.is_same_function else ""
    effect = f"Cure: {offer.cure}{same}: {effect_text(offer.before, offer.after)}"
    return f"{effect}; but {offer.obstacle}." if offer.obstacle else f"{effect}."


def effect_text(before: Figures, after: Figures) -> str:
    """Return what changes between two networks, figure by figure.

    Example:
        >>> from striate.lint.curing import Figures
        >>> old = Figures(params=10, macs=300, kept_bytes=4096, field_px=(3, 3))
        >>> effect_text(old, Figures(params=8, macs=300, kept_bytes=4096, field_px=(5, 5)))
        'parameters 10 → 8, field 3×3 → 5×5 px'
    """
    figures = [
        ("parameters", before.params, after.params, count),
        ("MACs", before.macs, after.macs, count),
        ("kept", before.kept_bytes, after.kept_bytes, storage),
    ]
    changes = [f"{name} {text(old)} → {text(new)}" for name, old, new, text in figures if old != new]
    if before.field_px != after.field_px:
        changes.append(f"field {_field(before.field_px)} → {_field(after.field_px)} px")
    return ", ".join(changes) or "costs and field stay as they are"


def _field(sizes: tuple[int, ...]) -> str:
    return times(sizes) if sizes else "unknown"
