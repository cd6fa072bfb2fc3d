"""Rules: advice about a design and about a trained network, one file a rule.

Rules compare, they never compute. The names are imported when they are first used, so that
importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from striate.lint.allowances import Allow, Allowed, Unused, read_allowances
    from striate.lint.catalogue import RULES, all_rules, rule_of, rules_of
    from striate.lint.curing import Fixed, Offer, fixed, offers
    from striate.lint.engine import LintReport, lint
    from striate.lint.failure import Failure
    from striate.lint.formats import Subject, to_github, to_sarif
    from striate.lint.pages import explain_rule
    from striate.lint.rule import PictureRule, Rule, Section, TableRule, register

__all__ = [
    "RULES",
    "Allow",
    "Allowed",
    "Failure",
    "Fixed",
    "LintReport",
    "Offer",
    "PictureRule",
    "Rule",
    "Section",
    "Subject",
    "TableRule",
    "Unused",
    "all_rules",
    "explain_rule",
    "fixed",
    "lint",
    "offers",
    "read_allowances",
    "register",
    "rule_of",
    "rules_of",
    "to_github",
    "to_sarif",
]

_HOMES = {
    "RULES": "catalogue",
    "Allow": "allowances",
    "Allowed": "allowances",
    "Failure": "failure",
    "Fixed": "curing",
    "LintReport": "engine",
    "Offer": "curing",
    "PictureRule": "rule",
    "Rule": "rule",
    "Section": "rule",
    "Subject": "formats",
    "TableRule": "rule",
    "Unused": "allowances",
    "all_rules": "catalogue",
    "explain_rule": "pages",
    "fixed": "curing",
    "lint": "engine",
    "offers": "curing",
    "read_allowances": "allowances",
    "register": "rule",
    "rule_of": "catalogue",
    "rules_of": "catalogue",
    "to_github": "formats",
    "to_sarif": "formats",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the module holds under that name
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
