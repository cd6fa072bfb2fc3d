"""What a network answers with, as a blueprint writes it: `classes 10`, `labels cat dog`, `values 2 by conv`."""

from __future__ import annotations

from typing import get_args

from striate.blueprint.model import Blueprint, By, Head
from striate.errors import BlueprintError
from striate.records.output import OutputKind

OUTPUTS: dict[str, OutputKind] = {"classes": "classes", "labels": "labels", "values": "values"}
BY = "by"
_WAYS: dict[str, By] = {way: way for way in get_args(By)}


def output_from(tokens: list[str], *, where: str) -> tuple[OutputKind, tuple[str, ...], By]:
    """Return kind, names and way of an output from `classes 10`, `classes cat dog` or `classes 10 by none`.

    Raises:
        BlueprintError: No output, too few, or two of one name.
    """
    if not tokens or tokens[0] not in OUTPUTS:
        raise BlueprintError(
            "a blueprint must end with classes N, labels N or values N",
            got=" ".join(tokens) or "nothing",
            where=where,
            hint="Write for example: …; classes 10",
        )
    kind, rest = OUTPUTS[tokens[0]], tokens[1:]
    by: By = "fc"
    if len(rest) > 2 and rest[-2] == BY:
        if rest[-1] not in _WAYS:
            raise BlueprintError(f"an output must be by {', '.join(_WAYS)}", got=rest[-1], where=where)
        by, rest = _WAYS[rest[-1]], rest[:-2]
    if len(rest) == 1 and rest[0].isascii() and rest[0].isdigit():
        names = tuple(str(number) for number in range(min(int(rest[0].lstrip("0")[:9] or "0"), 10**7)))
    else:
        names = tuple(rest)
    least = 2 if kind == "classes" else 1
    if len(names) < least or len(set(names)) < len(names):
        raise BlueprintError(
            f"{kind} must be at least {least}, all different",
            got=" ".join(rest) or "nothing",
            where=where,
        )
    return kind, names, by


def output_text(plan: Blueprint | Head) -> str:
    """Return the output as it is written: a number, or names where they are not just counted."""
    counted = tuple(str(number) for number in range(len(plan.names)))
    tail = str(len(plan.names)) if plan.names == counted else " ".join(plan.names)
    way = "" if plan.by == "fc" else f" {BY} {plan.by}"
    return f"{plan.output} {tail}{way}"
