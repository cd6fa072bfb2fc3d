"""Pooling by a power: between the sum of a window and its maximum."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from striate.errors import InputError
from striate.graph import Op, Shape, size
from striate.kinds.kind import (
    Attributes,
    Call,
    Kept,
    Kind,
    Recorded,
    Word,
    axes,
    flat,
    map_axes,
    register,
    slid,
    spread,
    window_of,
)
from striate.kinds.reach import Reach, Slides

_AFTER = ("sign", "abs", "relu", "mul", "mul", "pow")


@register
class PowerPooling(Kind):
    """(Σ xᵖ)^(1/p) over each window. In a trace it is `torch.nn.LPPool1d`, `2d` or `3d`: eight calls that are one op.

    When it misleads:
        Torch takes the power of x, not of its absolute value. With an odd p negative values count against positive ones,
        and a window whose sum is negative gives NaN; with a broken p every negative value does. Put a relu before it.
    """

    name = "lppool"
    calls = tuple(("pow", f"avg_pool{count}d", *_AFTER) for count in (1, 2, 3))
    word = Word(
        name="lppool",
        positional=("kernel",),
        options={"kernel": "axes", "p": "float", "stride": "axes", "ceil": "switch"},
        required=("kernel", "p"),
        meaning="(Σ xᵖ)^(1/p) of each window",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        count = map_axes(source, "pooling")
        if not arguments["p"] > 0:
            raise InputError(
                "p must be above 0", got=arguments["p"], hint="Take 2, or maxpool in place of a large one."
            )
        kernel = axes(arguments["kernel"], count, what="kernel")
        stride = axes(arguments.get("stride", kernel), count, what="stride")
        return _attributes(kernel, stride, ceil=arguments.get("ceil", False), power=float(arguments["p"]))

    def read_calls(self, calls: Sequence[Recorded]) -> dict[str, Any] | None:
        power, pool, _, _, _, _, scale, root = calls
        count = len(pool.output) - 2
        kernel = spread(pool.arguments[1], count)
        # aten::avg_pool2d(input, kernel, stride=[], padding, ceil_mode, count_include_pad, …)
        is_plain = set(spread(pool.arguments[3], count)) == {0} and scale.arguments[1] == prod(kernel)
        is_root = power.arguments[1] and root.arguments[1] == 1.0 / power.arguments[1]
        expected = [("input",), (0,), (1,), (1,), (3,), (2, 4), (5,), (6,)]
        if [call.reads for call in calls] != expected or not is_plain or not is_root:
            return None
        stride = spread(pool.arguments[2], count) if pool.arguments[2] else kernel
        return _attributes(kernel, stride, ceil=bool(pool.arguments[4]), power=float(power.arguments[1]))

    def shape(self, attributes: Attributes, sources: Sequence[Shape]) -> Shape:
        return slid(sources[0], window_of(attributes), sources[0][1], ceil=attributes["ceil"])

    def other_flops(self, op: Op, sources: Sequence[Shape]) -> int:
        # A power of each value, the window's sum and mean, sign, absolute value, rectifier, two products, a root.
        window: int = prod(op.attributes["kernel"])
        return size(sources[0]) + (window + len(_AFTER)) * size(op.shape)

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        # The powers, and of the windows: the mean, its sign, its size and what the root is taken of.
        powers = size(sources[0]) * op.bytes // max(op.elements, 1)
        return Kept(inputs=(0,), extra_bytes=powers + 4 * op.bytes)

    def backward_temporary_bytes(self, op: Op, sources: Sequence[Shape]) -> int:
        # Two maps of windows; or two as large as the map, when those that are kept of the windows are gone already.
        powers = size(sources[0]) * op.bytes // max(op.elements, 1)
        return max(2 * powers - 5 * op.bytes, 2 * op.bytes)

    def reach(self, op: Op) -> Reach:
        return Slides(window_of(op.attributes), mixes_channels=False)

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        found = op.attributes
        kwargs: dict[str, Any] = {}
        if found["stride"] != found["kernel"]:
            kwargs["stride"] = flat(found["stride"])
        if found["ceil"]:
            kwargs["ceil_mode"] = True
        return Call(f"LPPool{len(found['kernel'])}d", (found["power"], flat(found["kernel"])), kwargs)

    def summary(self, op: Op) -> str:
        return f"power {op.attributes['power']:g}, {'×'.join(map(str, op.attributes['kernel']))}"


def _attributes(kernel: tuple[int, ...], stride: tuple[int, ...], *, ceil: bool, power: float) -> dict[str, Any]:
    count = len(kernel)
    return {
        "kernel": kernel,
        "stride": stride,
        "padding": ((0, 0),) * count,
        "dilation": (1,) * count,
        "ceil": ceil,
        "power": power,
    }
