"""Transposed convolution: the adjoint of a convolution, which makes maps larger with learned filters."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from striate.errors import ShapeError
from striate.graph import Op, Param, Shape, size
from striate.kinds.kind import Attributes, Call, Kept, Kind, Word, axes, flat, map_axes, register, spread, window_of
from striate.kinds.reach import Reach, Spreads


@register
class TransposedConvolution(Kind):
    """The adjoint of a convolution: spreads each value over a window."""

    name = "convtranspose"
    is_layer = True
    precision = "half"
    aten = ("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
    word = Word(
        name="convtranspose",
        positional=("kernel", "width"),
        options={
            "kernel": "axes",
            "width": "int",
            "stride": "axes",
            "padding": "axes",
            "output_padding": "axes",
            "dilation": "axes",
            "groups": "int",
            "bias": "switch",
        },
        required=("kernel", "width"),
        meaning="transposed convolution; padding is cut off the map, 0 unless given",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        count = map_axes(source, "a transposed convolution")
        stride = axes(arguments.get("stride", 1), count, what="stride")
        dilation = axes(arguments.get("dilation", 1), count, what="dilation")
        extra = axes(arguments.get("output_padding", 0), count, what="output_padding", least=0)
        if any(e >= max(s, d) for e, s, d in zip(extra, stride, dilation, strict=True)):
            raise ShapeError(
                "output_padding must be below the stride or the dilation",
                got=f"output_padding {flat(extra)}, stride {flat(stride)}, dilation {flat(dilation)}",
                hint="Leave it out, or raise the stride.",
            )
        return {
            "kernel": axes(arguments["kernel"], count, what="kernel"),
            "width": arguments["width"],
            "stride": stride,
            "padding": tuple((p, p) for p in axes(arguments.get("padding", 0), count, what="padding", least=0)),
            "output_padding": extra,
            "dilation": dilation,
            "groups": arguments.get("groups", 1),
            "bias": arguments.get("bias", True),
        }

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        # aten::conv_transpose2d(input, weight, bias, stride, padding, output_padding, groups, dilation)
        weight = sources[1]
        count = len(weight) - 2
        return {
            "kernel": weight[2:],
            "width": output[1],
            "stride": spread(arguments[3], count),
            "padding": tuple((p, p) for p in spread(arguments[4], count)),
            "output_padding": spread(arguments[5], count),
            "dilation": spread(arguments[7], count),
            "groups": arguments[6],
            "bias": len(sources) > 2,
        }

    def shape(self, attributes: Attributes, sources: Sequence[Shape]) -> Shape:
        channels, groups, width = sources[0][1], attributes["groups"], attributes["width"]
        if width < 1:
            raise ShapeError("width must be at least 1", got=width)
        if groups < 1 or channels % groups or width % groups:
            raise ShapeError(
                "groups must divide both the channels read and the width",
                got=f"groups {groups}, channels {channels}, width {width}",
            )
        names = ("kernel", "stride", "padding", "output_padding", "dilation")
        lengths = []
        for length, *numbers in zip(sources[0][2:], *(attributes[name] for name in names), strict=True):
            kernel, stride, padding, extra, dilation = numbers
            lengths.append((length - 1) * stride - sum(padding) + dilation * (kernel - 1) + extra + 1)
        if min(lengths) < 1:
            raise ShapeError(
                "padding must leave something of the map",
                got=f"{'×'.join(map(str, lengths))} places",
                hint="Give less padding.",
            )
        return (sources[0][0], width, *lengths)

    def params(self, attributes: Attributes, sources: Sequence[Shape]) -> tuple[Param, ...]:
        width, groups = attributes["width"], attributes["groups"]
        weight = Param(name="weight", shape=(sources[0][1], width // groups, *attributes["kernel"]))
        return (weight, Param(name="bias", shape=(width,))) if attributes["bias"] else (weight,)

    def macs(self, op: Op, sources: Sequence[Shape]) -> int:
        per_input: int = op.attributes["width"] // op.attributes["groups"] * prod(op.attributes["kernel"])
        return size(sources[0]) * per_input

    def other_flops(self, op: Op, sources: Sequence[Shape]) -> int:
        return size(op.shape) if op.attributes.get("bias") else 0

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        # Weights that are computed (standardised) are kept too; those that are parameters are there anyway.
        return Kept(inputs=tuple(range(len(sources)))[:2])

    def reach(self, op: Op) -> Reach:
        return Spreads(window_of(op.attributes))

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        found = op.attributes
        given = {
            "stride": flat(found["stride"]),
            "padding": flat([before for before, _ in found["padding"]]),
            "output_padding": flat(found["output_padding"]),
            "groups": found["groups"],
            "bias": found["bias"],
            "dilation": flat(found["dilation"]),
        }
        usual = {"stride": 1, "padding": 0, "output_padding": 0, "groups": 1, "bias": True, "dilation": 1}
        kwargs = {name: value for name, value in given.items() if value != usual[name]}
        name = f"ConvTranspose{len(found['kernel'])}d"
        return Call(name, (sources[0][1], found["width"], flat(found["kernel"])), kwargs)

    def summary(self, op: Op) -> str:
        return f"transposed {'×'.join(map(str, op.attributes['kernel']))}"
