"""Normalisation over the channels of each place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from striate.graph import Op, Param, Shape, size
from striate.kinds.kind import Attributes, Call, Kept, Kind, Recorded, Word, map_axes, register
from striate.kinds.normalisation import EPS, read_eps
from striate.kinds.reach import Mixes, Reach


@register
class ChannelNormalisation(Kind):
    """The channels of each place to mean 0 and variance 1, as ConvNeXt normalises.

    In a trace it is a module that puts the channels last, normalises over them, and puts them back (`LayerNorm2d` of
    torchvision and timm); written out in a network's own code the three are rows of their own.
    """

    name = "channelnorm"
    flops_per_output = 8  # its own mean and variance as well
    calls = (("permute", "layer_norm", "permute"),)
    is_follower = True
    word = Word(
        name="channelnorm",
        options={"eps": "float"},
        follows=True,
        meaning="layer normalisation over the channels of each place",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        map_axes(source, "channel normalisation")
        return {"eps": read_eps(arguments)}

    def read_calls(self, calls: Sequence[Recorded]) -> dict[str, Any] | None:
        there, norm, back = calls
        rank = len(there.output)
        is_there = [axis % rank for axis in there.arguments[1]] == [0, *range(2, rank), 1]
        is_back = [axis % rank for axis in back.arguments[1]] == [0, rank - 1, *range(1, rank - 1)]
        is_over_channels = rank > 2 and len(norm.arguments[1]) == 1
        reads = (there.reads, norm.reads, back.reads)
        if not (is_there and is_back and is_over_channels) or reads != (
            ("input",),
            (0, "parameter", "parameter"),
            (1,),
        ):
            return None
        return {"eps": float(norm.arguments[4])}

    def params(self, attributes: Attributes, sources: Sequence[Shape]) -> tuple[Param, ...]:
        channels = sources[0][1]
        return (Param(name="weight", shape=(channels,)), Param(name="bias", shape=(channels,)))

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        places = sources[0][0] * size(sources[0][2:])
        return Kept(inputs=(0,), extra_bytes=2 * 4 * places)

    def forward_temporary_bytes(self, op: Op, sources: Sequence[Shape]) -> int:
        # The map with its channels last.
        return op.bytes

    def backward_temporary_bytes(self, op: Op, sources: Sequence[Shape]) -> int:
        # That once more, and the gradient likewise.
        return 2 * op.bytes

    def reach(self, op: Op) -> Reach:
        return Mixes((1,), "places")

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        eps = op.attributes["eps"]
        return Call("ChannelNorm", (sources[0][1],), {} if eps == EPS else {"eps": eps}, "channel_norm")

    def summary(self, op: Op) -> str:
        return "channel norm"
