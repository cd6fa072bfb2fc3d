"""Asking one rule: what it finds, what of that is allowed, and what is said if it breaks down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from striate.findings import Allowance, Finding
from striate.lint.allowances import Allowed, Unused, unused
from striate.lint.failure import Failure, one_line
from striate.lint.paper import Paper
from striate.lint.rule import Rule
from striate.records import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one rule said; `findings` is None if its evidence was not measured, `figure` what it measured if it found nothing."""

    findings: tuple[Finding, ...] | None = ()
    allowed: tuple[Allowed, ...] = ()
    unused: tuple[Unused, ...] = ()
    failure: Failure | None = None
    figure: str = ""


def ask(rule: Rule[Any], evidence: Evidence, paper: Paper | None, allow: Sequence[Allowance]) -> Answer:
    """Return what a rule says; an exception becomes a failure, and ends nothing but this rule."""
    try:
        return _answer(rule, evidence, paper, allow)
    except Exception as error:  # noqa: BLE001 - rules of plug-ins may raise anything, and the others must still run
        return Answer(failure=Failure(rule=rule.name, error=one_line(error)))


def _answer(rule: Rule[Any], evidence: Evidence, paper: Paper | None, allow: Sequence[Allowance]) -> Answer:
    by_op = {allowance.op: allowance for allowance in allow if allowance.op}
    everywhere = next((allowance for allowance in allow if not allowance.op), None)
    # What one rule reads off the paper itself, the next need not read again.
    left = _judged(rule, evidence, paper.about(excused=by_op.keys()) if paper is not None and by_op else paper)
    if left is None:
        return Answer(findings=None)
    # A rule that names one op for all of them, or reads no table, could not leave out what is excused.
    allowed = [Allowed(finding=finding, allowance=by_op[finding.op]) for finding in left if finding.op in by_op]
    left = [finding for finding in left if finding.op not in by_op]
    for op, allowance in by_op.items():
        alone = _judged(rule, evidence, paper.about(only=op)) if paper is not None else None
        allowed += [
            Allowed(finding=finding, allowance=allowance)
            for finding in alone or ()
            if finding.op == op and not any(known.finding.op == op for known in allowed)
        ]
    if everywhere is not None:
        allowed += [Allowed(finding=finding, allowance=everywhere) for finding in left]
        left = []
    covering = {covered.allowance.op for covered in allowed}
    names = [] if paper is None else [op.name for op in paper.graph]
    return Answer(
        findings=tuple(left),
        allowed=tuple(allowed),
        unused=tuple(unused(allowance, names) for allowance in allow if allowance.op not in covering),
        figure="" if left or allowed else _figure(rule, evidence, paper),
    )


def _figure(rule: Rule[Any], evidence: Evidence, paper: Paper | None) -> str:
    """Return what a rule that found nothing measured; most tell nothing, and are not made to look again."""
    if type(rule).told is Rule.told:
        return ""
    seen = rule.seen(evidence, paper)
    return "" if seen is None else rule.told(seen)


def _judged(rule: Rule[Any], evidence: Evidence, paper: Paper | None) -> list[Finding] | None:
    seen = rule.seen(evidence, paper)
    if seen is None:
        return None
    found = list(rule.judge(seen))
    if any(not isinstance(finding, Finding) for finding in found):
        raise TypeError("judge must yield findings")
    return found
