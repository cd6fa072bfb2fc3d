"""What follows a layer's sum within the layer: normalisation by fixed numbers, and the activation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from striate.explain.neuron.passing import Pass, Row, is_move, source_of, unravelled
from striate.graph import Op
from striate.kinds import kind_of
from striate.numbers import measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """A unit's way from what its layer adds up to the layer's value.

    Attributes:
        number: Of the value it begins with: that of the layer's first op, or what is read, where that op adds nothing up.
        flat: Where the unit stands in that value.
        is_read: Whether it begins with what is read.
        scale: What normalisation multiplies that with.
        shift: What normalisation adds.
        sizes: Sum of the magnitudes of which `shift` is made.
        norms: How many normalisations that is.
        before: The unit after them, before what follows.
        did: What follows did, in words.
    """

    number: int
    flat: int
    is_read: bool
    scale: float
    shift: float
    sizes: float
    norms: int
    before: float
    did: str


def following(seen: Pass, row: Row, flat: int) -> Following | None:
    """Return what happens to a unit after its layer's first op; None if it cannot be followed through the layer.

    Args:
        seen: The pass.
        row: The layer.
        flat: Where the unit stands in the layer's flattened value.
    """
    graph, values = seen.run.graph, seen.run.values
    head = graph[row.ops[0]]
    kind = kind_of(head.kind)
    is_read = kind is not None and kind.is_follower and len(head.inputs) == 1
    steps: list[tuple[Op, int]] = []
    at = flat
    for name in reversed(row.ops[0 if is_read else 1 : row.ops.index(row.tap) + 1]):
        steps.append((graph[name], at))
        found = _before(seen, name, at)
        if found is None:
            return None
        at = found
    number = values[head.inputs[0] if is_read else head.name]
    first = seen.run.tensors[number] if is_read else seen.own(number)
    before = last = float(first.reshape(-1)[at])
    scale, shift, sizes, norms = 1.0, 0.0, 0.0, 0
    words: list[str] = []
    for op, place in reversed(steps):
        now = float(seen.own(values[op.name]).reshape(-1)[place])
        affine = None if words else _affine(seen, op, place)
        if affine is not None:
            factor, added, size = affine
            scale, shift, sizes, norms = scale * factor, shift * factor + added, sizes * abs(factor) + size, norms + 1
            before = now
        elif not _is_silent(seen, op):
            words.append(_did(op, last, now))
        last = now
    return Following(
        number=number,
        flat=at,
        is_read=is_read,
        scale=scale,
        shift=shift,
        sizes=sizes,
        norms=norms,
        before=before,
        did="; ".join(
            filter(None, (f"after {', then '.join(words)}" if words else "", _wished(seen.factor(row, flat))))
        ),
    )


def _before(seen: Pass, name: str, flat: int) -> int | None:
    """Return where a unit of a follower stands in what the follower reads."""
    op, calls = seen.run.graph[name], seen.run.calls_of(name)
    read = seen.run.tensors[seen.run.values[op.inputs[0]]]
    made = seen.run.tensors[seen.run.values[name]]
    if calls and all(is_move(call) for call in calls):
        number = seen.run.values[name]
        for call in reversed(calls):
            flat = seen.moved(call, number, flat)
            number = source_of(call)[0]
        return flat if flat >= 0 else None
    return flat if read.shape == made.shape else None


def _is_silent(seen: Pass, op: Op) -> bool:
    return all(is_move(call) for call in seen.run.calls_of(op.name))


def _affine(seen: Pass, op: Op, flat: int) -> tuple[float, float, float] | None:
    """Return the factor, the summand and its magnitudes of a batch normalisation by running statistics; None for others."""
    calls = seen.run.calls_of(op.name)
    if len(calls) != 1 or calls[0].operator != "batch_norm":
        return None
    arguments = calls[0].arguments
    if arguments["training"] or arguments.get("running_var") is None:
        return None
    channel = unravelled(flat, tuple(arguments["input"].shape))[1]
    variance, mean = _at(arguments["running_var"], channel), _at(arguments["running_mean"], channel)
    gamma, beta = _at(arguments.get("weight"), channel, 1.0), _at(arguments.get("bias"), channel, 0.0)
    factor = gamma / (variance + float(arguments["eps"])) ** 0.5
    return factor, beta - mean * factor, abs(beta) + abs(mean * factor)


def _at(values: Tensor | None, channel: int, otherwise: float = 0.0) -> float:
    return otherwise if values is None else float(values[channel])


def _did(op: Op, before: float, after: float) -> str:
    """Return what an activation made of a value, in words."""
    kind = kind_of(op.kind)
    name = kind.summary(op) if kind is not None else op.kind
    bounds: dict[str, Any] = {"low": op.attributes.get("low"), "high": op.attributes.get("high")}
    if after == before:
        return f"{name}, which lets it pass"
    if op.kind == "clamp" and after in bounds.values():
        edge = "up" if after == bounds["low"] else "down"
        return f"{name}, which sets it to 0" if after == 0 else f"{name}, which cuts it {edge} to {measure(after)}"
    if after == 0:
        return f"{name}, which sets it to 0"
    return f"{name}, which turns {measure(before)} into {measure(after)}"


def _wished(factor: float) -> str:
    return "" if factor == 1 else "silenced by hand" if factor == 0 else f"× {measure(factor)} by hand"
