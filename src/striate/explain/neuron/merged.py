"""Sums, products, concatenations and what only moves values, as terms: one part for each value that meets there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from striate.explain.neuron.passing import Pass, is_move, ravelled, source_of
from striate.explain.neuron.terms import Terms
from striate.numbers import measure
from striate.trace.backprop import Call

MERGES = frozenset({"add", "sub", "rsub", "mul", "div", "cat"})


def merged_terms(seen: Pass, call: Call, place: tuple[int, ...]) -> Terms | None:
    """Return the values that meet in the unit at a place of a call's output; None for a quotient of two of them."""
    if call.operator == "cat":
        return _joined(seen, call, place)
    if call.operator in {"add", "sub", "rsub"}:
        return _added(seen, call, place)
    if call.operator in {"mul", "div"} and not call.arguments.get("rounding_mode"):
        return _multiplied(seen, call, place)
    return None


def moved_terms(seen: Pass, call: Call, number: int, flat: int) -> Terms | None:
    """Return the one value that a call put at a place of the flattened value of that number."""
    if not is_move(call):
        return None
    before = seen.moved(call, number, flat)
    source, read = source_of(call)
    if before < 0:
        return _terms([], [], [], "a zero that padding put there", 1)
    return _terms([source], [before], [1.0], f"one value, moved ({call.operator})", read.ndim)


def same_terms(number: int, flat: int, axes: int, formula: str) -> Terms:
    """Return one value taken as it is."""
    return _terms([number], [flat], [1.0], formula, axes)


def _added(seen: Pass, call: Call, place: tuple[int, ...]) -> Terms:
    alpha = float(call.arguments.get("alpha", 1))
    signs = {"add": (1.0, alpha), "sub": (1.0, -alpha), "rsub": (-alpha, 1.0)}[call.operator]
    numbers: list[int] = []
    flats: list[int] = []
    weights: list[float] = []
    bias = 0.0
    for name, sign in zip(("self", "other"), signs, strict=True):
        flat, value = _operand(call.arguments[name], place)
        if call.numbers.get(name) in seen.dependent:
            numbers.append(call.numbers[name])
            flats.append(flat)
            weights.append(sign)
        else:
            bias += sign * value
    words = "a sum" if signs[0] > 0 < signs[1] else "a difference"
    return _terms(numbers, flats, weights, f"{words} of {_values(numbers)} at the same place", len(place), bias)


def _multiplied(seen: Pass, call: Call, place: tuple[int, ...]) -> Terms | None:
    names = [name for name in ("self", "other") if call.numbers.get(name) in seen.dependent]
    factors = {name: _operand(call.arguments[name], place) for name in ("self", "other")}
    divides = call.operator == "div"
    if divides and "other" in names:
        return None
    if len(names) == 1:
        [name] = names
        flat, _ = factors[name]
        _, factor = factors["other" if name == "self" else "self"]
        if divides and factor == 0:
            return None
        formula = f"one value, {'divided by' if divides else 'times'} {measure(factor)}"
        return _terms([call.numbers[name]], [flat], [1 / factor if divides else factor], formula, len(place))
    (one, first), (other, second) = factors["self"], factors["other"]
    # Half to each: a product's Shapley values, from zero. So parts add up here too.
    formula = f"a product, {measure(first)} × {measure(second)}; half of it is credited to each factor"
    numbers = [call.numbers["self"], call.numbers["other"]]
    return _terms(numbers, [one, other], [second / 2, first / 2], formula, len(place))


def _joined(seen: Pass, call: Call, place: tuple[int, ...]) -> Terms | None:
    parts: list[Tensor] = call.arguments["tensors"]
    axis = call.arguments.get("dim", 0) % len(place)
    at, offset = 0, place[axis]
    while offset >= parts[at].shape[axis]:
        offset -= parts[at].shape[axis]
        at += 1
    inside = (*place[:axis], offset, *place[axis + 1 :])
    flat = ravelled(inside, tuple(parts[at].shape))
    number = call.numbers.get(f"tensors.{at}", -1)
    formula = f"{len(parts)} values joined; this is from the {_ordinal(at + 1)} of them"
    absent = f"Not connected to the other {_values(parts[1:])} joined here."
    if number not in seen.dependent:
        return _terms([], [], [], formula, len(place), float(parts[at].reshape(-1)[flat]), absent)
    return _terms([number], [flat], [1.0], formula, len(place), 0.0, absent)


def _operand(value: Any, place: tuple[int, ...]) -> tuple[int, float]:  # noqa: ANN401 - a tensor or a number
    """Return where the operand of a place stands in it, spread where it is smaller, and its value."""
    if not isinstance(value, Tensor):
        return 0, float(value)
    shape = tuple(value.shape)
    own = place[len(place) - len(shape) :]
    flat = ravelled(tuple(min(one, size - 1) for one, size in zip(own, shape, strict=True)), shape)
    return flat, float(value.reshape(-1)[flat])


def _terms(
    numbers: Sequence[int],
    flats: Sequence[int],
    weights: Sequence[float],
    formula: str,
    axes: int,
    bias: float = 0.0,
    absent: str = "",
) -> Terms:
    # A value that meets itself is one part.
    weight_of: dict[tuple[int, int], float] = {}
    for number, flat, weight in zip(numbers, flats, weights, strict=True):
        weight_of[number, flat] = weight_of.get((number, flat), 0.0) + weight
    places = torch.tensor([flat for _, flat in weight_of], dtype=torch.int64)[:, None]
    return Terms(
        kind="merge",
        formula=formula,
        numbers=tuple(number for number, _ in weight_of),
        places=places,
        anchors=places[:, 0],
        weights=torch.tensor(list(weight_of.values()), dtype=torch.float64)[:, None],
        window=(1,) * max(1, axes - 2),
        bias=bias,
        absent=absent,
    )


def _values(things: Sequence[object]) -> str:
    return "value" if len(things) == 1 else f"{len(things)} values"


def _ordinal(number: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(number, f"{number}th")
