"""Exactly which places of every earlier value one unit reads, borders and all: walked backwards."""

from __future__ import annotations

from collections.abc import Iterator

from striate.analyse.field.axes import Layout, digits, length
from striate.analyse.field.index_maps import IndexMap
from striate.analyse.field.walk import AxisFlow
from striate.analyse.field.way import Way
from striate.errors import InputError, Quoted
from striate.graph import Graph

Spans = tuple[tuple[int, int], ...]
# Places along one axis as the bits of a number; an axis without places has one.
_Places = tuple[int, ...]


def box(graph: Graph, op: str, index: tuple[int, ...], *, is_local: bool = False) -> dict[str, Spans]:
    """Return the places that one unit reads, of every op before it and of the first input.

    Args:
        graph: The table.
        op: Name of the unit's op.
        index: The unit's place, one number for each axis of space that the op's value still has, in the order in which
            the first input has them, whatever the order of the value's own dimensions (channels last, transposed,
            cut into windows): (row, column) for an image.
        is_local: Leave out what passes ops that see the whole map, as `receptive_fields` does.

    Returns:
        By name, (first, last + 1) per axis of space in the input's order, clipped to the map; a value the unit does not
        read is missing.

    Raises:
        UnknownNameError: No op has that name.
        InputError: The place is not on the map, or an op on the way has no rule.

    When it misleads:
        Boxes may have holes: see `Boxes.read`. Channels are not told apart.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> graph = Blueprint.from_text("input 1x28x28; conv 3x3 8, relu; maxpool 2; classes 2").graph()
        >>> box(graph, "maxpool1", (0, 5))["input"]
        ((0, 3), (9, 13))
    """
    return Boxes(graph).of(op, index, is_local=is_local)


class Boxes:
    """Boxes of many units of one graph: the way through it is worked out once.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> graph = Blueprint.from_text("input 1x8x8; conv 3x3 8 dilation 2; classes 2").graph()
        >>> Boxes(graph).read("conv1", (0, 4))["input"]
        ((0, 2), (2, 4, 6))
    """

    def __init__(self, graph: Graph) -> None:
        self._graph, self._way = graph, Way.through(graph)

    @property
    def first(self) -> str:
        """Name of the input that places are of."""
        return self._way.first

    def of(self, op: str, index: tuple[int, ...], *, is_local: bool = False) -> dict[str, Spans]:
        """Return what `box` returns."""
        read = self._back(op, index, is_local=is_local)
        return {
            name: tuple(((mask & -mask).bit_length() - 1, mask.bit_length()) for mask in self._real(name, masks))
            for name, masks in read.items()
        }

    def read(
        self, op: str, index: tuple[int, ...], *, is_local: bool = False
    ) -> dict[str, tuple[tuple[int, ...], ...]]:
        """Return the very places that one unit reads, per axis, by name: `box` with its holes."""
        read = self._back(op, index, is_local=is_local)
        return {name: tuple(tuple(_bits(mask)) for mask in self._real(name, masks)) for name, masks in read.items()}

    def _back(self, name: str, index: tuple[int, ...], *, is_local: bool) -> dict[str, _Places]:
        if name != self._way.first:
            _ = self._graph[name]  # names what is near, if it is unknown
        start = self._start(name, index)
        read: dict[str, _Places] = {name: start}
        for op in reversed(self._graph.ops):
            if op.name not in read or op.name not in self._way.flows:
                continue
            places = read[op.name]
            for source, axes in zip(op.inputs, self._way.flows[op.name].inputs, strict=True):
                layout = self._way.layouts[source]
                found = _pulled(places, axes, layout, is_local=is_local) if layout is not None else ()
                if found and all(found):
                    before = read.get(source, (0,) * self._way.rank)
                    read[source] = tuple(one | other for one, other in zip(before, found, strict=True))
        return read

    def _start(self, name: str, index: tuple[int, ...]) -> _Places:
        layout = self._way.layouts[name]
        if layout is None:
            if name in self._way.lost:
                culprit = self._graph[self._way.lost[name]]
                what = f"{culprit.name} ({culprit.kind})"
                raise InputError("a unit's box needs a rule for every op before it", got=Quoted(what), where=name)
            raise InputError("a unit's box needs a value that the first input has a part in", got=name)
        axes = [axis for axis in range(self._way.rank) if digits(layout, axis)]
        sizes = [length(layout, axis) for axis in axes]
        if len(index) != len(sizes) or not all(0 <= place < size for place, size in zip(index, sizes, strict=True)):
            raise InputError(f"a unit's place must lie on its map of sizes {tuple(sizes)}", got=index, where=name)
        places = [1] * self._way.rank
        for axis, place in zip(axes, index, strict=True):
            places[axis] = 1 << place
        return tuple(places)

    def _real(self, name: str, masks: _Places) -> Iterator[int]:
        layout = self._way.layouts[name] or ()
        return (mask for axis, mask in enumerate(masks) if digits(layout, axis))


def _pulled(places: _Places, axes: tuple[AxisFlow, ...] | None, layout: Layout, *, is_local: bool) -> tuple[int, ...]:
    """Return the places of a source that places of an op read, per axis; nothing if the way is not local."""
    if axes is None:
        # A source without places on an axis has one there.
        return tuple(mask if digits(layout, axis) else 1 for axis, mask in enumerate(places))
    found = []
    for axis, (mask, one) in enumerate(zip(places, axes, strict=True)):
        if not digits(layout, axis):
            found.append(1)
            continue
        if one.steps is None and is_local:
            return ()
        for step, size in reversed(one.steps or ()):
            mask = _step(mask, step, size)
        if one.is_all and not is_local:
            mask = (1 << (mask.bit_length() if one.is_causal else length(layout, axis))) - 1
        found.append(mask)
    return tuple(found)


def _step(mask: int, step: IndexMap, size: int) -> int:
    whole = (1 << size) - 1
    if step.period == step.step == 1 and step.fill == "zero":
        seen = 0
        for tap in step.taps[0]:
            seen |= mask << tap if tap >= 0 else mask >> -tap
        return seen & whole
    seen = 0
    for place in _bits(mask):
        for read in step.reads(place, size):
            seen |= 1 << read
    return seen


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
