"""Allowances at work: which findings they cover, and which of them cover nothing any more."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from striate.errors import InputError
from striate.findings import Allowance, Finding
from striate.lint.catalogue import rule_of

Allow = Mapping[str, str | Mapping[str, str]] | Sequence[Allowance]


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """A finding that is allowed, with the allowance that says why."""

    finding: Finding
    allowance: Allowance


@dataclass(frozen=True, slots=True, kw_only=True)
class Unused:
    """An allowance that covers nothing.

    Attributes:
        allowance: As it was given.
        why: A sentence: the rule finds nothing there, or there is no such op.
    """

    allowance: Allowance
    why: str

    def __str__(self) -> str:
        return f"The allowance {self.allowance.subject} no longer applies: {self.why}."


def read_allowances(allow: Allow) -> tuple[Allowance, ...]:
    """Return allowances as records, their rules by name.

    Args:
        allow: Records, or a dict of rule (name or code) to reason, or to a dict of op to reason.

    Raises:
        UnknownNameError: A rule nobody knows, with the nearest.
        InputError: No reason, or one allowance twice.

    Example:
        >>> [str(allowance) for allowance in read_allowances({"SHP002": {"conv1": "The border is empty."}})]
        ['unaligned-padding at conv1, because: The border is empty.']
    """
    rows = _from_mapping(allow) if isinstance(allow, Mapping) else list(allow)
    found: dict[tuple[str, str], Allowance] = {}
    for row in rows:
        name = rule_of(row.rule, where="allow").name
        if (name, row.op) in found:
            raise InputError("an allowance must be given once", got=row.subject, where="allow")
        found[name, row.op] = Allowance(rule=name, op=row.op, reason=row.reason)
    return tuple(found.values())


def _from_mapping(allow: Mapping[str, str | Mapping[str, str]]) -> list[Allowance]:
    rows = []
    for rule, reasons in allow.items():
        by_op = {"": reasons} if isinstance(reasons, str) else reasons
        if not isinstance(by_op, Mapping):
            raise InputError("allow must give each rule a reason, or a reason for each op", got=reasons, where=rule)
        for op, reason in by_op.items():
            if not isinstance(reason, str):
                raise InputError("a reason must be text", got=reason, where=rule)
            rows.append(Allowance(rule=rule, op=op, reason=reason))
    return rows


def unused(allowance: Allowance, ops: Iterable[str]) -> Unused:
    """Return what to say of an allowance that covers nothing."""
    known = list(ops)
    if allowance.op and known and allowance.op not in known:
        near = difflib.get_close_matches(allowance.op, known, n=1)
        return Unused(
            allowance=allowance,
            why=f"there is no op {allowance.op}" + (f"; did you mean {near[0]}" if near else ""),
        )
    return Unused(allowance=allowance, why="the rule finds nothing there")
