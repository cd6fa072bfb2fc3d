"""Judgements: what was found, where, what was allowed with a reason, and the change that would cure it."""

from striate.findings.allowance import Allowance
from striate.findings.cure import Cure, Edit, after, before, remove, replaced, resize, set_argument
from striate.findings.finding import SEVERITIES, Finding, Measure, Severity, by_severity, worst
from striate.findings.place import Place

__all__ = [
    "SEVERITIES",
    "Allowance",
    "Cure",
    "Edit",
    "Finding",
    "Measure",
    "Place",
    "Severity",
    "after",
    "before",
    "by_severity",
    "remove",
    "replaced",
    "resize",
    "set_argument",
    "worst",
]
