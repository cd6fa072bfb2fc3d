"""Every rule, ours and those of plug-ins: by name, by code, or as selected."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from striate.errors import unknown_name
from striate.lint import rules as _ours  # registers them
from striate.lint.rule import RULES, Rule

__all__ = ["RULES", "chosen", "rule_of"]

_ = _ours


def rule_of(code_or_name: str) -> Rule[Any]:
    """Return a rule by its name or code.

    Raises:
        UnknownNameError: With the nearest names.
    """
    known = RULES.values()
    for rule in known:
        if code_or_name in (rule.name, rule.code):
            return rule
    raise unknown_name("rule", code_or_name, [text for rule in known for text in (rule.name, rule.code)])


def chosen(*, select: Iterable[str] = (), ignore: Iterable[str] = ()) -> tuple[Rule[Any], ...]:
    """Return the rules that are selected and not ignored, in their order.

    Args:
        select: Names, codes or theme letters ("SHP"); all if empty.
        ignore: The same.

    Raises:
        UnknownNameError: A word that names no rule.
    """
    known = RULES.values()
    wanted, unwanted = set(select), set(ignore)
    words = {word for rule in known for word in _words(rule)}
    for word in (*wanted, *unwanted):
        if word not in words:
            raise unknown_name("rule", word, sorted(words))
    return tuple(rule for rule in known if (not wanted or _words(rule) & wanted) and not _words(rule) & unwanted)


def _words(rule: Rule[Any]) -> set[str]:
    """Return the words that name a rule: name, code, theme letters."""
    return {rule.name, rule.code, rule.code[:3]}
