"""The law of an op that is several calls: each call's own law, one after the other, checked as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from striate.explain.laws.law import Checked, Law, apart, check, doubled, first_of, law_of, leaves
from striate.explain.laws.pooling import lp_gradient
from striate.explain.laws.windows import sliding
from striate.trace.backprop import Call

# Calls that only bring values into shape for the one that counts.
_MOVING = frozenset({"moved", "copied"})
_POWER_POOLING = ("pow", "sign", "abs", "relu", "mul", "mul", "pow")
_POWER = Law(
    name="part of the power",
    statement="Each window's gradient is shared out by (value / result) to the power p − 1: all alike with p = 1, a sum; "
    "the larger p, the more of it goes to the largest value, up to max pooling.",
    gradients=lambda _call, _arguments, _arrived, _made: {},
)


def check_group(calls: Sequence[Call], number: int, arrived: Tensor) -> Checked | None:
    """Return what the laws of an op's calls say of a gradient that arrives at its value, beside autograd.

    Args:
        calls: In the order they ran.
        number: Of the value that the last of them makes.
        arrived: The gradient there.

    Returns:
        Gradients by the number of the value they are of, as text, where there are several calls; by the argument where there
        is one. None where a call has no law.
    """
    if len(calls) == 1:
        return check(calls[0], arrived)
    law = law_of_group(calls)
    if law is None:
        return check(calls[-1], arrived)
    weight = arrived.detach().to(torch.float64)
    inner = {made for call in calls for made, _ in call.made}
    values, autograd = _forward(calls, inner, number, weight)
    with torch.no_grad():
        whole = _power(calls, values, number, weight) if law is _POWER else None
        ours = whole if whole is not None else _chained(calls, values, number, weight, inner)
    difference = max((apart(ours.get(name), found) for name, found in autograd.items()), default=0.0)
    return Checked(law=law, ours=ours, autograd=autograd, difference=difference)


def law_of_group(calls: Sequence[Call]) -> Law | None:
    """Return the law of calls that are one op: that of the one that counts, or all of theirs; None if one has none."""
    if len(calls) == 1:
        return law_of(calls[0])
    laws = [law_of(call) for call in calls]
    if _is_power_pooling(calls):
        return _POWER
    stated = [law for law in laws if law is not None]
    if len(stated) < len(laws):
        return law_of(calls[-1])
    names = dict.fromkeys(law.name for law in stated if law.name not in _MOVING)
    if len(names) < 2:
        return next((law for law in stated if law.name in names), stated[-1])
    return Law(
        name=", ".join(reversed(names)),
        statement=f"It is {len(calls)} steps; from the last to the first each hands the gradient on by its own law: "
        f"{', '.join(reversed([law.name for law in stated]))}.",
        gradients=lambda _call, _arguments, _arrived, _made: {},
    )


def _is_power_pooling(calls: Sequence[Call]) -> bool:
    names = tuple(call.operator for call in calls)
    return len(names) == 8 and names[1].startswith("avg_pool") and (names[0], *names[2:]) == _POWER_POOLING


def _given(call: Call, values: Mapping[int, Tensor]) -> dict[str, Any]:
    """Return a call's arguments in double precision, those of the group as they were computed."""
    arguments = doubled(call.arguments)
    for name, number in call.numbers.items():
        if number not in values:
            continue
        key, _, place = name.partition(".")
        if place:
            arguments[key] = [values[number] if n == int(place) else part for n, part in enumerate(arguments[key])]
        else:
            arguments[key] = values[number]
    return arguments


def _forward(
    calls: Sequence[Call], inner: set[int], number: int, weight: Tensor
) -> tuple[dict[int, Tensor], dict[str, Tensor]]:
    """Run the calls in double precision; return every value, and autograd's gradients of those from outside."""
    values: dict[int, Tensor] = {}
    outer: dict[int, Tensor] = {}
    with torch.inference_mode(mode=False), torch.enable_grad():
        for call in calls:
            read = leaves(doubled(call.arguments))
            for name, tensor in read.items():
                at = call.numbers.get(name)
                if at is not None and at not in inner and at not in outer and "running" not in name:
                    outer[at] = tensor.requires_grad_()
            out = call.func(**_given(call, values | outer))
            parts = out if isinstance(out, list | tuple) else (out,)
            values.update({n: part for (n, _), part in zip(call.made, parts, strict=False)})
        grads = torch.autograd.grad(
            values[number], list(outer.values()), weight, allow_unused=True, materialize_grads=True
        )
    detached = {n: tensor.detach() for n, tensor in (values | outer).items()}
    return detached, {str(n): grad for n, grad in zip(outer, grads, strict=True)}


def _chained(
    calls: Sequence[Call], values: Mapping[int, Tensor], number: int, weight: Tensor, inner: set[int]
) -> dict[str, Tensor]:
    grads: dict[int, Tensor] = {number: weight}
    for call in reversed(calls):
        law, made = law_of(call), call.made[0][0]
        if law is None or made not in grads:
            continue
        found = law.gradients(call, _given(call, values), grads[made], first_of(values[made]))
        for name, gradient in found.items():
            at = call.numbers.get(name)
            if at is not None:
                grads[at] = grads[at] + gradient if at in grads else gradient
    return {str(n): gradient for n, gradient in grads.items() if n not in inner}


def _power(calls: Sequence[Call], values: Mapping[int, Tensor], number: int, weight: Tensor) -> dict[str, Tensor]:
    """Return the gradient at the input of power pooling in one step."""
    source = calls[0].numbers["self"]
    read, made = values[source], values[number]
    windows = sliding(read.shape[2:], made.shape[2:], calls[1].arguments)
    return {str(source): lp_gradient(weight, read, made, float(calls[0].arguments["exponent"]), windows)}
