"""Which box of a value changes when a window of the image does, step by step: arithmetic without values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.explain.occlusion.node import Node
from striate.graph import Shape
from striate.kinds.reach import Joins, Mixes, Pads, Regroups, Reorders, Same, Slides, Takes, Window


@dataclass(frozen=True, slots=True)
class Box:
    """The part of a value that changes, for each of several windows: boxes of one size at places of their own.

    Attributes:
        axes: Which axes of the value are space.
        starts: (n, axes) int64, where each box begins.
        size: How far it reaches along each of these axes.
    """

    axes: tuple[int, ...]
    starts: NDArray[np.int64]
    size: tuple[int, ...]

    def share(self, shape: Shape) -> float:
        """Return which share of the map of a value of this shape is in the box."""
        return prod(self.size) / prod(shape[axis] for axis in self.axes)


# Changed values by number; None where all of a value may change. What is not among them stays as it is.
Boxes = Mapping[int, Box | None]


def after(node: Node, boxes: Boxes, most: float, kept: float = 1.0) -> Box | None:
    """Return the changed box of what a node makes; None where it must be made whole.

    Args:
        node: A node that reads at least one changed value.
        boxes: What has changed before it.
        most: The largest share of a map that is worth to be kept as a box.
        kept: The largest share of a map's sides that is followed: of longer boxes the middle. Below 1 it is an approximation.
    """
    rule = _RULES.get(type(node.reach))
    read = [boxes[value] for value in node.reads if value in boxes]
    if rule is None or None in read:
        return None
    box = rule(node.reach, node, boxes)
    if box is not None and kept < 1 and isinstance(node.reach, Slides):
        box = centred(box, node.shape, kept)
    return box if box is not None and box.share(node.shape) <= most else None


def centred(box: Box, shape: Shape, kept: float) -> Box:
    """Return the middle of a box that is longer than a share of its map's sides.

    Example:
        >>> centred(Box((2,), np.array([[0], [2]]), (8,)), (1, 3, 10), 0.5).starts.tolist()
        [[1], [3]]
    """
    size = tuple(
        min(length, max(1, round(kept * shape[axis]))) for axis, length in zip(box.axes, box.size, strict=True)
    )
    ahead = np.array([(length - middle) // 2 for length, middle in zip(box.size, size, strict=True)])
    return Box(box.axes, box.starts + ahead, size)


def slid(starts: NDArray[np.int64], size: int, axis: SlidAxis) -> tuple[NDArray[np.int64], int]:
    """Return where a changed interval begins, and how long it is, after a window has slid over it.

    All intervals get the length of the longest; one that would then reach over the end is moved to the left, which adds
    places that stay as they are. Where no place reads what changed, one is named all the same.

    Example:
        >>> axis = SlidAxis(span=3, stride=2, before=1, length=16, places=8)
        >>> starts, size = slid(np.array([0, 4, 12]), 4, axis)
        >>> starts.tolist(), size      # by hand: 0 … 2, 2 … 4 and 6 … 7, which is moved to 5 … 7
        ([0, 2, 5], 3)
    """
    first = -((axis.span - 1 - axis.before - starts) // axis.stride)
    last = (starts + size - 1 + axis.before) // axis.stride
    first = first.clip(0, axis.places - 1)
    longest = max(1, int((last.clip(max=axis.places - 1) - first).max()) + 1)
    return first.clip(max=axis.places - longest), longest


@dataclass(frozen=True, slots=True)
class SlidAxis:
    """A window that slides along one axis.

    Attributes:
        span: Places from the first it reads to the last, dilation included.
        stride: Its step.
        before: Padding before the first place.
        length: Places it slides over, without padding.
        places: Places of what it makes.
    """

    span: int
    stride: int
    before: int
    length: int
    places: int

    @property
    def behind(self) -> int:
        """Padding behind the last place, as much of it as is read."""
        return max(0, (self.places - 1) * self.stride + self.span - self.before - self.length)


def slid_axes(window: Window, source: Shape, shape: Shape) -> tuple[SlidAxis, ...]:
    """Return a window axis by axis, over a map of a shape (n, c, …) and to another."""
    ends = zip(window.kernel, window.stride, window.padding, window.dilation, source[2:], shape[2:], strict=True)
    return tuple(
        SlidAxis(span=dilation * (kernel - 1) + 1, stride=stride, before=before, length=length, places=places)
        for kernel, stride, (before, _), dilation, length, places in ends
    )


def _slides(reach: Slides, node: Node, boxes: Boxes) -> Box | None:
    box = _only(node, boxes)
    source = node.sources[0]
    if box is None or not node.is_sliding or box.axes != tuple(range(2, len(source))):
        return None
    axes = slid_axes(reach.window, source, node.shape)
    moved = [slid(box.starts[:, i], box.size[i], axis) for i, axis in enumerate(axes)]
    return Box(box.axes, np.stack([starts for starts, _ in moved], axis=1), tuple(size for _, size in moved))


def _same(_reach: Same, node: Node, boxes: Boxes) -> Box | None:
    return _united(node, boxes) if node.is_broadcasting else _only(node, boxes)


def _only(node: Node, boxes: Boxes) -> Box | None:
    """Return the box of a node's first value, if that is all that changes."""
    if any(value in boxes for value in node.reads[1:]):
        return None
    return boxes[node.reads[0]]


def _united(node: Node, boxes: Boxes) -> Box | None:
    """Return the box around the boxes of all changed values, if they are maps like what is made of them."""
    found: list[Box] = []
    for value, source in zip(node.reads, node.sources, strict=True):
        box = boxes.get(value)
        if box is None:
            continue
        shape = node.shape
        if len(source) != len(shape) or any(source[axis] != shape[axis] for axis in box.axes):
            return None
        found.append(box)
    first = found[0]
    if any(box.axes != first.axes for box in found):
        return None
    starts = np.minimum.reduce([box.starts for box in found])
    ends = np.maximum.reduce([box.starts + box.size for box in found])
    size = (ends - starts).max(axis=0)
    lengths = np.array([node.shape[axis] for axis in first.axes])
    return Box(first.axes, np.minimum(starts, lengths - size), tuple(size.tolist()))


def _joins(reach: Joins, node: Node, boxes: Boxes) -> Box | None:
    axis = reach.axis
    changed = [boxes[value] for value in node.reads if value in boxes]
    if reach.is_new or axis == 0 or any(box is None or axis in box.axes for box in changed):
        return None
    return _united(node, boxes)


def _mixes(reach: Mixes, node: Node, boxes: Boxes) -> Box | None:
    box = _only(node, boxes)
    rank = len(node.sources[0])
    over = {axis % rank for axis in reach.over}
    if box is None or 0 in over or over & set(box.axes):
        return None
    if reach.leaves != "none":
        return box
    return replace(box, axes=tuple(axis - sum(other < axis for other in over) for axis in box.axes))


def _regroups(_reach: Regroups, node: Node, boxes: Boxes) -> Box | None:
    box = _only(node, boxes)
    if box is None or node.sources[0][0] != node.shape[0]:
        return None
    axes = regrouped(node.sources[0], node.shape, box.axes)
    return None if axes is None else replace(box, axes=axes)


def regrouped(source: Shape, shape: Shape, axes: Sequence[int]) -> tuple[int, ...] | None:
    """Return which axes of a shape are these axes of another shape of the same values; None where one is cut or joined.

    Example:
        >>> regrouped((1, 48, 12, 12), (1, 2, 24, 12, 12), (2, 3)), regrouped((1, 48, 12, 12), (1, 48, 144), (2, 3))
        ((3, 4), None)
    """
    found: list[int] = []
    for axis in axes:
        here = [
            n
            for n, length in enumerate(shape)
            if n and length == source[axis] and prod(shape[:n]) == prod(source[:axis]) and n not in found
        ]
        if len(here) != 1:
            return None
        found += here
    return tuple(found)


def _reorders(reach: Reorders, node: Node, boxes: Boxes) -> Box | None:
    box, order = _only(node, boxes), reach.order
    if box is None or order[0] != 0:
        return None
    return replace(box, axes=tuple(order.index(axis) for axis in box.axes))


def _takes(reach: Takes, node: Node, boxes: Boxes) -> Box | None:
    box, axis = _only(node, boxes), reach.axis
    is_whole = not reach.drops and node.sources[0][axis] == node.shape[axis]
    if box is None or ((axis == 0 or axis in box.axes) and not is_whole):
        return None
    if not reach.drops:
        return box
    return replace(box, axes=tuple(other - (other > axis) for other in box.axes))


def _pads(reach: Pads, node: Node, boxes: Boxes) -> Box | None:
    box, rank = _only(node, boxes), len(node.shape)
    first = rank - len(reach.before)
    before = dict(zip(range(first, rank), reach.before, strict=True))
    added = {axis: node.shape[axis] - node.sources[0][axis] for axis in before}
    is_only_added = all(0 <= before[axis] <= added[axis] for axis in before)
    if box is None or reach.fill != "zero" or not is_only_added or any(added[a] for a in before if a not in box.axes):
        return None
    return replace(box, starts=box.starts + np.array([before.get(axis, 0) for axis in box.axes]))


_RULES: Mapping[type, Callable[[Any, Node, Boxes], Box | None]] = {
    Slides: _slides,
    Same: _same,
    Joins: _joins,
    Mixes: _mixes,
    Regroups: _regroups,
    Reorders: _reorders,
    Takes: _takes,
    Pads: _pads,
}
