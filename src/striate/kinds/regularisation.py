"""Dropout: values put to zero by chance while training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from striate.errors import InputError
from striate.graph import Op, Shape, size
from striate.kinds.kind import Attributes, Call, Kept, Kind, Word, register


@register
class Dropout(Kind):
    """Each value is zero with probability `share` in training; nothing happens in eval mode."""

    name = "dropout"
    aten = ("dropout", "native_dropout", "feature_dropout")
    is_follower = True
    flops_per_output = 1
    word = Word(
        name="dropout",
        positional=("share",),
        options={"share": "float"},
        required=("share",),
        follows=True,
        meaning="this share of the values is zero, by chance, while training",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        share = float(arguments["share"])
        if not 0 <= share < 1:
            raise InputError("dropout share must be at least 0 and below 1", got=share)
        return {"share": share}

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        return {"share": float(arguments[1])}

    def read_call(
        self,
        operator: str,
        arguments: Sequence[Any],
        sources: Sequence[Shape],
        output: Shape,
    ) -> dict[str, Any]:
        found = self.read(arguments, sources, output)
        return found | {"whole_maps": True} if operator == "feature_dropout" else found

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        # On the CPU torch keeps the scaled mask in the value's own type; a share of 0 does nothing.
        if not op.attributes["share"]:
            return Kept()
        # Where whole maps are dropped there is one number for each.
        places = size(op.shape[2:]) if op.attributes.get("whole_maps") else 1
        return Kept(extra_bytes=op.bytes // max(places, 1))

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        return Call("Dropout", (op.attributes["share"],))

    def summary(self, op: Op) -> str:
        return f"dropout {op.attributes['share']:g}"
