"""Every rule, ours and those of plug-ins: by name, by code, or as selected."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from striate.errors import Quoted, UnknownNameError, UsageError
from striate.lint import rules as _ours  # registers them
from striate.lint.failure import Failure
from striate.lint.rule import RULES, Rule

__all__ = ["RULES", "all_rules", "chosen", "rule_of", "rules_of", "unreadable"]

_ = _ours
_THEME_LETTERS = 3
_MOST_NEAR = 3
_NEAR = 0.6


def rule_of(code_or_name: str, *, where: str = "") -> Rule[Any]:
    """Return a rule by its name or code, in any case.

    Raises:
        UnknownNameError: With the nearest names.
    """
    for rule in all_rules():
        if code_or_name.lower() in (rule.name, rule.code.lower()):
            return rule
    raise _unknown(code_or_name, where=where)


def rules_of(words: Iterable[str], *, where: str = "") -> tuple[Rule[Any], ...]:
    """Return the rules that words name, by code.

    Args:
        words: Names, codes or beginnings of codes from the theme letters on ("SHP", "cst00"), in any case; a word may
            be a list with commas.
        where: Of an unknown word, for the error.

    Raises:
        UnknownNameError: A word that names no rule, with the nearest.

    Example:
        >>> [rule.code for rule in rules_of(["shp001,RCF00"])]
        ['RCF001', 'RCF002', 'RCF003', 'RCF004', 'RCF005', 'RCF006', 'SHP001']
    """
    found = {rule.code: rule for word in _split(words) for rule in _named(word, where=where)}
    return tuple(found[code] for code in sorted(found))


def chosen(*, select: Iterable[str] = (), ignore: Iterable[str] = ()) -> tuple[Rule[Any], ...]:
    """Return the rules that are selected and not ignored, in their order.

    Args:
        select: Words as `rules_of` takes them, or names of plug-ins that could not be loaded; all rules if empty.
        ignore: The same.

    Raises:
        UnknownNameError: A word that names no rule.
        UsageError: No rule is left.
    """
    asked, unasked = _split(select), _split(ignore)
    wanted = rules_of(word for word in asked if word not in RULES.failures)
    unwanted = rules_of(word for word in unasked if word not in RULES.failures)
    left = tuple(rule for rule in all_rules() if (not asked or rule in wanted) and rule not in unwanted)
    if not left:
        options = [f"--select {word}" for word in sorted(asked)] + [f"--ignore {word}" for word in sorted(unasked)]
        raise UsageError(
            "some rule must be left to ask",
            got=Quoted(" ".join(options)),
            hint="Leave one of the two out.",
        )
    return left


def unreadable(*, select: Iterable[str] = (), ignore: Iterable[str] = ()) -> tuple[Failure, ...]:
    """Return the plug-ins that could not be loaded, and members that are no rules, as far as they are asked."""
    wanted, unwanted = _split(select), _split(ignore)
    found = dict(RULES.failures)
    found |= {name: "TypeError: a rule must be an instance of Rule" for name in RULES if not _is_rule(RULES[name])}
    asked = [name for name in found if name not in unwanted and (not wanted or name in wanted)]
    return tuple(Failure(rule=name, error=found[name]) for name in asked)


def all_rules() -> tuple[Rule[Any], ...]:
    """Return every rule, ours first."""
    return tuple(rule for rule in RULES.values() if _is_rule(rule))


def _is_rule(member: object) -> bool:
    return isinstance(member, Rule)


def _split(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for word in words for part in word.split(",")))


def _named(word: str, *, where: str) -> list[Rule[Any]]:
    known = all_rules()
    found = [rule for rule in known if word.lower() == rule.name]
    # Less than the theme letters is a slip of the pen rather than half of the rules.
    if not found and len(word) >= _THEME_LETTERS:
        found = [rule for rule in known if rule.code.startswith(word.upper())]
    if not found:
        raise _unknown(word, where=where)
    return found


def _unknown(word: str, *, where: str) -> UnknownNameError:
    """Return the error for a word that names no rule: the nearest few, else how codes begin."""
    known = all_rules()
    near = difflib.get_close_matches(word.upper(), [rule.code for rule in known], n=_MOST_NEAR, cutoff=_NEAR)
    near += difflib.get_close_matches(
        word.lower(), [*(rule.name for rule in known), *RULES.failures], n=_MOST_NEAR, cutoff=_NEAR
    )
    themes = sorted({rule.code[:_THEME_LETTERS] for rule in known})
    otherwise = f"`striate rules` lists the rules; they begin with {', '.join(themes)}."
    hint = f"Did you mean {', '.join(near[:_MOST_NEAR])}?" if near else otherwise
    return UnknownNameError("rule must be a known name", got=word, where=where, hint=hint)
