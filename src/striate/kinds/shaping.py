"""Operations that only rearrange: flattening, views, permutations, slices, padding, and nothing at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from striate.graph import Op, Shape, size
from striate.kinds.kind import GLOBAL, POINTWISE, UNKNOWN, Attributes, Call, Kind, Reach, register


@register
class Flatten(Kind):
    """Channels and space become one row of features. What reads it sees the whole map."""

    name = "flatten"
    gradient = "part"
    aten = ("flatten",)
    is_view = True
    is_follower = True

    def shape(self, attributes: Attributes, sources: Sequence[Shape]) -> Shape:
        return (sources[0][0], size(sources[0][1:]))

    def reach(self, op: Op) -> Reach:
        return GLOBAL

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        return Call("Flatten")

    def summary(self, op: Op) -> str:
        return "flatten"


@register
class View(Kind):
    """The same values under another shape. To (batch, features) it is a flattening."""

    name = "view"
    gradient = "part"
    aten = ("view", "reshape", "_unsafe_view", "_reshape_alias", "squeeze", "unsqueeze", "expand")
    is_view = True
    is_follower = True

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        return {"to": output[1:]}

    def reach(self, op: Op) -> Reach:
        return UNKNOWN


@register
class Permute(Kind):
    """Axes in another order."""

    name = "permute"
    gradient = "part"
    aten = ("permute", "transpose", "movedim", "t")
    is_view = True
    is_follower = True

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        return {"order": tuple(arguments[1]) if isinstance(arguments[1], list | tuple) else tuple(arguments[1:3])}

    def reach(self, op: Op) -> Reach:
        return UNKNOWN


@register
class Slice(Kind):
    """A part of the values: chunks, slices, picks along an axis."""

    name = "slice"
    aten = ("slice", "select", "narrow", "chunk", "split", "split_with_sizes", "unbind", "getitem")
    is_view = True

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        return {"keeps_space": sources[0][2:] == output[2:]}

    def reach(self, op: Op) -> Reach:
        return POINTWISE if op.attributes.get("keeps_space") else UNKNOWN


@register
class Identity(Kind):
    """Nothing happens to the values."""

    name = "identity"
    gradient = "part"
    aten = ("alias", "detach", "contiguous", "clone", "to", "_to_copy", "lift_fresh")
    is_view = True
    is_follower = True

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        return Call("Identity")


@register
class Pad(Kind):
    """Values added around a map."""

    name = "pad"
    aten = ("constant_pad_nd", "pad", "reflection_pad2d", "replication_pad2d")

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        return {"pad": tuple(arguments[1])}

    def reach(self, op: Op) -> Reach:
        return UNKNOWN


@register
class Index(Kind):
    """Values picked, repeated or moved by position. Found in traces only."""

    name = "index"
    aten = (
        "index", "_unsafe_index", "index_select", "gather", "take_along_dim", "embedding", "roll", "flip", "repeat", "tile",
        "repeat_interleave", "unfold", "im2col", "col2im",
    )  # fmt: skip

    def reach(self, op: Op) -> Reach:
        return UNKNOWN


@register
class Constant(Kind):
    """A value that no input has a part in: a parameter read by arithmetic, a table of positions. Found in traces only.

    It reads nothing, and stands in a table only where an op reads nothing else.
    """

    name = "constant"
    gradient = "part"
    is_view = True

    def summary(self, op: Op) -> str:
        return "constant"
