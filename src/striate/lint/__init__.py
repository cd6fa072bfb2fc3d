"""Rules: advice about a design and about a trained network, one file a rule.

Rules compare, they never compute. The names are imported when they are first used, so that
importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from striate.lint.catalogue import RULES
    from striate.lint.engine import LintReport, lint
    from striate.lint.pages import explain_rule
    from striate.lint.rule import PictureRule, Rule, Section, TableRule, register

__all__ = [
    "RULES",
    "LintReport",
    "PictureRule",
    "Rule",
    "Section",
    "TableRule",
    "explain_rule",
    "lint",
    "register",
]

_HOMES = {
    "RULES": "catalogue",
    "LintReport": "engine",
    "lint": "engine",
    "explain_rule": "pages",
    "PictureRule": "rule",
    "Rule": "rule",
    "Section": "rule",
    "TableRule": "rule",
    "register": "rule",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the module holds under that name
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
