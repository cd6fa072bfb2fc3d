"""Allowances as a blueprint writes them: `allow unaligned-padding at conv1 because "the border is empty"`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from striate.errors import BlueprintError, InputError
from striate.findings import Allowance

WORD = "allow"
_KEYS = ("rule", "op", "reason")
_FORM = 'allow RULE at OP because "REASON", or without "at OP"'


def from_tokens(tokens: Sequence[str], *, where: str) -> Allowance:
    """Return the allowance of a phrase; the reason is one token, with its quotation marks.

    Example:
        >>> from_tokens(["allow", "late-large-stride", "because", '"Maps are still large."'], where="text").reason
        'Maps are still large.'
    """
    rest = list(tokens[1:])
    rule = rest.pop(0) if rest else ""
    op = ""
    if rest[:1] == ["at"]:
        op = rest[1] if len(rest) > 1 else ""
        rest = rest[2:]
    if not rule or rest[:1] != ["because"] or len(rest) != 2 or rest[1][0] != '"':
        raise BlueprintError(f"an allowance must read {_FORM}", got=" ".join(tokens), where=where)
    try:
        reason = json.loads(rest[1], strict=False)
    except ValueError as cause:
        raise BlueprintError("a reason must be written like a JSON string", got=rest[1], where=where) from cause
    return _allowance(rule, op, reason, where=where)


def from_rows(rows: object, *, where: str) -> tuple[Allowance, ...]:
    """Return the allowances of a YAML list: each with rule and reason, and the op if it is about one."""
    if not isinstance(rows, list):
        raise BlueprintError("allow must be a list of rule, op and reason", got=rows, where=where)
    return tuple(_from_row(row, where=f"{where}[{number}]") for number, row in enumerate(rows))


def to_text(allowance: Allowance) -> str:
    """Return an allowance as a phrase of the one-line form."""
    place = f" at {allowance.op}" if allowance.op else ""
    return f"{WORD} {allowance.rule}{place} because {json.dumps(allowance.reason, ensure_ascii=False)}"


def to_row(allowance: Allowance) -> dict[str, str]:
    """Return an allowance as a row of the YAML form."""
    row = {"rule": allowance.rule, "op": allowance.op, "reason": allowance.reason}
    return {key: value for key, value in row.items() if value}


def _from_row(row: Any, *, where: str) -> Allowance:  # noqa: ANN401 - whatever the YAML holds there
    if not isinstance(row, dict):
        raise BlueprintError("an allowance must have rule and reason", got=row, where=where)
    for key, value in row.items():
        if key not in _KEYS:
            raise BlueprintError("an allowance holds rule, op and reason", got=key, where=where)
        if not isinstance(value, str):
            raise BlueprintError(f"the {key} of an allowance must be text", got=value, where=where)
    return _allowance(row.get("rule", ""), row.get("op", ""), row.get("reason", ""), where=where)


def _allowance(rule: str, op: str, reason: str, *, where: str) -> Allowance:
    if len(rule.split()) != 1 or len(op.split()) > 1:
        raise BlueprintError("an allowance must name one rule, and at most one op", got=f"{rule} {op}", where=where)
    try:
        return Allowance(rule=rule, op=op, reason=reason)
    except InputError as cause:
        raise BlueprintError(cause.rule, got=cause.got, where=f"{where}, {cause.where}", hint=cause.hint) from cause
