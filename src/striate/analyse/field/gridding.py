"""Which places of a map a unit never reads: the holes that rows of dilated layers leave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from striate.analyse.field.index_maps import slid
from striate.analyse.field.patterns import Pattern, composed, united
from striate.graph import Graph, Op
from striate.kinds import UNKNOWN, Window, kind_of
from striate.kinds.reach import Joins, Pads


class Row(NamedTuple):
    """A row of layers of one resolution up to a value: what it reads per axis, and its last dilated layer, "" if none is."""

    patterns: tuple[Pattern, ...]
    dilated: str = ""


def gridding(graph: Graph) -> dict[str, tuple[float, ...]]:
    """Return the share of places that is never read, per axis, where rows of dilated layers end.

    Places are those of the map the row began on; a stride begins a new row, and closes the one before. Branches that
    meet are one row, and read what any of them reads. The key is the row's last dilated layer.

    When it misleads:
        A place that is not read is no pixel that is not seen: units of a map further up see more than their own place,
        and reach over the holes. `receptive_fields` has the holes in pixels of the input; both agree for a row that
        begins at the input.

    Source:
        Wang et al., "Understanding Convolution for Semantic Segmentation", WACV 2018, section 3.2 (gridding).

    Example:
        >>> from striate.blueprint import Blueprint
        >>> plan = Blueprint.from_text("input 1x64x64; (conv 3x3 8 dilation 2, relu) x2; globalavgpool; classes 2")
        >>> [round(share, 2) for share in gridding(plan.graph())["conv2"]]   # 4 of 9 places
        [0.44, 0.44]
    """
    rows: dict[str, Row | None] = {
        name: Row((Pattern.start(),) * max(len(shape) - 2, 0)) for name, shape in graph.conditions.inputs.items()
    }
    ends: dict[str, tuple[float, ...]] = {}
    # Rows that a stride ends, by the value it reads: side by side they read what any of them reads.
    stepping: dict[str, list[Row]] = {}
    for op in graph:
        window = _window(op)
        row = _met([rows[name] for name in op.inputs])
        if window is None or row is None:
            rows[op.name] = row if _stays(op) else None
            if rows[op.name] is None:
                _close(ends, [rows[name] for name in op.inputs])
            continue
        here = Row(_slid(row, window), op.name if is_dilated(window) else row.dilated)
        is_step = max(window.stride) > 1
        rows[op.name] = Row((Pattern.start(),) * len(here.patterns)) if is_step else here
        if is_step:
            stepping.setdefault(op.inputs[0], []).append(here)
    _close(ends, [_met(branches) for branches in stepping.values()])
    _close(ends, [rows[name] for name in graph.outputs])
    return ends


def is_dilated(window: Window) -> bool:
    """Return whether a window steps over places between its taps."""
    return any(d > 1 and k > 1 for d, k in zip(window.dilation, window.kernel, strict=True))


def _close(ends: dict[str, tuple[float, ...]], rows: Sequence[Row | None]) -> None:
    """Note the holes of rows that end; of a row that ends twice, the fewer."""
    for row in rows:
        if row is not None and row.dilated:
            masks = [pattern.phases[0][1] for pattern in row.patterns]
            axes = tuple(1 - mask.bit_count() / mask.bit_length() for mask in masks)
            ends[row.dilated] = min(ends.get(row.dilated, axes), axes)


def _window(op: Op) -> Window | None:
    kind = kind_of(op.kind)
    return kind.reach(op).window if kind is not None and op.inputs else None


def _stays(op: Op) -> bool:
    kind = kind_of(op.kind)
    reach = kind.reach(op) if kind is not None else UNKNOWN
    return reach.is_pointwise or isinstance(reach, Pads) or (isinstance(reach, Joins) and reach.axis == 1)


def _met(rows: Sequence[Row | None]) -> Row | None:
    known = [row for row in rows if row is not None and row.patterns]
    if not known or len({len(row.patterns) for row in known}) > 1:
        return None
    patterns = [united(axis, 1) for axis in zip(*(row.patterns for row in known), strict=True)]
    dilated = next((row.dilated for row in reversed(known) if row.dilated), "")
    return Row(tuple(pattern for pattern in patterns if pattern is not None), dilated)


def _slid(row: Row, window: Window) -> tuple[Pattern, ...]:
    """Return what is read through one more window; its stride is left out, so that every place counts."""
    steps = zip(window.kernel, window.padding, window.dilation, row.patterns, strict=True)
    found = [composed(pattern, slid(kernel, 1, before, rate), 1) for kernel, (before, _), rate, pattern in steps]
    return tuple(pattern for pattern in found if pattern is not None)
