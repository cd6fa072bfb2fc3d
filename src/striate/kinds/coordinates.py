"""Coordinates as channels: a convolution behind them may tell where it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from striate.errors import ShapeError
from striate.graph import Op, Shape
from striate.kinds.kind import Attributes, Call, Kind, Recorded, Word, map_axes, register
from striate.kinds.reach import Joins, Reach

_RADIUS = ("cat", "square", "sum", "sqrt")


def _calls(axes: int, *, radius: bool) -> tuple[str, ...]:
    """Return what the module of `striate.nets.modules.coordinates` calls."""
    return (*("linspace", "view") * axes, *("expand",) * axes, *(_RADIUS if radius else ()), "cat")


@register
class Coordinates(Kind):
    """The position along each axis, from −1 to 1, as further channels; and the distance from the middle, if wanted.

    In a trace it is a module that makes these maps and puts them behind the channels it reads.

    When it misleads:
        Positions are those of the map, not of the input: on maps of another size the same number is another place.

    Source:
        Liu et al. 2018, *An intriguing failing of convolutional neural networks and the CoordConv solution*, 3
        (arXiv 1807.03247). Differs: the channels are appended by an op of its own, whatever reads them; volumes and signals
        have them too; and the radius is measured from the middle in these coordinates, so that a side's middle has 1.
    """

    name = "coords"
    calls = tuple(_calls(axes, radius=radius) for axes in (1, 2, 3) for radius in (False, True))
    word = Word(
        name="coords",
        options={"radius": "switch"},
        meaning="the position along each axis, −1 … 1, as further channels; radius: the distance from the middle as well",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        map_axes(source, "coordinates")
        if min(source[2:]) < 2:
            raise ShapeError(
                "coordinates must read a map of 2 places or more along each axis",
                got="×".join(map(str, source[2:])),
                hint="Put them before the pooling.",
            )
        return {"radius": arguments.get("radius", False)}

    def read_calls(self, calls: Sequence[Recorded]) -> dict[str, Any] | None:
        join = calls[-1]
        axes = len(join.output) - 2
        radius = len(calls) == len(_calls(axes, radius=True))
        lines = calls[: 2 * axes : 2]
        is_line = all(line.arguments[:2] == [-1, 1] for line in lines) and [line.output[0] for line in lines] == list(
            join.output[2:]
        )
        added = join.output[1] - join.sources[0][1]
        is_join = join.reads[0] == "input" and len(join.arguments) > 1 and join.arguments[1] == 1
        is_all = all(isinstance(read, int) for read in join.reads[1:]) and added == axes + radius
        return {"radius": radius} if is_line and is_join and is_all else None

    def shape(self, attributes: Attributes, sources: Sequence[Shape]) -> Shape:
        batch, channels, *lengths = sources[0]
        return (batch, channels + len(lengths) + attributes["radius"], *lengths)

    def reach(self, op: Op) -> Reach:
        return Joins(1)

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        return Call("Coordinates", (), {"radius": True} if op.attributes["radius"] else {}, "coordinates")

    def summary(self, op: Op) -> str:
        return "coordinates, radius" if op.attributes["radius"] else "coordinates"
