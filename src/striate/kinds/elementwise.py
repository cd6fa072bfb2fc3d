"""Arithmetic that has no word of its own: functions of each value, sums and extremes over axes. Found in traces only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from striate.graph import Op, Shape, size
from striate.kinds.kind import Kept, Kind, register
from striate.kinds.reach import SAME, UNKNOWN, Mixes, Reach


@register
class Pointwise(Kind):
    """A function of each value, or of values in the same place."""

    name = "pointwise"
    precision = "widest"
    flops_per_output = 1
    aten = (
        "abs", "addcdiv", "addcmul", "celu", "clamp_max", "clamp_min", "cos", "eq", "erf", "exp", "floor", "ge", "gt",
        "le", "lerp", "log", "log1p", "log_sigmoid", "lt", "masked_fill", "maximum", "minimum", "mish", "ne", "neg",
        "pow", "prelu", "reciprocal", "round", "rsqrt", "selu", "sign", "sin", "softplus", "sqrt", "square", "where",
    )  # fmt: skip

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        return Kept(inputs=tuple(range(len(sources))))


@register
class Reduction(Kind):
    """A sum, an extreme or a spread over axes."""

    name = "reduction"
    aten = (
        "amax", "amin", "argmax", "argmin", "cumsum", "linalg_vector_norm", "logsumexp", "max", "min", "norm", "prod",
        "std", "std_mean", "sum", "var", "var_mean",
    )  # fmt: skip

    def read_call(
        self,
        operator: str,
        arguments: Sequence[Any],
        sources: Sequence[Shape],
        output: Shape,
    ) -> dict[str, Any]:
        rank = len(sources[0])
        if operator in {"max", "min"} and len(sources) > 1:
            return {"over": (), "keep": True}  # the larger of two values in the same place
        given = arguments[2 if operator in {"linalg_vector_norm", "norm"} else 1 :][:1]
        over = given[0] if given else None
        if isinstance(over, bool) or not isinstance(over, int | list | tuple) or over in ([], ()):
            over = range(rank)
        over = (over,) if isinstance(over, int) else over
        found: dict[str, Any] = {"over": tuple(sorted(axis % rank for axis in over)), "keep": len(output) == rank}
        return found | {"running": True} if operator == "cumsum" else found

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        return Kept(inputs=tuple(range(len(sources))))

    def other_flops(self, op: Op, sources: Sequence[Shape]) -> int:
        return size(sources[0]) if sources else 0

    def reach(self, op: Op) -> Reach:
        if "over" not in op.attributes:
            return UNKNOWN
        if not op.attributes["over"]:
            return SAME
        if op.attributes.get("running"):
            return Mixes(op.attributes["over"], "places", is_causal=True)
        return Mixes(op.attributes["over"], "one" if op.attributes["keep"] else "none")
