"""Arithmetic: functions of each value, sums and extremes over axes. All but global sum pooling is found in traces only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from striate.graph import Op, Shape, size
from striate.kinds.kind import Attributes, Call, Kept, Kind, Word, map_axes, register, register_word
from striate.kinds.reach import SAME, UNKNOWN, Mixes, Reach

_NOTHING, _INPUT, _OUTPUT = Kept(), Kept(inputs=(0,)), Kept(output=True)
_BOTH = Kept(inputs=(0, 1))

# What each function keeps, and the most its backward pass takes beside gradients, in maps of four-byte values
# (torch's `derivatives.yaml` and the functions it calls; a quarter of a map is a mask).
_FUNCTIONS: dict[str, tuple[Kept, float]] = {
    "abs": (_INPUT, 1), "addcdiv": (Kept(inputs=(1, 2)), 2), "addcmul": (Kept(inputs=(1, 2)), 0),
    "clamp_max": (_INPUT, 0.25), "clamp_min": (_INPUT, 0.25), "cos": (_INPUT, 2), "eq": (_NOTHING, 0), "erf": (_INPUT, 4),
    "exp": (_OUTPUT, 0), "floor": (_NOTHING, 0), "ge": (_NOTHING, 0), "gt": (_NOTHING, 0), "le": (_NOTHING, 0),
    "log": (_INPUT, 0), "log1p": (_INPUT, 1), "log_sigmoid": (_INPUT, 0), "lt": (_NOTHING, 0),
    "masked_fill": (Kept(inputs=(1,)), 0), "maximum": (_BOTH, 1.5), "minimum": (_BOTH, 1.5),
    "ne": (_NOTHING, 0), "neg": (_NOTHING, 0), "pow": (_INPUT, 2), "reciprocal": (_OUTPUT, 2),
    "round": (_NOTHING, 0), "rsqrt": (_OUTPUT, 2), "sign": (_NOTHING, 0), "sin": (_INPUT, 1),
    "sqrt": (_OUTPUT, 1), "square": (_INPUT, 2), "where": (_INPUT, 0),
}  # fmt: skip

# The same for reductions, in maps of what they read.
_WITH_OUTPUT = Kept(inputs=(0,), output=True)
_REDUCTIONS: dict[str, tuple[Kept, float]] = {
    "amax": (_WITH_OUTPUT, 1.25), "amin": (_WITH_OUTPUT, 1.25), "argmax": (_NOTHING, 0), "argmin": (_NOTHING, 0),
    "cumsum": (_NOTHING, 2), "linalg_vector_norm": (_WITH_OUTPUT, 1), "logsumexp": (_WITH_OUTPUT, 2),
    "max": (_WITH_OUTPUT, 1.25), "min": (_WITH_OUTPUT, 1.25), "norm": (_WITH_OUTPUT, 1), "prod": (_WITH_OUTPUT, 1),
    "std": (_WITH_OUTPUT, 1), "std_mean": (_WITH_OUTPUT, 1), "sum": (_NOTHING, 0), "var": (_INPUT, 1),
    "var_mean": (_INPUT, 1),
}  # fmt: skip


@register
class Pointwise(Kind):
    """A function of each value, or of values in the same place."""

    name = "pointwise"
    precision = "widest"
    flops_per_output = 1
    aten = (
        "abs", "addcdiv", "addcmul", "clamp_max", "clamp_min", "cos", "eq", "erf", "exp", "floor", "ge", "gt",
        "le", "lerp", "log", "log1p", "log_sigmoid", "lt", "masked_fill", "maximum", "minimum", "ne", "neg",
        "pow", "reciprocal", "round", "rsqrt", "sign", "sin", "sqrt", "square", "where",
    )  # fmt: skip

    def read_call(
        self,
        operator: str,
        arguments: Sequence[Any],
        sources: Sequence[Shape],
        output: Shape,
    ) -> dict[str, Any]:
        return {"operator": operator}

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        operator = op.attributes.get("operator")
        if operator == "lerp":
            # Between two values by a number nothing is kept; by a third value all three are.
            return Kept(inputs=tuple(range(len(sources))) if len(sources) > 2 else ())
        if operator == "pow" and len(sources) > 1:
            return Kept(inputs=(0, 1), output=True)
        if operator == "log_sigmoid":
            return Kept(inputs=(0,), extra_bytes=op.bytes)  # exp(−|x|)
        known = _FUNCTIONS.get(operator or "")
        return known[0] if known is not None else Kept(inputs=tuple(range(len(sources))))

    def backward_temporary_bytes(self, op: Op, sources: Sequence[Shape]) -> int:
        _, maps = _FUNCTIONS.get(op.attributes.get("operator", ""), (_NOTHING, 0))
        return int(maps * op.bytes)


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
            return {"operator": "maximum", "over": (), "keep": True}  # the larger of two values in the same place
        given = arguments[2 if operator in {"linalg_vector_norm", "norm"} else 1 :][:1]
        over = given[0] if given else None
        if isinstance(over, bool) or not isinstance(over, int | list | tuple) or over in ([], ()):
            over = range(rank)
        over = (over,) if isinstance(over, int) else over
        axes = tuple(sorted(axis % rank for axis in over))
        found: dict[str, Any] = {"operator": operator, "over": axes, "keep": len(output) == rank}
        return found | {"running": True} if operator == "cumsum" else found

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        operator = op.attributes.get("operator")
        if self._picks(op):
            return Kept(extra_bytes=8 * op.elements)  # where each was found
        known = _REDUCTIONS.get(operator or "")
        return known[0] if known is not None else Kept(inputs=tuple(range(len(sources))))

    def backward_temporary_bytes(self, op: Op, sources: Sequence[Shape]) -> int:
        operator = op.attributes.get("operator", "")
        if operator == "maximum":
            return op.bytes + op.bytes // 2
        # The gradient of one place in a row goes into a map of zeros, and that into another.
        maps = 1.0 if self._picks(op) else _REDUCTIONS.get(operator, (_NOTHING, 0.0))[1]
        if not maps or not sources:
            return 0
        return int(maps * size(sources[0]) * op.bytes // max(op.elements, 1))

    @staticmethod
    def _picks(op: Op) -> bool:
        """Return whether it is the extreme along one axis, which comes with its indices."""
        found = op.attributes
        return found.get("operator") in {"max", "min"} and len(found["over"]) == 1 and op.shape != ()

    def shape(self, attributes: Attributes, sources: Sequence[Shape]) -> Shape:
        axes = enumerate(sources[0])
        over, keep = attributes["over"], attributes["keep"]
        return tuple(1 if axis in over else length for axis, length in axes if keep or axis not in over)

    def call(self, op: Op, sources: Sequence[Shape]) -> Call | None:
        return Call("GlobalSumPool", module="global_sum_pool") if self._is_pooling(op) else None

    def summary(self, op: Op) -> str:
        return "global sum" if self._is_pooling(op) else self.name

    @staticmethod
    def _is_pooling(op: Op) -> bool:
        over = tuple(range(2, len(op.shape)))
        return bool(over) and op.attributes == {"operator": "sum", "over": over, "keep": True}

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


@register_word
class GlobalSumPooling(Reduction):
    """The sum of each channel over the whole map: how much there is, where a mean says how dense it is."""

    word = Word(name="globalsumpool", meaning="sum of each channel over the whole map")

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        axes = map_axes(source, "global pooling")
        return {"operator": "sum", "over": tuple(range(2, 2 + axes)), "keep": True}
