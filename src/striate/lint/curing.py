"""Cures at work: what an edit would do, told beforehand, and a blueprint with the cures that help."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from striate.blueprint import Blueprint, edited
from striate.errors import StriateError
from striate.findings import SEVERITIES, Cure, Finding
from striate.lint.engine import LintReport, lint
from striate.records import Figures

# A cure can bring up the next finding; more rounds than these are a circle.
MOST_STEPS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A cure with its effect, both tables checked.

    Attributes:
        finding: What it would end.
        cure: The edits.
        before: Figures of the blueprint as it is.
        after: Figures with the cure; None if it cannot be applied.
        obstacle: Why it cannot or should not be applied, "" if nothing speaks against it.
    """

    finding: Finding
    cure: Cure
    before: Figures
    after: Figures | None
    obstacle: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """A blueprint after its cures.

    Attributes:
        plan: The new blueprint.
        taken: Cures that were applied, in order, each with its effect.
        refused: Cures that were not, each with its obstacle.
        report: What the rules say of the new blueprint.
    """

    plan: Blueprint
    taken: tuple[Offer, ...]
    refused: tuple[Offer, ...]
    report: LintReport


def offers(
    plan: Blueprint, report: LintReport, *, select: Iterable[str] = (), ignore: Iterable[str] = ()
) -> tuple[Offer, ...]:
    """Return every cure for a blueprint's findings with its effect at the report's batch, each applied alone.

    Example:
        >>> plan = Blueprint.from_text("input 1x16x16; conv 3x3 8 padding 0, relu; globalavgpool; classes 2")
        >>> offer = offers(plan, lint(graph=plan.graph(), select=["SHP002"]), select=["SHP002"])[0]
        >>> str(offer.cure), offer.before.macs, offer.after.macs   # 14² or 16² places × 8 × 9, + 8 × 2
        ('leave out the padding of conv1', 14128, 18448)
    """
    select, ignore = tuple(select), tuple(ignore)
    return tuple(
        _tried(plan, report, finding, select, ignore)[0] for finding in report.findings if finding.cure is not None
    )


def fixed(plan: Blueprint, *, select: Iterable[str] = (), ignore: Iterable[str] = (), batch: int = 1) -> Fixed:
    """Return a blueprint with its cures applied one after the other, gravest finding first; the given one stays.

    After each the rules are asked again. A cure is refused, and said so, if its layers no longer fit, if the
    finding would still be there, or if it would bring a graver finding than the one it ends.

    When it misleads:
        A finding that is gone is not a network that learns better; train both and compare.
    """
    select, ignore = tuple(select), tuple(ignore)
    taken: list[Offer] = []
    refused: dict[tuple[str, str], Offer] = {}
    report = _asked(plan, select, ignore, batch)
    while len(taken) < MOST_STEPS:
        finding = next((f for f in report.findings if f.cure is not None and (f.name, f.op) not in refused), None)
        if finding is None:
            break
        offer, made, after = _tried(plan, report, finding, select, ignore)
        if offer.obstacle or made is None or after is None:
            refused[finding.name, finding.op] = offer
        else:
            taken.append(offer)
            plan, report = made, after
    return Fixed(plan=plan, taken=tuple(taken), refused=tuple(refused.values()), report=report)


def _tried(
    plan: Blueprint, report: LintReport, finding: Finding, select: tuple[str, ...], ignore: tuple[str, ...]
) -> tuple[Offer, Blueprint | None, LintReport | None]:
    cure = finding.cure or Cure(edits=())
    offer = Offer(finding=finding, cure=cure, before=figures(report), after=None)
    try:
        made = edited(plan, cure.edits)
        after = _asked(made, select, ignore, report.batch)
    except StriateError as error:
        return replace(offer, obstacle=f"it cannot be applied: {error.rule}"), None, None
    return replace(offer, after=figures(after), obstacle=_obstacle(finding, report, after)), made, after


def _asked(plan: Blueprint, select: tuple[str, ...], ignore: tuple[str, ...], batch: int) -> LintReport:
    return lint(graph=plan.graph(batch=batch), select=select, ignore=ignore, allow=plan.allow)


def _obstacle(finding: Finding, before: LintReport, after: LintReport) -> str:
    known = {old.name for old in before.findings}
    rank = SEVERITIES.index(finding.severity)
    worse = [new.name for new in after.findings if new.name not in known and SEVERITIES.index(new.severity) < rank]
    if worse:
        return f"it would bring {' and '.join(worse)}, which is graver"
    if any((new.name, new.op, new.message) == (finding.name, finding.op, finding.message) for new in after.findings):
        return "the finding would still be there"
    return ""


def figures(report: LintReport) -> Figures:
    """Return the figures of a blueprint that was looked at."""
    cost = report.evidence.cost
    maps = [row for row in report.evidence.layers if row.receptive.axes]
    if cost is None:
        return Figures(params=0, macs=0, kept_bytes=0, field_px=())
    return Figures(
        params=cost.total.params,
        macs=cost.total.macs,
        kept_bytes=cost.total.kept_bytes,
        field_px=tuple(axis.size_px for axis in maps[-1].receptive.axes) if maps else (),
    )
