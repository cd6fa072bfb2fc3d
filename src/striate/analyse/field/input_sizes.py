"""Sizes the input must have so that no pixel at a border is lost on the way."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from fractions import Fraction
from typing import Any

from striate.analyse.field.axes import digits, length
from striate.analyse.field.way import Way
from striate.graph import Graph, Op
from striate.kinds import UNKNOWN, kind_of
from striate.kinds.kind import slide
from striate.kinds.reach import Adapts, Pads, Reach, Resizes, Slides, Spreads, Takes, Window
from striate.records.readings import InputSizes

# Periods are shorter: products of strides.
_AWAY_PX = 512


class _Row:
    """Sizes of one value, one for each input size tried; 0: the network does not fit that input.

    Equal to nothing but itself: most ops of a network repeat a few sums, which are looked up by the rows they read.

    Attributes:
        sizes: The sizes.
        is_stated: They come from a size written into the network, and give way to a map they meet.
    """

    __slots__ = ("is_stated", "sizes")

    def __init__(self, sizes: Iterable[int], *, is_stated: bool = False) -> None:
        self.sizes, self.is_stated = tuple(sizes), is_stated


def input_sizes(graph: Graph, *, range_px: tuple[int, int] | None = None) -> tuple[InputSizes, ...]:
    """Return, for every axis, the input sizes at which every pixel at the far border of every map is read by some unit.

    A window that does not fit a whole number of times leaves pixels at the right and bottom that no unit reads; zero
    padding that is left over does not count. Found by carrying every size of a range through the graph.

    Args:
        graph: The table.
        range_px: (smallest, largest) input size tried; from half to twice the table's own if None, and not further than
            512 px from it.

    Returns:
        One record an axis; where an op on the way has no rule, it names the op instead.

    When it misleads:
        A table does not say whether a size was written into the network or read from another map: what is resized to a
        size, not by a scale, is taken to keep it, unless it meets a map that follows the input. Slices and paddings are
        taken to cut off and add as many pixels at every size, stretched views to keep their proportions. Pixels skipped
        between windows (a stride above the kernel) are not border pixels. Whether a head fits the size is not asked.

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
    lost = next(iter(way.lost), None)
    known: dict[Hashable, Any] = {}  # axes of one length share what was worked out
    found = []
    for axis in range(way.rank):
        side = graph.conditions.inputs[way.first][2 + axis]
        low, high = range_px or (max(side // 2, side - _AWAY_PX, 1), min(2 * side, side + _AWAY_PX))
        tried = (*range(low, high + 1), side)
        if lost is None:
            start: _Row = known.setdefault((tried, False), _Row(tried))
            found.append(_Sweep(graph, way, axis, start, known).record())
        else:
            found.append(_unknown(axis, tried, lost))
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
    way = Way.through(graph)
    sweep = _Sweep(graph, way, axis, _Row(sizes_px), {})
    return sweep.lengths(name)


def _unknown(axis: int, tried: tuple[int, ...], op: str) -> InputSizes:
    return InputSizes(
        axis=axis,
        sizes=(),
        range_px=(tried[0], tried[-2]),
        period_px=None,
        remainders_px=(),
        lost_px=0,
        losing=(),
        unknown_at=op,
    )


def _period(good: set[int], tried: tuple[int, ...]) -> int | None:
    if not good:
        return None
    # Below the first of them the network may simply not fit.
    first, last = min(good), tried[-1]
    for period in range(1, (last - first) // 2 + 1):
        if all((size in good) == (size + period in good) for size in range(first, last - period + 1)):
            return period
    return None


class _Sweep:
    """All sizes of one axis on their way through the graph."""

    def __init__(self, graph: Graph, way: Way, axis: int, tried: _Row, known: dict[Hashable, Any]) -> None:
        self.graph, self.way, self.axis, self.tried, self.known = graph, way, axis, tried, known
        self.rows: dict[str, _Row] = {way.first: tried}
        # The last place any reader reads, of values that windows read alone.
        self.last: dict[str, _Row] = {}
        self.whole: set[str] = set(graph.outputs)
        # Parts along another axis hold all places of this one: who reads the part reads the value.
        self.part_of: dict[str, str] = {}

    def record(self) -> InputSizes:
        """Return what is lost at which sizes."""
        for op in self.graph:
            if op.name in self.way.flows and not self._follow(op):
                return _unknown(self.axis, self.tried.sizes, op.name)
        lost = {
            name: self._once(("lost", self.rows[name], ends), lambda r, e: [max(n - 1 - m, 0) for n, m in _pairs(r, e)])
            for name, ends in self.last.items()
            if name not in self.whole
        }
        *tried, _ = self.tried.sizes
        bad = {number for row in set(lost.values()) for number, pixels in enumerate(row.sizes) if pixels}
        bad |= {number for row in set(self.rows.values()) for number, size in enumerate(row.sizes) if not size}
        good = tuple(size for number, size in enumerate(tried) if number not in bad)
        period = _period(set(good), tuple(tried))
        return InputSizes(
            axis=self.axis,
            sizes=good,
            range_px=(tried[0], tried[-1]),
            period_px=period,
            remainders_px=tuple(sorted({size % period for size in good})) if period else (),
            lost_px=sum(row.sizes[-1] for row in lost.values()),
            losing=tuple(name for name, row in lost.items() if row.sizes[-1]),
        )

    def lengths(self, name: str) -> tuple[int, ...]:
        """Return the sizes of one value; () if no rule leads to it."""
        for op in self.graph:
            if name in self.rows:
                break
            if op.name in self.way.flows and not self._follow(op):
                return ()
        return self.rows[name].sizes if name in self.rows else ()

    def _follow(self, op: Op) -> bool:
        """Carry the sizes through an op; False if there is no rule."""
        kind = kind_of(op.kind)
        reach = kind.reach(op) if kind is not None else UNKNOWN
        sources = [name for name in op.inputs if name in self.rows]
        place, own = self._place(op.inputs[0])
        if sources and self._place(op.name)[1]:
            after = self._after(op, reach, place, own, sources)
            if after is None:
                return False
            self.rows[op.name] = after
            if isinstance(reach, Takes) and after is self.rows[sources[0]]:
                self.part_of[op.name] = self.part_of.get(sources[0], sources[0])
                return True
        for name in sources:
            value = self.part_of.get(name, name)
            ends = self._ends(op, reach, place) if name == op.inputs[0] else None
            if ends is None:
                self.whole.add(value)
            elif (before := self.last.setdefault(value, ends)) is not ends:
                self.last[value] = self._once(("later", before, ends), lambda r, e: map(max, r.sizes, e.sizes))
        return True

    def _place(self, name: str) -> tuple[int | None, int]:
        """Return the dimension, from the end, that holds the axis and nothing else, and its length; 0 if it has none."""
        layout = self.way.layouts[name]
        if layout is None:
            return None, 0
        key = ("place", id(layout), self.axis)
        if key not in self.known:
            whole = tuple(digits(layout, self.axis))
            place = next((n - len(layout) for n, dim in enumerate(layout) if len(whole) == 1 and dim == whole), None)
            self.known[key] = place, length(layout, self.axis) if whole else 0
        found: tuple[int | None, int] = self.known[key]
        return found

    def _after(self, op: Op, reach: Reach, place: int | None, own: int, sources: Sequence[str]) -> _Row | None:
        """Return an op's sizes along the axis; None without a rule."""
        before, size = self.rows[sources[0]], self._place(op.name)[1]
        if isinstance(reach, Slides | Spreads | Resizes | Adapts | Pads | Takes) and place is not None:
            return self._resized(op, reach, place, before, own, size)
        if any(self._place(name)[1] != own for name in sources):
            return None
        for name in sources[1:]:
            before = self._met(before, self.rows[name])
        if size == own:
            return before
        if own % size == 0:
            part = own // size
            return self._once(("part", before, part), lambda r, p: [n // p if n % p == 0 else 0 for n in r.sizes])
        if size % own == 0:
            return self._once(("times", before, size // own), lambda r, times: [n * times for n in r.sizes])
        return None

    def _met(self, one: _Row, other: _Row) -> _Row:
        """Return the sizes of maps that meet: they must be equal, or one was only stated."""
        if one is other or other.is_stated:
            return one
        if one.is_stated:
            return other
        return self._once(("met", one, other), lambda r, s: [n if n == m else 0 for n, m in _pairs(r, s)])

    def _resized(self, op: Op, reach: Reach, place: int, before: _Row, own: int, size: int) -> _Row | None:
        """Return the sizes after an op that changes them; `place` is the axis' dimension, counted from the end."""
        if isinstance(reach, Slides) and -place <= len(reach.window.kernel):
            return self._once(("slid", before, _window(reach.window, place), bool(op.attributes.get("ceil"))), _slid)
        if isinstance(reach, Spreads) and -place <= len(reach.filter.kernel):
            more = op.attributes["output_padding"][place]
            return self._once(("spread", before, _window(reach.filter, place), more), _spread)
        if isinstance(reach, Adapts) and -place <= len(reach.size):
            return self._once(("adapted", before, size), _stated)
        if isinstance(reach, Resizes) and -place <= reach.axes:
            return self._rescaled(reach, place, before, size)
        if isinstance(reach, Takes) and reach.step > 1 and size != own:
            is_rest = size == -(-(own - reach.start) // reach.step)
            return self._once(("every", before, reach.start, reach.step), _every) if is_rest else None
        return self._once(("more", before, size - own), lambda r, m: [max(n + m, 0) if n else 0 for n in r.sizes])

    def _rescaled(self, reach: Resizes, place: int, before: _Row, size: int) -> _Row:
        if not reach.scales:
            return self._once(("resized", before, size), _stated, is_stated=True)
        scale = Fraction(reach.scales[place])
        return self._once(("scaled", before, scale), lambda r, by: [int(n * by) for n in r.sizes])

    def _ends(self, op: Op, reach: Reach, place: int | None) -> _Row | None:
        """Return the last place that an op reads of its first input, for each size; None if it reads to the end."""
        after = self.rows.get(op.name)
        if place is None or after is None:
            return None
        if isinstance(reach, Slides) and -place <= len(reach.window.kernel):
            kernel, stride, (before, _), dilation = _window(reach.window, place)
            return self._once(("ends", after, stride, dilation * (kernel - 1) - before), _ends)
        if isinstance(reach, Takes) and reach.axis == place % len(self.way.layouts[op.inputs[0]] or ()):
            return self._once(("ends", after, reach.step, reach.start), _ends)
        return None

    def _once(self, key: tuple[Any, ...], sums: Callable[..., Iterable[int]], *, is_stated: bool = False) -> _Row:
        """Return the row that sums over the key's operands give, made once; stated if what it comes from is."""
        if key not in self.known:
            is_stated = is_stated or any(isinstance(operand, _Row) and operand.is_stated for operand in key)
            row = _Row(sums(*key[1:]), is_stated=is_stated)
            # Equal rows are one, so that a padded 3×3 convolution makes no new one.
            self.known[key] = self.known.setdefault((row.sizes, is_stated), row)
        found: _Row = self.known[key]
        return found


def _pairs(one: _Row, other: _Row) -> Iterable[tuple[int, int]]:
    return zip(one.sizes, other.sizes, strict=True)


def _window(window: Window, place: int) -> tuple[int, int, tuple[int, int], int]:
    return window.kernel[place], window.stride[place], window.padding[place], window.dilation[place]


def _slid(row: _Row, window: tuple[int, int, tuple[int, int], int], ceil: bool) -> Iterable[int]:  # noqa: FBT001
    kernel, stride, padding, dilation = window
    fits = max(dilation * (kernel - 1) + 1 - sum(padding), 1)
    return [slide(n, kernel, stride, padding, dilation, ceil=ceil) if n >= fits else 0 for n in row.sizes]


def _spread(row: _Row, window: tuple[int, int, tuple[int, int], int], output_padding: int) -> Iterable[int]:
    kernel, stride, padding, dilation = window
    more = dilation * (kernel - 1) + 1 - sum(padding) + output_padding
    return [max((n - 1) * stride + more, 0) if n else 0 for n in row.sizes]


def _stated(row: _Row, size: int) -> Iterable[int]:
    return [size if n else 0 for n in row.sizes]


def _every(row: _Row, start: int, step: int) -> Iterable[int]:
    return [max(-(-(n - start) // step), 0) for n in row.sizes]


def _ends(row: _Row, step: int, start: int) -> Iterable[int]:
    return [start + (n - 1) * step for n in row.sizes]
