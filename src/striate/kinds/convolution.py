"""Convolution in 1-D, 2-D and 3-D, and its transpose."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from striate.errors import ShapeError
from striate.graph import Op, Param, Shape, size
from striate.kinds.kind import (
    Attributes,
    Call,
    Kept,
    Kind,
    Word,
    axes,
    flat,
    register,
    slid,
    spread,
    window_of,
)
from striate.kinds.reach import Pairs, Reach, Slides, Spreads


@register
class Convolution(Kind):
    """Shared filters that slide over space. As a word, padding keeps the filters aligned unless told otherwise."""

    name = "conv"
    is_layer = True
    precision = "half"
    aten = ("conv1d", "conv2d", "conv3d", "convolution")
    word = Word(
        name="conv",
        positional=("kernel", "width"),
        options={
            "kernel": "axes",
            "width": "int",
            "stride": "axes",
            "padding": "axes",
            "dilation": "axes",
            "groups": "int",
            "bias": "switch",
        },
        required=("kernel", "width"),
        meaning="convolution; padding keeps an odd kernel's map aligned unless it is given",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        count = len(source) - 2
        if count < 1:
            raise ShapeError(
                "a convolution must read a map",
                got="×".join(map(str, source[1:])),
                hint="Put it before the first fc.",
            )
        kernel = axes(arguments["kernel"], count, what="kernel")
        dilation = axes(arguments.get("dilation", 1), count, what="dilation")
        padding: Pairs
        if "padding" in arguments:
            padding = tuple((p, p) for p in axes(arguments["padding"], count, what="padding", least=0))
        else:
            padding = tuple(_aligned(k, d) for k, d in zip(kernel, dilation, strict=True))
        return {
            "kernel": kernel,
            "width": arguments["width"],
            "stride": axes(arguments.get("stride", 1), count, what="stride"),
            "padding": padding,
            "dilation": dilation,
            "groups": arguments.get("groups", 1),
            "bias": arguments.get("bias", True),
        }

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        # aten::conv2d(input, weight, bias, stride, padding, dilation, groups)
        weight = sources[1]
        count = len(weight) - 2
        kernel = weight[2:]
        dilation = spread(arguments[5], count)
        padding: Pairs
        if isinstance(arguments[4], str):
            total = [0 if arguments[4] == "valid" else d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
            padding = tuple((t // 2, t - t // 2) for t in total)
        else:
            padding = tuple((p, p) for p in spread(arguments[4], count))
        return {
            "kernel": kernel,
            "width": weight[0],
            "stride": spread(arguments[3], count),
            "padding": padding,
            "dilation": dilation,
            "groups": arguments[-1],  # the last of `convolution` too, which has two more before it
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
        return slid(sources[0], window_of(attributes), width)

    def params(self, attributes: Attributes, sources: Sequence[Shape]) -> tuple[Param, ...]:
        per_group = sources[0][1] // attributes["groups"]
        weight = Param(name="weight", shape=(attributes["width"], per_group, *attributes["kernel"]))
        bias = (Param(name="bias", shape=(attributes["width"],)),) if attributes["bias"] else ()
        return (weight, *bias)

    def macs(self, op: Op, sources: Sequence[Shape]) -> int:
        per_output: int = sources[0][1] // op.attributes["groups"] * prod(op.attributes["kernel"])
        return size(op.shape) * per_output

    def other_flops(self, op: Op, sources: Sequence[Shape]) -> int:
        return size(op.shape) if op.attributes.get("bias") else 0

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        # Weights that are computed (standardised) are kept too; those that are parameters are there anyway.
        return Kept(inputs=tuple(range(len(sources)))[:2])

    def reach(self, op: Op) -> Reach:
        is_depthwise = op.attributes["groups"] == op.attributes["width"] > 1
        return Slides(window_of(op.attributes), mixes_channels=not is_depthwise)

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        attributes = op.attributes
        kwargs: dict[str, Any] = {}
        if any(stride != 1 for stride in attributes["stride"]):
            kwargs["stride"] = flat(attributes["stride"])
        padding = attributes["padding"]
        if any(before != after for before, after in padding):
            kwargs["padding"] = "same"
        elif any(before for before, _ in padding):
            kwargs["padding"] = flat([before for before, _ in padding])
        if any(dilation != 1 for dilation in attributes["dilation"]):
            kwargs["dilation"] = flat(attributes["dilation"])
        if attributes["groups"] != 1:
            kwargs["groups"] = attributes["groups"]
        if not attributes["bias"]:
            kwargs["bias"] = False
        name = f"Conv{len(attributes['kernel'])}d"
        return Call(name, (sources[0][1], attributes["width"], flat(attributes["kernel"])), kwargs)

    def summary(self, op: Op) -> str:
        attributes = op.attributes
        words = ["×".join(map(str, attributes["kernel"]))]
        if attributes["groups"] > 1:
            words.append(
                "depthwise" if attributes["groups"] == attributes["width"] else f"{attributes['groups']} groups"
            )
        if any(stride > 1 for stride in attributes["stride"]):
            words.append(f"stride {'×'.join(map(str, sorted(set(attributes['stride']))))}")
        if any(dilation > 1 for dilation in attributes["dilation"]):
            words.append(f"dilation {max(attributes['dilation'])}")
        return ", ".join(words)


@register
class TransposedConvolution(Kind):
    """The adjoint of a convolution: spreads each value over a window. Found in traces only, so far."""

    name = "convtranspose"
    is_layer = True
    precision = "half"
    aten = ("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")

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

    def summary(self, op: Op) -> str:
        return f"transposed {'×'.join(map(str, op.attributes['kernel']))}"


def _aligned(kernel: int, dilation: int) -> tuple[int, int]:
    if kernel % 2 == 0:
        raise ShapeError(
            "padding must be given for an even kernel, which has no middle",
            got=kernel,
            hint="Add padding 0.",
        )
    side = dilation * (kernel - 1) // 2
    return (side, side)
