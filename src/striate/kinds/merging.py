"""Where branches meet: sums, products, concatenations; and reductions over space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from striate.errors import ShapeError
from striate.graph import Op, Param, Shape, size
from striate.kinds.kind import Attributes, Call, Kept, Kind, Recorded, register
from striate.kinds.reach import Joins, Mixes, Reach


def _broadcast(sources: Sequence[Shape]) -> Shape:
    rank = max(len(shape) for shape in sources)
    padded = [(1,) * (rank - len(shape)) + shape for shape in sources]
    out = []
    for lengths in zip(*padded, strict=True):
        longest = max(lengths)
        if any(length not in (1, longest) for length in lengths):
            raise ShapeError(
                "branches must have equal sizes where they meet",
                got=" and ".join("×".join(map(str, s)) for s in sources),
            )
        out.append(longest)
    return tuple(out)


@register
class Add(Kind):
    """The sum or difference of values.

    A difference says with `subtracts` which value is taken away, 0 or 1, parameters counted behind what is computed; where
    one is multiplied first, `alpha` says by how much (`torch.add(a, b, alpha=0.1)`).
    """

    name = "add"
    gradient = "same"
    precision = "widest"
    flops_per_output = 1
    aten = ("add", "sub", "rsub")

    def read_recorded(self, call: Recorded) -> dict[str, Any]:
        # aten::add(self, other, *, alpha=1), sub the same; rsub(self, other, alpha) is other − alpha · self.
        found: dict[str, Any] = {}
        taken = {"sub": 1, "rsub": 0}.get(call.operator, len(call.reads))
        # Less a number is a sum with another number.
        if taken < len(call.reads):
            listed = sorted(range(len(call.reads)), key=lambda place: call.reads[place] in {"parameter", "constant"})
            found["subtracts"] = listed.index(taken)
        alpha = call.arguments[2] if len(call.arguments) > 2 and len(call.reads) > 1 else 1
        return found if alpha == 1 else found | {"alpha": float(alpha)}

    def shape(self, attributes: Attributes, sources: Sequence[Shape]) -> Shape:
        return _broadcast(sources)

    def summary(self, op: Op) -> str:
        return "difference" if "subtracts" in op.attributes else "sum"


@register
class Multiply(Kind):
    """The product (or quotient) of values; each side is kept for the other's gradient.

    With `start` it is the product with a parameter: a factor for each channel, `start` before training.
    """

    name = "mul"
    precision = "widest"
    flops_per_output = 1
    aten = ("mul", "div")

    def shape(self, attributes: Attributes, sources: Sequence[Shape]) -> Shape:
        return _broadcast(sources)

    def read_call(
        self,
        operator: str,
        arguments: Sequence[Any],
        sources: Sequence[Shape],
        output: Shape,
    ) -> dict[str, Any]:
        return {"divides": True} if operator == "div" and len(sources) > 1 else {}

    def params(self, attributes: Attributes, sources: Sequence[Shape]) -> tuple[Param, ...]:
        if "start" not in attributes:
            return ()
        return (Param(name="layer_scale", shape=(sources[0][1], *(1,) * (len(sources[0]) - 2))),)

    def call(self, op: Op, sources: Sequence[Shape]) -> Call | None:
        if "start" not in op.attributes:
            return None
        axes = len(sources[0]) - 2
        return Call("LayerScale", (sources[0][1], axes, op.attributes["start"]), module="layer_scale")

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        return Kept(for_others=tuple(range(len(sources))))

    def backward_temporary_bytes(self, op: Op, sources: Sequence[Shape]) -> int:
        if op.attributes.get("divides"):
            return 2 * op.bytes  # −gradient · (quotient ÷ divisor), each in turn
        # The gradient of a side that was spread over the other is first as large as the product, then summed.
        is_spread = bool(op.params) or any(source != op.shape for source in sources)
        return op.bytes if is_spread else 0

    def summary(self, op: Op) -> str:
        return "product"


@register
class Concatenate(Kind):
    """Values side by side along an axis, the channels as a rule."""

    name = "concat"
    gradient = "part"
    precision = "widest"
    aten = ("cat", "concat", "concatenate")

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        return {"axis": (arguments[1] if len(arguments) > 1 else 0) % len(output)}

    def shape(self, attributes: Attributes, sources: Sequence[Shape]) -> Shape:
        axis = attributes["axis"]
        out = list(sources[0])
        out[axis] = sum(shape[axis] for shape in sources)
        return tuple(out)

    def reach(self, op: Op) -> Reach:
        return Joins(op.attributes["axis"])

    def summary(self, op: Op) -> str:
        return "concatenate"


@register
class Stack(Kind):
    """Values side by side along a new axis. Found in traces only."""

    name = "stack"
    gradient = "part"
    precision = "widest"
    aten = ("stack",)

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        return {"axis": (arguments[1] if len(arguments) > 1 else 0) % len(output)}

    def reach(self, op: Op) -> Reach:
        return Joins(op.attributes["axis"], is_new=True)


@register
class Mean(Kind):
    """The mean over axes; over all of space it is a global average pooling."""

    name = "mean"
    aten = ("mean",)

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        over = arguments[1] if len(arguments) > 1 and arguments[1] is not None else range(len(sources[0]))
        rank = len(sources[0])
        return {
            "over": tuple(sorted(axis % rank for axis in over)),
            "keep": bool(arguments[2]) if len(arguments) > 2 else False,
        }

    def shape(self, attributes: Attributes, sources: Sequence[Shape]) -> Shape:
        over, keep = attributes["over"], attributes["keep"]
        return tuple(1 if n in over else length for n, length in enumerate(sources[0]) if keep or n not in over)

    def call(self, op: Op, sources: Sequence[Shape]) -> Call | None:
        if not op.attributes["over"] or op.attributes["over"] != tuple(range(2, len(sources[0]))):
            return None
        return Call("GlobalMean", (), {} if op.attributes["keep"] else {"keep": False}, "global_mean")

    def other_flops(self, op: Op, sources: Sequence[Shape]) -> int:
        return size(sources[0])

    def reach(self, op: Op) -> Reach:
        return Mixes(op.attributes["over"], "one" if op.attributes["keep"] else "none")

    def summary(self, op: Op) -> str:
        return "mean"
