"""Pooling: a summary of a window that is not learned. Global pooling frees the head from the input size."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from striate.errors import ShapeError
from striate.graph import Op, Shape, size
from striate.kinds.kind import (
    Attributes,
    Call,
    Kept,
    Kind,
    Word,
    axes,
    flat,
    register,
    register_word,
    slid,
    spread,
    window_of,
)
from striate.kinds.reach import Adapts, Reach, Slides

_OPTIONS = {"kernel": "axes", "stride": "axes", "padding": "axes"}


class _WindowPooling(Kind):
    """What maximum and average pooling share: their window."""

    module = ""

    def other_flops(self, op: Op, sources: Sequence[Shape]) -> int:
        # A comparison or a sum for each value of the window.
        window: int = prod(op.attributes["kernel"])
        return size(op.shape) * window

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        count = len(source) - 2
        if count < 1:
            raise ShapeError("pooling must read a map", got="×".join(map(str, source[1:])))
        kernel = axes(arguments["kernel"], count, what="kernel")
        padding = axes(arguments.get("padding", 0), count, what="padding", least=0)
        if any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
            raise ShapeError("padding must be at most half the kernel", got=f"padding {padding}, kernel {kernel}")
        return {
            "kernel": kernel,
            "stride": axes(arguments.get("stride", kernel), count, what="stride"),
            "padding": tuple((p, p) for p in padding),
            "dilation": axes(arguments.get("dilation", 1), count, what="dilation"),
            "ceil": arguments.get("ceil", False),
        }

    def shape(self, attributes: Attributes, sources: Sequence[Shape]) -> Shape:
        return slid(sources[0], window_of(attributes), sources[0][1], ceil=attributes["ceil"])

    def reach(self, op: Op) -> Reach:
        return Slides(window_of(op.attributes), mixes_channels=False)

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        attributes = op.attributes
        kwargs: dict[str, Any] = {}
        if attributes["stride"] != attributes["kernel"]:
            kwargs["stride"] = flat(attributes["stride"])
        if any(before for before, _ in attributes["padding"]):
            kwargs["padding"] = flat([before for before, _ in attributes["padding"]])
        if any(dilation != 1 for dilation in attributes["dilation"]):
            kwargs["dilation"] = flat(attributes["dilation"])
        if attributes["ceil"]:
            kwargs["ceil_mode"] = True
        if not attributes.get("countpad", True):
            kwargs["count_include_pad"] = False
        return Call(f"{self.module}{len(attributes['kernel'])}d", (flat(attributes["kernel"]),), kwargs)

    def summary(self, op: Op) -> str:
        what = "max" if self.name == "maxpool" else "average"
        text = f"{what} {'×'.join(map(str, op.attributes['kernel']))}"
        if op.attributes["stride"] != op.attributes["kernel"]:
            text += f", stride {max(op.attributes['stride'])}"
        return text


@register
class MaxPooling(_WindowPooling):
    """The largest value of each window; the gradient goes to the winner alone."""

    name = "maxpool"
    module = "MaxPool"
    aten = (
        "max_pool1d",
        "max_pool2d",
        "max_pool3d",
        "max_pool2d_with_indices",
        "max_pool3d_with_indices",
    )
    word = Word(
        name="maxpool",
        positional=("kernel",),
        options=_OPTIONS | {"dilation": "axes", "ceil": "switch"},
        required=("kernel",),
        meaning="maximum of each window; ceil: the last window may be cut off",
    )

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        # aten::max_pool2d(input, kernel, stride=[], padding, dilation, ceil_mode)
        count = len(sources[0]) - 2
        kernel = spread(arguments[1], count)
        return {
            "kernel": kernel,
            "stride": spread(arguments[2], count) if arguments[2] else kernel,
            "padding": tuple((p, p) for p in spread(arguments[3], count)),
            "dilation": spread(arguments[4], count),
            "ceil": bool(arguments[5]),
        }

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        return Kept(inputs=(0,), extra_bytes=8 * size(op.shape))


@register
class AveragePooling(_WindowPooling):
    """The mean of each window. Zeros of the padding count as values where `countpad` says so, as in torch by default."""

    name = "avgpool"
    module = "AvgPool"
    aten = ("avg_pool1d", "avg_pool2d", "avg_pool3d")
    word = Word(
        name="avgpool",
        positional=("kernel",),
        options=_OPTIONS | {"ceil": "switch", "countpad": "switch"},
        required=("kernel",),
        meaning="mean of each window; the padding's zeros count unless countpad is off",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        return super().attributes(arguments, source) | {"countpad": arguments.get("countpad", True)}

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        # aten::avg_pool2d(input, kernel, stride=[], padding, ceil_mode, count_include_pad, divisor_override)
        count = len(sources[0]) - 2
        kernel = spread(arguments[1], count)
        found = {
            "kernel": kernel,
            "stride": spread(arguments[2], count) if arguments[2] else kernel,
            "padding": tuple((p, p) for p in spread(arguments[3], count)),
            "dilation": (1,) * count,
            "ceil": bool(arguments[4]),
            "countpad": bool(arguments[5]),
        }
        has_divisor = len(arguments) > 6 and arguments[6] is not None
        return found | {"divisor": arguments[6]} if has_divisor else found

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        return Kept(inputs=(0,))


class _AdaptivePooling(Kind):
    """Pooling to a stated size; to size 1 it looks at the whole map."""

    module = ""

    def other_flops(self, op: Op, sources: Sequence[Shape]) -> int:
        return size(sources[0])

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        count = len(source) - 2
        if count < 1:
            raise ShapeError("global pooling must read a map", got="×".join(map(str, source[1:])))
        return {"size": axes(arguments.get("size", 1), count, what="size")}

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        return {"size": output[2:]}

    def shape(self, attributes: Attributes, sources: Sequence[Shape]) -> Shape:
        return (*sources[0][:2], *attributes["size"])

    def reach(self, op: Op) -> Reach:
        return Adapts(op.attributes["size"])

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        return Call(f"{self.module}{len(op.attributes['size'])}d", (flat(op.attributes["size"]),))

    def summary(self, op: Op) -> str:
        what = "average" if "avg" in self.name else "max"
        size_text = "×".join(map(str, op.attributes["size"]))
        return f"global {what}" if set(op.attributes["size"]) == {1} else f"{what} to {size_text}"


@register
class GlobalAveragePooling(_AdaptivePooling):
    """The mean of each channel over the whole map."""

    name = "globalavgpool"
    module = "AdaptiveAvgPool"
    aten = ("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d")
    word = Word(name="globalavgpool", meaning="mean of each channel over the whole map")

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        # The backward pass to size 1 needs the input's shape only; to other sizes torch keeps the input.
        return Kept() if set(op.attributes["size"]) == {1} else Kept(inputs=(0,))


@register
class GlobalMaxPooling(_AdaptivePooling):
    """The largest value of each channel over the whole map."""

    name = "globalmaxpool"
    module = "AdaptiveMaxPool"
    aten = ("adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d")
    word = Word(name="globalmaxpool", meaning="maximum of each channel over the whole map")

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        return Kept(inputs=(0,), extra_bytes=8 * size(op.shape))


@register_word
class AdaptiveAveragePooling(GlobalAveragePooling):
    """The mean of each channel over as many parts of the map as are asked for."""

    word = Word(
        name="adaptiveavgpool",
        positional=("size",),
        options={"size": "axes"},
        required=("size",),
        meaning="mean of each of so many parts of the map, whatever its size",
    )


@register_word
class AdaptiveMaxPooling(GlobalMaxPooling):
    """The largest value of each channel in as many parts of the map as are asked for."""

    word = Word(
        name="adaptivemaxpool",
        positional=("size",),
        options={"size": "axes"},
        required=("size",),
        meaning="maximum of each of so many parts of the map, whatever its size",
    )
