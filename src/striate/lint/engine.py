"""`lint`: every rule over one network's evidence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from striate.findings import Finding, Severity, by_severity, worst
from striate.graph import Graph
from striate.lint.catalogue import chosen
from striate.lint.paper import Paper
from striate.records import Evidence

NOTHING = Evidence()


@dataclass(frozen=True, slots=True, kw_only=True)
class LintReport:
    """What the rules said.

    Attributes:
        findings: Errors first.
        silent: Names of the rules that had their evidence and found nothing.
        skipped: Names of the rules whose evidence was not measured.
        evidence: What they looked at, readings of the table included.
    """

    findings: tuple[Finding, ...]
    silent: tuple[str, ...]
    skipped: tuple[str, ...]
    evidence: Evidence

    @property
    def worst(self) -> Severity | None:
        """The gravest severity found."""
        return worst(self.findings)


def lint(
    evidence: Evidence = NOTHING,
    *,
    graph: Graph | None = None,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
) -> LintReport:
    """Return the judgement of every rule on what is known about one network.

    Args:
        evidence: What was measured; may be empty, for the design alone.
        graph: The table, for the rules about the design; missing readings are made from it.
        select: Only these rules, by name, code or theme letters ("SHP"); all if empty.
        ignore: Not these.

    Raises:
        UnknownNameError: A rule nobody knows.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> plan = Blueprint.from_text("input 1x28x28; maxpool 2 stride 3; classes 2")
        >>> [finding.name for finding in lint(graph=plan.graph(), select=["SHP"]).findings]
        ['stride-above-kernel']
    """
    paper = None if graph is None else Paper.of(graph, evidence)
    if paper is not None:
        evidence = replace(evidence, cost=paper.cost, layers=paper.layers)
    findings: list[Finding] = []
    silent: list[str] = []
    skipped: list[str] = []
    for rule in chosen(select=select, ignore=ignore):
        seen = rule.seen(evidence, paper)
        if seen is None:
            skipped.append(rule.name)
            continue
        found = tuple(rule.judge(seen))
        findings.extend(found)
        if not found:
            silent.append(rule.name)
    return LintReport(
        findings=by_severity(findings),
        silent=tuple(silent),
        skipped=tuple(skipped),
        evidence=evidence,
    )
