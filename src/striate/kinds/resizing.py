"""Maps made larger or smaller without learning, and channels turned into space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from striate.graph import Op, Shape
from striate.kinds.kind import Attributes, Call, Kind, Word, axes, flat, map_axes, register
from striate.kinds.reach import SAME, UNKNOWN, Reach, Resizes, Shuffles

# What an operator's name says about how values are mixed; the first that fits.
_MODES: dict[str, Literal["nearest", "nearest-exact", "linear", "cubic"]] = {
    "nearest_exact": "nearest-exact", "nearest": "nearest", "linear": "linear", "cubic": "cubic",
}  # fmt: skip


_LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}


@register
class Resize(Kind):
    """A map read at other places, between its values where need be. As a word it makes maps larger."""

    name = "resize"
    flops_per_output = 7  # four products and three sums, as between the four nearest values
    aten = (
        "upsample_linear1d", "upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d", "upsample_bilinear2d",
        "upsample_bicubic2d", "upsample_trilinear3d", "_upsample_nearest_exact1d", "_upsample_nearest_exact2d",
        "_upsample_nearest_exact3d", "_upsample_bilinear2d_aa", "_upsample_bicubic2d_aa", "grid_sampler",
    )  # fmt: skip
    word = Word(
        name="upsample",
        positional=("factor",),
        options={"factor": "axes", "mode": "nearest|linear"},
        required=("factor",),
        meaning="a map so many times larger: each value repeated (nearest), or lines between values (linear)",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        factors = axes(arguments["factor"], map_axes(source, "upsample"), what="factor")
        return {
            "size": tuple(length * factor for length, factor in zip(source[2:], factors, strict=True)),
            "mode": arguments.get("mode", "nearest"),
            "scales": tuple(map(float, factors)),
            "corners": False,
            "antialias": False,
        }

    def read_call(
        self,
        operator: str,
        arguments: Sequence[Any],
        sources: Sequence[Shape],
        output: Shape,
    ) -> dict[str, Any]:
        # aten::upsample_*(input, output_size, [align_corners,] scales…), with the scales in a list or one by one
        size = output[2:]
        mode = next((mode for name, mode in _MODES.items() if name in operator), None)
        if mode is None:
            return {"size": size}
        corners = isinstance(arguments[2], bool)
        scales: list[float] = []
        for argument in arguments[3 if corners else 2 :]:
            scales.extend(argument if isinstance(argument, list | tuple) else [] if argument is None else [argument])
        return {
            "size": size,
            "mode": mode,
            "scales": tuple(scales) if len(scales) == len(size) else (),
            "corners": corners and arguments[2],
            "antialias": operator.endswith("_aa"),
        }

    def shape(self, attributes: Attributes, sources: Sequence[Shape]) -> Shape:
        return (*sources[0][:2], *attributes["size"])

    def call(self, op: Op, sources: Sequence[Shape]) -> Call | None:
        found = op.attributes
        mode, axes = found.get("mode", ""), len(found["size"])
        name = {"linear": _LINEAR.get(axes), "cubic": "bicubic"}.get(mode, mode)
        if not name or found["antialias"] or not found["scales"]:
            return None
        kwargs: dict[str, Any] = {"scale_factor": flat(found["scales"])}
        if name != "nearest":
            kwargs["mode"] = name
        if found["corners"]:
            kwargs["align_corners"] = True
        return Call("Upsample", (), kwargs)

    def reach(self, op: Op) -> Reach:
        found = op.attributes
        if "mode" not in found:
            return UNKNOWN
        return Resizes(found["mode"], len(found["size"]), found["scales"], found["corners"], found["antialias"])

    def summary(self, op: Op) -> str:
        return f"resize to {'×'.join(map(str, op.attributes['size']))}"


@register
class Shuffle(Kind):
    """Channels and space exchanged, or channels put in another order."""

    name = "shuffle"
    aten = ("pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "native_channel_shuffle")

    def read_call(
        self,
        operator: str,
        arguments: Sequence[Any],
        sources: Sequence[Shape],
        output: Shape,
    ) -> dict[str, Any]:
        if "pixel" not in operator:
            return {"groups": arguments[1]}
        return {"factor": arguments[1], "grows": operator == "pixel_shuffle"}

    def shape(self, attributes: Attributes, sources: Sequence[Shape]) -> Shape:
        if "factor" not in attributes:
            return sources[0]
        factor = attributes["factor"]
        *before, channels, height, width = sources[0]
        if attributes["grows"]:
            return (*before, channels // factor**2, height * factor, width * factor)
        return (*before, channels * factor**2, height // factor, width // factor)

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        found = op.attributes
        if "groups" in found:
            return Call("ChannelShuffle", (found["groups"],))
        return Call("PixelShuffle" if found["grows"] else "PixelUnshuffle", (found["factor"],))

    def reach(self, op: Op) -> Reach:
        if "factor" not in op.attributes:
            return SAME
        return Shuffles(op.attributes["factor"], op.attributes["grows"])
