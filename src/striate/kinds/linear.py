"""Fully connected layers and matrix products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from striate.errors import ShapeError
from striate.graph import Op, Param, Shape, size
from striate.kinds.kind import (
    Attributes,
    Call,
    Kept,
    Kind,
    Word,
    register,
)
from striate.kinds.reach import Mixes, Multiplies, Reach


@register
class Linear(Kind):
    """Every output looks at every input feature. After a flattening it sees the whole map."""

    name = "linear"
    is_layer = True
    precision = "half"
    aten = ("linear",)
    word = Word(
        name="fc",
        positional=("width",),
        options={"width": "int", "bias": "switch", "flatten": "switch"},
        required=("width",),
        meaning="fully connected layer; a map is flattened before it, or, with flatten off, its last axis is read at each place",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        return {"width": arguments["width"], "bias": arguments.get("bias", True)}

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        return {"width": sources[1][0], "bias": len(sources) > 2}

    def shape(self, attributes: Attributes, sources: Sequence[Shape]) -> Shape:
        if attributes["width"] < 1:
            raise ShapeError("width must be at least 1", got=attributes["width"])
        return (*sources[0][:-1], attributes["width"])

    def params(self, attributes: Attributes, sources: Sequence[Shape]) -> tuple[Param, ...]:
        weight = Param(name="weight", shape=(attributes["width"], sources[0][-1]))
        return (weight, Param(name="bias", shape=(attributes["width"],))) if attributes["bias"] else (weight,)

    def macs(self, op: Op, sources: Sequence[Shape]) -> int:
        return size(op.shape) * sources[0][-1]

    def other_flops(self, op: Op, sources: Sequence[Shape]) -> int:
        return size(op.shape) if op.attributes.get("bias") else 0

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        return Kept(for_others=tuple(range(len(sources)))[:2])

    def reach(self, op: Op) -> Reach:
        return Mixes((-1,), "features")

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        kwargs = {} if op.attributes["bias"] else {"bias": False}
        return Call("Linear", (sources[0][-1], op.attributes["width"]), kwargs)

    def summary(self, op: Op) -> str:
        return "all to all"


@register
class MatrixProduct(Kind):
    """A product of two computed tensors, as in attention."""

    name = "matmul"
    precision = "half"
    aten = ("matmul", "bmm", "mm", "addmm", "baddbmm")

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        # The last two are the factors: addmm and baddbmm have the term to be added before them.
        return {"inner": sources[-2][-1], "left": sources[-2], "right": sources[-1]}

    def macs(self, op: Op, sources: Sequence[Shape]) -> int:
        inner: int = op.attributes["inner"]
        return size(op.shape) * inner

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        return Kept(for_others=tuple(range(len(sources)))[-2:])

    def reach(self, op: Op) -> Reach:
        return Multiplies(op.attributes["left"], op.attributes["right"])
