"""Other rules for ReLU's backward pass, for every ReLU that a network calls: module or function, in place or used again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from striate.errors import InputError, Quoted
from striate.graph import Graph, Op
from striate.numbers import plural
from striate.trace.program import Program
from striate.trace.tape import base_name

# Kinds that bend values one by one and are no ReLU.
_BENT = frozenset({
    "leakyrelu", "elu", "gelu", "silu", "hardswish", "hardsigmoid", "sigmoid", "tanh", "celu", "selu", "mish", "softplus",
    "prelu", "clamp",
})  # fmt: skip
Bounds = tuple[float, float | None]


class _Rectified(torch.autograd.Function):
    """A ReLU, or one with an upper bound, whose backward pass lets positive gradients through only."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, bounds: Bounds, is_masked: bool) -> Tensor:  # noqa: ANN401, FBT001 - torch's
        out = values.clamp(*bounds)
        ctx.is_masked = is_masked
        ctx.save_for_backward((out > 0) & (out < bounds[1]) if bounds[1] is not None else out > 0)
        return out

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401 - torch's
        [is_open] = ctx.saved_tensors
        positive = slopes[0].clamp(min=0)
        return (positive * is_open if ctx.is_masked else positive), None, None


def rectified(program: Program, *, is_masked: bool) -> tuple[Program, int]:
    """Return a program in which every ReLU hands back positive gradients only, and how many ReLUs are called.

    Args:
        program: Of the network; one that can be run.
        is_masked: Whether they also stop where the ReLU was closed going forward: guided backpropagation; deconvolution if
            not.
    """
    found = []

    def rule(func: Any, args: tuple[Any, ...]) -> Callable[..., Any] | None:  # noqa: ANN401 - an OpOverload
        bounds = _bounds(base_name(func), args)
        if bounds is None:
            return None
        found.append(bounds)
        return lambda values, *_, **__: _Rectified.apply(values, bounds, is_masked)

    made = program.replaced(rule)
    if made.reason:  # its steps are made by now
        raise InputError("a network must be replayed to have other rules", got=Quoted(made.reason))
    return made, len(found)


def _bounds(name: str, args: tuple[Any, ...]) -> Bounds | None:
    """Return between which values an operator cuts, if it is a ReLU; None if it is none."""
    if name == "relu":
        return 0.0, None
    if name == "relu6":
        return 0.0, 6.0
    numbers = [*args[1:], None, None][:2]
    if name == "threshold":
        return (0.0, None) if numbers == [0, 0] else None
    if name == "clamp_min":
        return (0.0, None) if numbers[0] == 0 else None
    is_cut = name in {"hardtanh", "clamp"} and isinstance(numbers[0], int | float) and numbers[0] == 0
    if not is_cut or not (numbers[1] is None or isinstance(numbers[1], int | float)):
        return None
    return 0.0, None if numbers[1] is None else float(numbers[1])


def not_rectifiers(graph: Graph, relus: int) -> tuple[str, ...]:
    """Return a sentence about the activations that are no ReLU, beside so many that are; none if there are none.

    Example:
        >>> from torch import nn
        >>> from striate.trace import trace
        >>> not_rectifiers(trace(nn.Sequential(nn.Linear(2, 2), nn.SiLU(), nn.ReLU()), (1, 2)).graph, 1)
        ('1 of 2 activations is no ReLU (silu): the ordinary gradient goes through it.',)
    """
    others = Counter(op.kind for op in graph if op.kind in _BENT and not _is_rectifier(op))
    count = others.total()
    if not count:
        return () if relus else ("The network has no ReLU: this is the ordinary gradient.",)
    said = f"{count} of {plural(relus + count, 'activation')} {'is' if count == 1 else 'are'} no ReLU ({', '.join(others)})"
    return (f"{said}: the ordinary gradient goes through {'it' if count == 1 else 'them'}.",)


def _is_rectifier(op: Op) -> bool:
    return op.kind == "clamp" and op.attributes.get("low") == 0
