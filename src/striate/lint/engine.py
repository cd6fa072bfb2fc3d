"""`lint`: every rule over one network's evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from striate.findings import Allowance, Finding, Severity, by_severity, worst
from striate.graph import Graph
from striate.lint.allowances import Allow, Allowed, Unused, read_allowances
from striate.lint.asking import ask
from striate.lint.catalogue import chosen, unreadable
from striate.lint.failure import Failure
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
        allowed: Findings that are allowed, each with its reason.
        unused: Allowances that cover nothing any more.
        failures: Rules that raised, and plug-ins that could not be loaded; the others ran.
        batch: Images at once in the table they looked at; 1 without one.
        figures: What silent rules measured, in a few words, by name; not all tell.
    """

    findings: tuple[Finding, ...]
    silent: tuple[str, ...]
    skipped: tuple[str, ...]
    evidence: Evidence
    allowed: tuple[Allowed, ...] = ()
    unused: tuple[Unused, ...] = ()
    failures: tuple[Failure, ...] = ()
    batch: int = 1
    figures: Mapping[str, str] = field(default_factory=dict)

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
    allow: Allow = (),
) -> LintReport:
    """Return the judgement of every rule on what is known about one network.

    Args:
        evidence: What was measured; may be empty, for the design alone.
        graph: The table, for the rules about the design; missing readings are made from it.
        select: Only these rules, by name, code or its beginning ("SHP"); all if empty.
        ignore: Not these.
        allow: Findings that are allowed, with the reason: {rule: reason} or {rule: {op: reason}}. Those of rules that
            are not asked, or have no evidence, are left alone.

    Raises:
        UnknownNameError: A rule nobody knows.
        UsageError: `select` and `ignore` leave no rule.
        InputError: An allowance without a reason.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> plan = Blueprint.from_text("input 1x28x28; maxpool 2 stride 3; classes 2")
        >>> [finding.name for finding in lint(graph=plan.graph(), select=["SHP"]).findings]
        ['stride-above-kernel']
    """
    paper = None if graph is None else Paper.of(graph, evidence)
    if paper is not None:
        evidence = replace(evidence, cost=paper.cost, layers=paper.layers, fields=paper.fields)
    select, ignore = tuple(select), tuple(ignore)
    rules = chosen(select=select, ignore=ignore)
    given = _by_rule(read_allowances(allow))
    answers = {rule.name: ask(rule, evidence, paper, given.get(rule.name, ())) for rule in rules}
    heard = answers.values()
    failures = [answer.failure for answer in heard if answer.failure is not None]
    return LintReport(
        findings=by_severity(finding for answer in heard for finding in answer.findings or ()),
        silent=tuple(
            name
            for name, answer in answers.items()
            if answer.findings == () and not answer.allowed and answer.failure is None
        ),
        skipped=tuple(name for name, answer in answers.items() if answer.findings is None),
        evidence=evidence,
        allowed=tuple(allowed for answer in heard for allowed in answer.allowed),
        unused=tuple(unused for answer in heard for unused in answer.unused),
        failures=(*unreadable(select=select, ignore=ignore), *failures),
        batch=1 if graph is None else graph.conditions.batch,
        figures={name: answer.figure for name, answer in answers.items() if answer.figure},
    )


def _by_rule(allow: Sequence[Allowance]) -> dict[str, list[Allowance]]:
    found: dict[str, list[Allowance]] = {}
    for allowance in allow:
        found.setdefault(allowance.rule, []).append(allowance)
    return found
