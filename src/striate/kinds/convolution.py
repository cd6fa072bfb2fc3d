"""Convolution in 1-D, 2-D and 3-D."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import starmap
from math import prod
from typing import Any

from striate.errors import ShapeError
from striate.graph import Op, Param, Shape, size
from striate.kinds.kind import (
    Attributes,
    Call,
    Kept,
    Kind,
    Recorded,
    Word,
    axes,
    flat,
    register,
    register_word,
    slid,
    spread,
    window_of,
)
from striate.kinds.reach import Pairs, Reach, Slides


@register
class Convolution(Kind):
    """Shared filters that slide over space. As a word, padding keeps the filters aligned unless told otherwise."""

    name = "conv"
    is_layer = True
    precision = "half"
    aten = ("conv1d", "conv2d", "conv3d", "convolution")
    # A module that adds zeros itself, more at one end than at the other: TensorFlow's padding.
    calls = (("pad", "conv1d"), ("pad", "conv2d"), ("pad", "conv3d"))
    word = Word(
        name="conv",
        positional=("kernel", "width"),
        options={
            "kernel": "axes",
            "width": "int",
            "stride": "axes",
            "padding": "axes|same",
            "dilation": "axes",
            "groups": "int",
            "bias": "switch",
        },
        required=("kernel", "width"),
        meaning="convolution; padding keeps an odd kernel's map aligned unless it is given; same: ⌈length ÷ stride⌉ places",
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
        stride = axes(arguments.get("stride", 1), count, what="stride")
        dilation = axes(arguments.get("dilation", 1), count, what="dilation")
        padding: Pairs
        pads_first = False
        if arguments.get("padding") == "same":
            padding = tuple(starmap(_same, zip(source[2:], kernel, stride, dilation, strict=True)))
            pads_first = any(s > 1 for s in stride) and any(map(any, padding))
        elif "padding" in arguments:
            padding = tuple((p, p) for p in axes(arguments["padding"], count, what="padding", least=0))
        else:
            padding = tuple(_aligned(k, d) for k, d in zip(kernel, dilation, strict=True))
        found = {
            "kernel": kernel,
            "width": arguments["width"],
            "stride": stride,
            "padding": padding,
            "dilation": dilation,
            "groups": arguments.get("groups", 1),
            "bias": arguments.get("bias", True),
        }
        return found | {"pads_first": True} if pads_first else found

    def arguments(self, attributes: Attributes, source: Shape) -> dict[str, Any]:
        found = super().arguments(attributes, source)
        return found | {"padding": "same"} if attributes.get("pads_first") else found

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

    def read_calls(self, calls: Sequence[Recorded]) -> dict[str, Any] | None:
        # aten::pad(input, pad, mode, value): the last axis first, each with before and after
        pad, conv = calls
        numbers = tuple(pad.arguments[1])
        is_zero = pad.arguments[2] == "constant" and not pad.arguments[3]
        is_padded = pad.reads == ("input",) and conv.reads[0] == 0
        count = len(conv.sources[1]) - 2
        if not (is_zero and is_padded and len(numbers) <= 2 * count and min(numbers) >= 0):
            return None
        numbers += (0,) * (2 * count - len(numbers))
        found = self.read_recorded(conv)
        pairs = zip(numbers[::2][::-1], numbers[1::2][::-1], found["padding"], strict=True)
        padding = tuple((before + b, after + a) for before, after, (b, a) in pairs)
        return found | {"padding": padding, "pads_first": True}

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
        if op.attributes.get("pads_first"):
            lengths = zip(sources[0][2:], op.attributes["padding"], strict=True)
            padded = size(sources[0][:2]) * prod(length + sum(pair) for length, pair in lengths)
            return Kept(inputs=tuple(range(len(sources)))[1:2], extra_bytes=padded * op.bytes // max(op.elements, 1))
        # Weights that are computed (standardised) are kept too; those that are parameters are there anyway.
        return Kept(inputs=tuple(range(len(sources)))[:2])

    def reach(self, op: Op) -> Reach:
        is_depthwise = op.attributes["groups"] == op.attributes["width"] > 1
        return Slides(window_of(op.attributes), mixes_channels=not is_depthwise)

    def call(self, op: Op, sources: Sequence[Shape]) -> Call | None:
        attributes = op.attributes
        kwargs: dict[str, Any] = {}
        if any(stride != 1 for stride in attributes["stride"]):
            kwargs["stride"] = flat(attributes["stride"])
        padding = attributes["padding"]
        if attributes.get("pads_first"):
            lengths = zip(
                sources[0][2:], attributes["kernel"], attributes["stride"], attributes["dilation"], strict=True
            )
            if padding != tuple(starmap(_same, lengths)):
                return None
        elif any(before != after for before, after in padding):
            kwargs["padding"] = "same"
        elif any(before for before, _ in padding):
            kwargs["padding"] = flat([before for before, _ in padding])
        if any(dilation != 1 for dilation in attributes["dilation"]):
            kwargs["dilation"] = flat(attributes["dilation"])
        if attributes["groups"] != 1:
            kwargs["groups"] = attributes["groups"]
        if not attributes["bias"]:
            kwargs["bias"] = False
        name, module = f"Conv{len(attributes['kernel'])}d", ""
        if attributes.get("pads_first"):
            name, module = f"{name}Same", "conv_same"
        return Call(name, (sources[0][1], attributes["width"], flat(attributes["kernel"])), kwargs, module)

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


@register_word
class Depthwise(Convolution):
    """A convolution with filters of one channel each, as many as there are channels."""

    word = Word(
        name="depthwise",
        positional=("kernel",),
        options={"kernel": "axes", "stride": "axes", "padding": "axes|same", "dilation": "axes", "bias": "switch"},
        required=("kernel",),
        meaning="convolution of each channel by itself",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        channels = source[1]
        return super().attributes({**arguments, "width": channels, "groups": channels}, source)


def _same(length: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """Return the padding with which ⌈length ÷ stride⌉ places come out, the odd one at the end."""
    total = max((-(-length // stride) - 1) * stride + dilation * (kernel - 1) + 1 - length, 0)
    return (total // 2, total - total // 2)


def _aligned(kernel: int, dilation: int) -> tuple[int, int]:
    if kernel % 2 == 0:
        raise ShapeError(
            "padding must be given for an even kernel, which has no middle",
            got=kernel,
            hint="Add padding 0.",
        )
    side = dilation * (kernel - 1) // 2
    return (side, side)
