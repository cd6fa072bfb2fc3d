"""What a sliding window leaves unread: places between its steps, and rows at the far border."""

from __future__ import annotations

from math import prod

from striate.graph import Op, Shape
from striate.kinds import Window
from striate.lint.paper import FOLLOWERS, Paper


def skipped_share(window: Window) -> float:
    """Return the share of places that lie between the steps of a window and are never read.

    Example:
        >>> skipped_share(Window((1, 1), (2, 2), ((0, 0), (0, 0)), (1, 1)))
        0.75
    """
    read = (
        len({tap * dilation % stride for tap in range(kernel)}) / stride
        for kernel, stride, dilation in zip(window.kernel, window.stride, window.dilation, strict=True)
    )
    return 1 - prod(read)


def lost_rows(window: Window, read: Shape, made: Shape) -> tuple[int, ...]:
    """Return how many rows at the far border no window reaches, per axis of space.

    Example:
        >>> lost_rows(Window((2,), (2,), ((0, 0),), (1,)), (1, 8, 7), (1, 8, 3))
        (1,)
    """
    lost = []
    for axis, length in enumerate(read[2:]):
        first_tap = (made[2 + axis] - 1) * window.stride[axis] - window.padding[axis][0]
        last = first_tap + window.dilation[axis] * (window.kernel[axis] - 1)
        # Rows within one step of the last tap are skipped, not lost.
        lost.append(max(0, length - 1 - last) if window.stride[axis] <= window.kernel[axis] else 0)
    return tuple(lost)


def lost_share(window: Window, read: Shape, made: Shape) -> float:
    """Return the share of places that lie in those rows."""
    rows = zip(lost_rows(window, read, made), read[2:], strict=True)
    return 1 - prod((length - lost) / length for lost, length in rows)


def other_windows(paper: Paper, op: Op) -> list[tuple[Op, Window]] | None:
    """Return what reads the same as an op, itself included; None if something reads it whole.

    Normalisation and activation in between are seen through: they change no place. What reads a padded map, which may
    be shifted, is taken to be read whole.
    """
    root = op.inputs[0]
    while root in paper.ops and paper.ops[root].kind in FOLLOWERS | {"pad"}:
        root = paper.ops[root].inputs[0]
    found: list[tuple[Op, Window]] = []
    names = [root]
    while names:
        name = names.pop()
        if name in paper.graph.outputs:
            return None
        for reader in paper.readers[name]:
            window = paper.window(reader)
            if reader.kind in FOLLOWERS:
                names.append(reader.name)
            elif window is None:
                return None
            else:
                found.append((reader, window))
    return found


def unread_share(paper: Paper, op: Op) -> float:
    """Return the share of what a window slides over that lies at the far border and that nothing reads.

    `analyse.input_sizes` asks the same of every value by itself; here a value counts with what normalisation and
    activation make of it, and a map that was padded is not judged, since its border may be padding.
    """
    windows = other_windows(paper, op) if paper.window(op) is not None and paper.is_map(op.name) else None
    if windows is None:
        return 0.0
    read = paper.read_by(op)
    return min(lost_share(window, read, by.shape) for by, window in windows)


def loses_border(paper: Paper) -> bool:
    """Return whether something at a border is read by nothing."""
    return any(unread_share(paper, op) > 0 for op in paper.graph)
