"""Filters edited while a network looks at an input: a network beside the original, which shares all but the edited weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import get_args

import torch
from torch import Tensor, nn

from striate.errors import InputError, Quoted, unknown_name
from striate.graph import times
from striate.studio.edit_wire import How
from striate.studio.looks.weights import Weights, filter_of, weights_of
from striate.studio.subject import Subject
from striate.trace.copying import copied

_HOWS = get_args(How)
_MOST = 1e6


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Edit:
    """A unit's weights as they would be; its bias stays.

    Attributes:
        row: Number of its row.
        channel: The unit's.
        how: One of `How`: "flip" turns the kernel about its middle, "identity" passes the channel of its own number through
            (counted round where it reads fewer), "set" sets single weights.
        factor: Of "scale".
        values: Of "set": (index in the filter, number), each index once.
    """

    row: int
    channel: int
    how: How
    factor: float = 1.0
    values: tuple[tuple[tuple[int, ...], float], ...] = ()


def checked_edits(subject: Subject, edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """Return edits in the network's order.

    Raises:
        InputError: A unit that is not there, has no weights of its own, or is edited twice; a weight it does not have or that
            is set twice; a number that is not finite or above a million; a kernel that cannot be flipped.
        UnknownNameError: A way to edit that nobody knows.
    """
    for edit in edits:
        if edit.how not in _HOWS:
            raise unknown_name("edit", edit.how, list(_HOWS))
        _, values = filter_of(subject, edit.row, edit.channel)
        name = subject.layers[edit.row].reading.name
        numbers = [edit.factor, *(value for _, value in edit.values)]
        if wrong := [number for number in numbers if not isfinite(number) or abs(number) > _MOST]:
            raise InputError("a weight or factor must be finite, at most a million", got=wrong[0], where=name)
        if edit.how == "flip" and values.ndim < 2:
            raise InputError("a filter must have a kernel to be flipped", got=Quoted("single weights"), where=name)
        indices = [index for index, _ in edit.values]
        for index in indices:
            if len(index) != values.ndim or any(not 0 <= at < n for at, n in zip(index, values.shape, strict=True)):
                raise InputError(
                    f"a weight must be an index of the unit's {times(values.shape)}", got=index, where=name
                )
        if len(set(indices)) < len(indices):
            raise InputError("a weight must be set once", got=len(indices), where=name)
    if len({(edit.row, edit.channel) for edit in edits}) < len(edits):
        raise InputError("a filter must be edited once", got=len(edits))
    return tuple(sorted(edits))


def edited_module(subject: Subject, edits: Sequence[Edit]) -> nn.Module:
    """Return the network's module with edited filters; the same module without any.

    The module returned shares every parameter and buffer with the original but those that are edited, which are copies.
    A parameter that two layers share is edited in both.

    Args:
        subject: The network; nothing is written to it.
        edits: As `checked_edits` returns them.
    """
    module = subject.network.module
    if not edits:
        return module
    state = module.state_dict(keep_vars=True)
    made: dict[str, Tensor] = {}
    with torch.inference_mode(mode=False), torch.no_grad():
        for edit in edits:
            found = weights_of(subject, edit.row)
            if found.key not in made:
                made[found.key] = state[found.key].detach().clone()
            own = made[found.key].select(found.axis, edit.channel)
            own.copy_(_edited(own.clone(), edit))
        memo = {id(value): value for value in (*module.parameters(), *module.buffers())}
        for key, value in made.items():
            memo[id(state[key])] = nn.Parameter(value, requires_grad=state[key].requires_grad)
        return copied(module, memo)


def edit_words(subject: Subject, edits: Sequence[Edit]) -> str:
    """Return edits in a sentence; empty without any."""
    told = [_words(subject, edit, weights_of(subject, edit.row)) for edit in edits]
    said = "; ".join(told)
    return f"{said[:1].upper()}{said[1:]}." if said else ""


def _edited(weights: Tensor, edit: Edit) -> Tensor:
    """Return a filter (channels it reads, kernel…) as it would be."""
    if edit.how == "zero":
        return torch.zeros_like(weights)
    if edit.how in {"negate", "scale"}:
        return weights * (-1.0 if edit.how == "negate" else edit.factor)
    if edit.how == "flip":
        return weights.flip(tuple(range(1, weights.ndim)))
    if edit.how == "identity":
        out = torch.zeros_like(weights)
        out[(edit.channel % len(weights), *(side // 2 for side in weights.shape[1:]))] = 1
        return out
    for index, value in edit.values:
        weights[index] = value
    return weights


def _words(subject: Subject, edit: Edit, found: Weights) -> str:
    name = f"filter {edit.channel} of {subject.layers[edit.row].reading.name}"
    said = {
        "zero": "is zero",
        "negate": "is negated",
        "scale": f"counts × {edit.factor:g}",
        "flip": "is flipped",
        "identity": "passes one channel through",
        "set": f"has {len(edit.values)} weight{'' if len(edit.values) == 1 else 's'} set",
    }
    return f"{name} ({found.key}) {said[edit.how]}"
