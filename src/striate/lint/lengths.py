"""How long a map would be for another input: the table's windows, slid over other sides."""

from __future__ import annotations

from striate.kinds import Window, kind_of
from striate.kinds.kind import slide
from striate.lint.paper import Paper


def length_for(paper: Paper, name: str, axis: int, side: int) -> int | None:
    """Return the length of a value along one axis of space for another side of the input.

    Args:
        paper: The network.
        name: The value.
        axis: Axis of space, from 0.
        side: Side of the input along that axis, in pixels.

    Returns:
        None where an op on the way has no rule, a window does not fit, or branches would not meet.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.records import Evidence
        >>> plan = Blueprint.from_text("input 1x28x28; maxpool 2; maxpool 2; classes 2")
        >>> paper = Paper.of(plan.graph(), Evidence())
        >>> [length_for(paper, "maxpool2", 0, side) for side in (27, 28, 31, 32)]
        [6, 7, 7, 8]
    """
    lengths: dict[str, int | None] = dict.fromkeys(paper.graph.conditions.inputs, side)
    for op in paper.graph:
        kind = kind_of(op.kind)
        known = {lengths[source] for source in op.inputs}
        reach = kind.reach(op) if kind is not None else None
        length = next(iter(known)) if len(known) == 1 else None
        if reach is None or length is None:
            lengths[op.name] = None
        elif reach.window is not None:
            lengths[op.name] = _slid(length, reach.window, axis, ceil=bool(op.attributes.get("ceil")))
        else:
            lengths[op.name] = length if reach.is_pointwise else None
        if op.name == name:
            break
    return lengths[name]


def equal_sides(paper: Paper, name: str, axis: int) -> tuple[int, int]:
    """Return the smallest and the largest side of the input for which a value keeps its length, at most 64 px away."""
    side = paper.input[2 + axis]
    length = paper.shapes[name][2 + axis]
    first = last = side
    while side - first < 64 and first > 1 and length_for(paper, name, axis, first - 1) == length:
        first -= 1
    while last - side < 64 and length_for(paper, name, axis, last + 1) == length:
        last += 1
    return first, last


def _slid(length: int, window: Window, axis: int, *, ceil: bool) -> int | None:
    reach = window.dilation[axis] * (window.kernel[axis] - 1) + 1
    if reach > length + sum(window.padding[axis]):
        return None
    return slide(
        length, window.kernel[axis], window.stride[axis], window.padding[axis], window.dilation[axis], ceil=ceil
    )
