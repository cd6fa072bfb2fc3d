"""Operations that only rearrange: flattening, views, permutations, slices, padding, and nothing at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from striate.graph import Op, Shape, size
from striate.kinds.kind import Attributes, Call, Kept, Kind, Word, flat, map_axes, register, spread
from striate.kinds.reach import (
    SAME,
    UNKNOWN,
    Expands,
    Pads,
    Reach,
    Regroups,
    Reorders,
    Repeats,
    Reverses,
    Rolls,
    Takes,
    Unfolds,
    Window,
)

_FILLS = {"reflect": "reflect", "replica": "replicate", "circular": "circular"}


@register
class Flatten(Kind):
    """Channels and space become one row of features. What reads it sees the whole map."""

    name = "flatten"
    gradient = "part"
    aten = ("flatten",)
    is_view = True
    is_follower = True
    word = Word(name="flatten", meaning="channels and space become one row of features")

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        map_axes(source, "flatten")
        return {}

    def shape(self, attributes: Attributes, sources: Sequence[Shape]) -> Shape:
        return (sources[0][0], size(sources[0][1:]))

    def reach(self, op: Op) -> Reach:
        return Regroups()

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

    def read_call(
        self,
        operator: str,
        arguments: Sequence[Any],
        sources: Sequence[Shape],
        output: Shape,
    ) -> dict[str, Any]:
        found = self.read(arguments, sources, output)
        return found | {"expands": True} if operator == "expand" else found

    def reach(self, op: Op) -> Reach:
        return Expands() if op.attributes.get("expands") else Regroups()


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

    def read_call(
        self,
        operator: str,
        arguments: Sequence[Any],
        sources: Sequence[Shape],
        output: Shape,
    ) -> dict[str, Any]:
        rank = len(output)
        if operator == "permute":
            return {"order": tuple(axis % rank for axis in arguments[1])}
        if operator == "movedim":
            return {"order": _moved(spread(arguments[1], 1), spread(arguments[2], 1), rank)}
        order = list(range(rank))
        one, other = (arguments[1], arguments[2]) if operator == "transpose" else (0, rank - 1)
        order[one], order[other] = order[other], order[one]
        return {"order": tuple(order)}

    def shape(self, attributes: Attributes, sources: Sequence[Shape]) -> Shape:
        return tuple(sources[0][axis] for axis in attributes["order"])

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        return Call("Permute", (op.attributes["order"],), module="permute")

    def reach(self, op: Op) -> Reach:
        return Reorders(op.attributes["order"]) if len(op.attributes["order"]) == len(op.shape) else UNKNOWN


@register
class Slice(Kind):
    """A part of the values: chunks, slices, picks along an axis."""

    name = "slice"
    aten = ("slice", "select", "narrow", "chunk", "split", "split_with_sizes", "unbind", "getitem")
    is_view = True

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        return {}

    def read_call(
        self,
        operator: str,
        arguments: Sequence[Any],
        sources: Sequence[Shape],
        output: Shape,
    ) -> dict[str, Any]:
        # aten::slice(x, dim, start, end, step) · select(x, dim, index) · narrow(x, dim, start, length)
        axis = arguments[1] % len(sources[0])
        length = sources[0][axis]
        start = arguments[2] or 0
        start = max(start + length, 0) if start < 0 else min(start, length)
        step = arguments[4] if operator == "slice" else 1
        return {"axis": axis, "start": start, "step": step, "drops": operator == "select"}

    def reach(self, op: Op) -> Reach:
        if "axis" not in op.attributes:
            return SAME  # another output of the same call: indices beside values
        return Takes(op.attributes["axis"], op.attributes["start"], op.attributes["step"], op.attributes["drops"])


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

    def read_call(
        self,
        operator: str,
        arguments: Sequence[Any],
        sources: Sequence[Shape],
        output: Shape,
    ) -> dict[str, Any]:
        mode = arguments[2] if operator == "pad" else operator
        fill = next((fill for fill in ("reflect", "replica", "circular") if fill in str(mode)), "zero")
        return self.read(arguments, sources, output) | ({} if fill == "zero" else {"fill": _FILLS[fill]})

    def shape(self, attributes: Attributes, sources: Sequence[Shape]) -> Shape:
        out = list(sources[0])
        pad = attributes["pad"]
        for axis in range(len(pad) // 2):
            out[-1 - axis] += pad[2 * axis] + pad[2 * axis + 1]
        return tuple(out)

    def call(self, op: Op, sources: Sequence[Shape]) -> Call | None:
        pad = op.attributes["pad"]
        if "fill" in op.attributes or len(pad) != 2 * (len(op.shape) - 2):
            return None
        return Call(f"ZeroPad{len(pad) // 2}d", (flat(pad),))

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        # Mirrored and repeated borders keep the map for nothing but its size; zeros and circles do not.
        return Kept(inputs=(0,)) if op.attributes.get("fill") in {"reflect", "replicate"} else Kept()

    def backward_temporary_bytes(self, op: Op, sources: Sequence[Shape]) -> int:
        # A circle is put together of pieces, each with a gradient of its own.
        return op.bytes if op.attributes.get("fill") == "circular" else 0

    def reach(self, op: Op) -> Reach:
        # torch lists the last axis first, each with before and after.
        return Pads(op.attributes["pad"][::2][::-1], op.attributes.get("fill", "zero"))


@register
class Index(Kind):
    """Values picked, repeated or moved by position. Found in traces only."""

    name = "index"
    aten = (
        "index", "_unsafe_index", "index_select", "gather", "take_along_dim", "embedding", "roll", "flip", "repeat", "tile",
        "repeat_interleave", "unfold", "im2col", "col2im",
    )  # fmt: skip

    def read_call(
        self,
        operator: str,
        arguments: Sequence[Any],
        sources: Sequence[Shape],
        output: Shape,
    ) -> dict[str, Any]:
        if operator == "roll" and arguments[2]:
            return {"axes": spread(arguments[2], 1), "shifts": spread(arguments[1], 1)}
        if operator == "flip":
            return {"flips": tuple(axis % len(output) for axis in spread(arguments[1], 1))}
        if operator in {"repeat", "tile"}:
            times = arguments[1] if isinstance(arguments[1], list | tuple) else arguments[1:]
            return {"times": (1,) * (len(output) - len(times)) + tuple(times)}
        if operator == "repeat_interleave" and len(arguments) > 2 and isinstance(arguments[1], int):
            axis = arguments[2]
            if isinstance(axis, int):
                axis %= len(output)
                return {"times": tuple(arguments[1] if n == axis else 1 for n in range(len(output))), "each": True}
        if operator == "im2col":
            # aten::im2col(x, kernel, dilation, padding, stride)
            kernel, dilation, padding, stride = (spread(argument, 2) for argument in arguments[1:5])
            places = tuple(
                (n + 2 * p - d * (k - 1) - 1) // s + 1
                for n, k, d, p, s in zip(sources[0][-2:], kernel, dilation, padding, stride, strict=True)
            )
            padded = tuple((p, p) for p in padding)
            return {"kernel": kernel, "stride": stride, "padding": padded, "dilation": dilation, "places": places}
        return {}

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        # The positions, which stand behind the values (or alone, where those are a parameter).
        return Kept(inputs=tuple(range(0 if op.params else 1, len(sources))))

    def reach(self, op: Op) -> Reach:
        found = op.attributes
        if "shifts" in found:
            return Rolls(found["axes"], found["shifts"])
        if "flips" in found:
            return Reverses(found["flips"])
        if "times" in found:
            return Repeats(found["times"], found.get("each", False))
        if "places" in found:
            return Unfolds(
                Window(found["kernel"], found["stride"], found["padding"], found["dilation"]), found["places"]
            )
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


def _moved(sources: Sequence[int], targets: Sequence[int], rank: int) -> tuple[int, ...]:
    """Return the order of axes that `movedim` makes."""
    placed = {target % rank: source % rank for source, target in zip(sources, targets, strict=True)}
    others = iter(axis for axis in range(rank) if axis not in placed.values())
    return tuple(placed[axis] if axis in placed else next(others) for axis in range(rank))
