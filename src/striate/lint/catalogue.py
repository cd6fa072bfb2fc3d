"""Every rule, ours and those of plug-ins: by name, by code, or as selected."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from striate.errors import Quoted, UsageError, unknown_name
from striate.lint import rules as _ours  # registers them
from striate.lint.failure import Failure
from striate.lint.rule import RULES, Rule

__all__ = ["RULES", "all_rules", "chosen", "rule_of", "unreadable"]

_ = _ours


def rule_of(code_or_name: str, *, where: str = "") -> Rule[Any]:
    """Return a rule by its name or code.

    Raises:
        UnknownNameError: With the nearest names.
    """
    known = all_rules()
    for rule in known:
        if code_or_name in (rule.name, rule.code):
            return rule
    raise unknown_name("rule", code_or_name, [text for rule in known for text in (rule.name, rule.code)], where=where)


def chosen(*, select: Iterable[str] = (), ignore: Iterable[str] = ()) -> tuple[Rule[Any], ...]:
    """Return the rules that are selected and not ignored, in their order.

    Args:
        select: Names, codes or theme letters ("SHP"); all if empty.
        ignore: The same.

    Raises:
        UnknownNameError: A word that names no rule.
        UsageError: No rule is left.
    """
    known = all_rules()
    wanted, unwanted = set(select), set(ignore)
    words = {word for rule in known for word in _words(rule)} | set(RULES.failures)
    for word in (*wanted, *unwanted):
        if word not in words:
            raise unknown_name("rule", word, sorted(words))
    left = tuple(rule for rule in known if (not wanted or _words(rule) & wanted) and not _words(rule) & unwanted)
    if not left:
        options = [f"--select {word}" for word in sorted(wanted)] + [f"--ignore {word}" for word in sorted(unwanted)]
        raise UsageError(
            "some rule must be left to ask",
            got=Quoted(" ".join(options)),
            hint="Leave one of the two out.",
        )
    return left


def unreadable(*, select: Iterable[str] = (), ignore: Iterable[str] = ()) -> tuple[Failure, ...]:
    """Return the plug-ins that could not be loaded, and members that are no rules, as far as they are asked."""
    wanted, unwanted = set(select), set(ignore)
    found = dict(RULES.failures)
    found |= {name: "TypeError: a rule must be an instance of Rule" for name in RULES if not _is_rule(RULES[name])}
    asked = [name for name in found if name not in unwanted and (not wanted or name in wanted)]
    return tuple(Failure(rule=name, error=found[name]) for name in asked)


def all_rules() -> tuple[Rule[Any], ...]:
    """Return every rule, ours first."""
    return tuple(rule for rule in RULES.values() if _is_rule(rule))


def _is_rule(member: object) -> bool:
    return isinstance(member, Rule)


def _words(rule: Rule[Any]) -> set[str]:
    """Return the words that name a rule: name, code, theme letters."""
    return {rule.name, rule.code, rule.code[:3]}
