"""Arithmetic that has no word of its own: functions of each value, sums and extremes over axes. Found in traces only."""

from __future__ import annotations

from collections.abc import Sequence

from striate.graph import Op, Shape, size
from striate.kinds.kind import UNKNOWN, Kept, Kind, Reach, register


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

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        return Kept(inputs=tuple(range(len(sources))))

    def other_flops(self, op: Op, sources: Sequence[Shape]) -> int:
        return size(sources[0]) if sources else 0

    def reach(self, op: Op) -> Reach:
        return UNKNOWN
