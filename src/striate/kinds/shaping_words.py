"""Words that rearrange: axes in another order, zeros around a map, channels into space and among each other."""

from __future__ import annotations

from typing import Any

from striate.errors import InputError, ShapeError
from striate.graph import Shape
from striate.kinds.kind import Attributes, Word, axes, map_axes, register_word
from striate.kinds.resizing import Shuffle
from striate.kinds.shaping import Pad, Permute


@register_word
class ChannelsLast(Permute):
    """(n, c, axes…) to (n, axes…, c)."""

    word = Word(name="channelslast", meaning="channels behind the axes of space, for what reads the last axis")

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        map_axes(source, "channelslast")
        return {"order": (0, *range(2, len(source)), 1)}


@register_word
class ChannelsFirst(Permute):
    """(n, axes…, c) to (n, c, axes…)."""

    word = Word(name="channelsfirst", meaning="channels before the axes of space again")

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        map_axes(source, "channelsfirst")
        return {"order": (0, len(source) - 1, *range(1, len(source) - 1))}


@register_word
class ZeroPad(Pad):
    """Zeros around a map, the same number on both sides of an axis."""

    word = Word(
        name="zeropad",
        positional=("places",),
        options={"places": "axes"},
        required=("places",),
        meaning="so many zeros on each side of the map",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        places = axes(arguments["places"], map_axes(source, "zeropad"), what="places", least=0)
        # As torch has it: the last axis first, each with before and after.
        return {"pad": tuple(number for number in reversed(places) for _ in range(2))}


@register_word
class PixelShuffle(Shuffle):
    """Channels into space: every factor² channels become factor × factor places.

    Source:
        Shi et al. 2016, *Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional
        Neural Network* (arXiv 1609.05158).
    """

    word = Word(
        name="pixelshuffle",
        positional=("factor",),
        options={"factor": "int"},
        required=("factor",),
        meaning="every factor² channels become factor×factor places (images only)",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        if len(source) != 4:
            raise ShapeError(
                "pixelshuffle must read an image's map",
                got="×".join(map(str, source[1:])),
                hint="Take convtranspose or upsample for signals and volumes.",
            )
        factor = arguments["factor"]
        if factor < 1 or source[1] % factor**2:
            raise ShapeError(
                "factor² must divide the channels",
                got=f"factor {factor}, channels {source[1]}",
                hint=f"Make {max(factor, 1) ** 2 * -(-source[1] // max(factor, 1) ** 2)} channels before it.",
            )
        return {"factor": factor, "grows": True}


@register_word
class ChannelShuffle(Shuffle):
    """Channels dealt out anew, so that the next grouped convolution reads of every group.

    Source:
        Zhang et al. 2017, *ShuffleNet*, 3.1 (arXiv 1707.01083).
    """

    word = Word(
        name="channelshuffle",
        positional=("groups",),
        options={"groups": "int"},
        required=("groups",),
        meaning="channels dealt out anew between so many groups",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        map_axes(source, "channelshuffle")
        groups = arguments["groups"]
        if groups < 1 or source[1] % groups:
            raise InputError(
                "groups must divide the channels",
                got=f"groups {groups}, channels {source[1]}",
                hint="Give another number of groups.",
            )
        return {"groups": groups}
