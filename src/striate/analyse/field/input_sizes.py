"""Sizes the input must have so that no pixel at a border is lost on the way."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from striate.analyse.field.axes import Layout, digits, length
from striate.analyse.field.way import Way
from striate.graph import Graph, Op
from striate.kinds import UNKNOWN, kind_of
from striate.kinds.kind import slide
from striate.kinds.reach import Adapts, Pads, Reach, Resizes, Slides, Spreads, Takes, Window
from striate.records.readings import InputSizes

# Sizes of one value, one for each input size tried; 0: the network does not fit that input.
_Sizes = tuple[int, ...]


def input_sizes(graph: Graph, *, range_px: tuple[int, int] | None = None) -> tuple[InputSizes, ...]:
    """Return, for every axis, the input sizes at which every pixel at the far border of every map is read by some unit.

    A window that does not fit a whole number of times leaves pixels at the right and bottom that no unit reads; zero
    padding that is left over does not count. Found by carrying every size of a range through the graph.

    Args:
        graph: The table.
        range_px: (smallest, largest) input size tried; from half to twice the table's own if None.

    Returns:
        One record an axis. An axis on which an op has no rule is left out.

    When it misleads:
        Sizes are taken to follow from the input: a network that resizes to a size written into it is followed as if it
        scaled. Pixels skipped between windows (a stride above the kernel) are not border pixels.

    Source:
        Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016, section 2.4 (relationship 6).

    Example:
        >>> from striate.blueprint import Blueprint
        >>> text = "input 1x28x28; (conv 3x3 8, relu; maxpool 2) x3; globalavgpool; classes 10"
        >>> [rows, _] = input_sizes(Blueprint.from_text(text).graph())
        >>> rows.period_px, rows.remainders_px, rows.lost_px, rows.losing   # 28, 14, 7: one of 7 is lost
        (8, (0,), 1, ('relu3',))
    """
    way = Way.through(graph)
    found = []
    for axis in range(way.rank if not way.lost else 0):
        side = graph.conditions.inputs[way.first][2 + axis]
        low, high = range_px or (max(1, side // 2), 2 * side)
        tried = tuple(range(low, high + 1))
        lost = _lost(graph, way, axis, (*tried, side))
        if lost is not None:
            found.append(_record(axis, tried, lost))
    return tuple(found)


def map_lengths(graph: Graph, name: str, axis: int, sizes_px: Sequence[int]) -> tuple[int, ...]:
    """Return how long a value is along an axis of space for other sizes of the input; () where no rule tells.

    Args:
        graph: The table.
        name: The value.
        axis: Axis of space, from 0.
        sizes_px: Input sizes along that axis.

    Returns:
        One length a size; 0 where the network does not fit it.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> graph = Blueprint.from_text("input 1x28x28; maxpool 2; maxpool 2; classes 2").graph()
        >>> map_lengths(graph, "maxpool2", 0, (3, 27, 28, 31, 32))
        (0, 6, 7, 7, 8)
    """
    sizes = _carried(graph, Way.through(graph), axis, tuple(sizes_px), to=name)
    return (sizes or {}).get(name, ())


def _record(axis: int, tried: _Sizes, lost: dict[str, _Sizes]) -> InputSizes:
    good = tuple(size for n, size in enumerate(tried) if all(pixels[n] == 0 for pixels in lost.values()))
    period = _period(set(good), tried)
    return InputSizes(
        axis=axis,
        sizes=good,
        range_px=(tried[0], tried[-1]),
        period_px=period,
        remainders_px=tuple(sorted({size % period for size in good})) if period else (),
        lost_px=sum(max(pixels[-1], 0) for pixels in lost.values()),
        losing=tuple(name for name, pixels in lost.items() if pixels[-1] > 0),
    )


def _period(good: set[int], tried: _Sizes) -> int | None:
    if not good:
        return None
    # Below the first of them the network may simply not fit.
    first, last = min(good), tried[-1]
    for period in range(1, (last - first) // 2 + 1):
        if all((size in good) == (size + period in good) for size in range(first, last - period + 1)):
            return period
    return None


def _lost(graph: Graph, way: Way, axis: int, tried: _Sizes) -> dict[str, _Sizes] | None:
    """Return by value how many pixels at its end nobody reads (−1: it does not fit); None without a rule."""
    sizes = _carried(graph, way, axis, tried)
    if sizes is None:
        return None
    # The last place any reader reads, of values that windows read alone.
    last: dict[str, list[int]] = {}
    whole: set[str] = set(graph.outputs)
    for op in graph:
        if op.name not in way.flows:
            continue
        for name in op.inputs:
            if name not in sizes:
                continue
            after = sizes.get(op.name, ())
            ends = _ends(_reach(op), way.layouts[name] or (), axis, after) if name == op.inputs[0] else None
            if ends is None:
                whole.add(name)
            else:
                before = last.get(name)
                last[name] = ends if before is None else [max(pair) for pair in zip(before, ends, strict=True)]
    found = {
        name: tuple(max(size - 1 - end, 0) for size, end in zip(sizes[name], ends, strict=True))
        for name, ends in last.items()
        if name not in whole
    }
    unfit = tuple(-1 if any(own[n] == 0 for own in sizes.values()) else 0 for n in range(len(tried)))
    return {"": unfit} | found


def _carried(graph: Graph, way: Way, axis: int, tried: _Sizes, *, to: str = "") -> dict[str, _Sizes] | None:
    """Return the sizes of every value that has places along an axis, as far as one of them; None without a rule."""
    sizes: dict[str, _Sizes] = {way.first: tried}
    for op in graph:
        if to in sizes:
            break
        if op.name not in way.flows:
            continue
        after = _after(op, _reach(op), way, axis, [(name, sizes[name]) for name in op.inputs if name in sizes])
        if after is None:
            return None
        if after:
            sizes[op.name] = after
    return sizes


def _reach(op: Op) -> Reach:
    kind = kind_of(op.kind)
    return kind.reach(op) if kind is not None else UNKNOWN


def _after(op: Op, reach: Reach, way: Way, axis: int, sources: Sequence[tuple[str, _Sizes]]) -> _Sizes | None:
    """Return an op's sizes along an axis; empty if it has no places there, None without a rule."""
    layout = way.layouts[op.name]
    if layout is None or not sources or not digits(layout, axis):
        return ()
    size = length(layout, axis)
    name, before = sources[0]
    source = way.layouts[name] or ()
    own = length(source, axis)
    number = _number(source, axis)
    place = None if number is None else number - len(source)
    if isinstance(reach, Slides | Spreads | Resizes | Adapts | Pads | Takes) and place is not None:
        return _resized(op, reach, place, before, own, size)
    if any(length(way.layouts[other] or (), axis) != own for other, _ in sources):
        return None
    if any(other != before for _, other in sources):
        before = tuple(sizes[0] if len(set(sizes)) == 1 else 0 for sizes in zip(*(s for _, s in sources), strict=True))
    if size == own:
        return before
    if own % size == 0:
        return tuple(n // (own // size) if n % (own // size) == 0 else 0 for n in before)
    return tuple(n * (size // own) for n in before) if size % own == 0 else None


def _number(layout: Layout, axis: int) -> int | None:
    """Return the dimension that holds an axis and nothing else."""
    whole = tuple(digits(layout, axis))
    return next((number for number, dim in enumerate(layout) if len(whole) == 1 and dim == whole), None)


def _resized(op: Op, reach: Reach, place: int, before: _Sizes, own: int, size: int) -> _Sizes | None:
    """Return the sizes after an op that changes them; `place` is the axis' dimension, counted from the end."""
    if isinstance(reach, Slides) and -place <= len(reach.window.kernel):
        window = _window(reach.window, place)
        return _slid(before, window, ceil=bool(op.attributes.get("ceil")))
    if isinstance(reach, Spreads):
        kernel, stride, padding, dilation = _window(reach.filter, place)
        more: int = dilation * (kernel - 1) + 1 - sum(padding) + op.attributes["output_padding"][place]
        return tuple(max((n - 1) * stride + more, 0) if n else 0 for n in before)
    if isinstance(reach, Adapts):
        return tuple(size if n else 0 for n in before)
    if isinstance(reach, Resizes):
        return tuple(n * size // own for n in before)
    if isinstance(reach, Takes) and reach.step > 1 and size != own:
        is_rest = size == -(-(own - reach.start) // reach.step)
        return tuple(max(-(-(n - reach.start) // reach.step), 0) for n in before) if is_rest else None
    return tuple(max(n + size - own, 0) if n else 0 for n in before)


def _window(window: Window, place: int) -> tuple[int, int, tuple[int, int], int]:
    return window.kernel[place], window.stride[place], window.padding[place], window.dilation[place]


@lru_cache(maxsize=256)
def _slid(before: _Sizes, window: tuple[int, int, tuple[int, int], int], *, ceil: bool) -> _Sizes:
    kernel, stride, padding, dilation = window
    fits = dilation * (kernel - 1) + 1 - sum(padding)
    return tuple(slide(n, kernel, stride, padding, dilation, ceil=ceil) if n >= max(fits, 1) else 0 for n in before)


def _ends(reach: Reach, layout: Layout, axis: int, after: _Sizes) -> list[int] | None:
    """Return the last place of a value that an op reads, for each size; None if it reads to the end."""
    number = _number(layout, axis)
    if number is None or not after:
        return None
    place = number - len(layout)
    if isinstance(reach, Slides) and -place <= len(reach.window.kernel):
        kernel, stride, (before, _), dilation = _window(reach.window, place)
        return [(n - 1) * stride + dilation * (kernel - 1) - before for n in after]
    if isinstance(reach, Takes) and reach.axis == number:
        return [reach.start + (n - 1) * reach.step for n in after]
    return None
