"""Which places within its field a unit never reads: the holes that dilation leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from striate.graph import Graph, Op
from striate.kinds import Window, kind_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Taps:
    """Places read along one axis, as bits from the offset `low` upwards."""

    bits: int
    low: int

    @property
    def read_share(self) -> float:
        """Share of the places from the first to the last that are read."""
        return self.bits.bit_count() / self.bits.bit_length()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of layers of one resolution up to a value: what it reads, and its last dilated layer, "" if none is."""

    taps: tuple[Taps, ...]
    dilated: str = ""


_HERE = Taps(bits=1, low=0)


def holes(graph: Graph) -> dict[str, tuple[float, ...]]:
    """Return the share of places that is never read, per axis, where rows of dilated layers end.

    Places are those of the map the row began on; a stride begins a new row, and closes the one before. Branches that
    meet are one row, and read what any of them reads. The key is the row's last dilated layer.

    Source:
        Wang et al., "Understanding Convolution for Semantic Segmentation", WACV 2018, section 3.2 (gridding).

    Example:
        >>> from striate.blueprint import Blueprint
        >>> plan = Blueprint.from_text("input 1x64x64; (conv 3x3 8 dilation 2, relu) x2; globalavgpool; classes 2")
        >>> [round(share, 2) for share in holes(plan.graph())["conv2"]]   # 5 of 9 places
        [0.44, 0.44]
    """
    rows: dict[str, Row | None] = {
        name: Row(taps=(_HERE,) * max(len(shape) - 2, 0)) for name, shape in graph.conditions.inputs.items()
    }
    ends: dict[str, tuple[float, ...]] = {}
    windows = {op.name: _window(op) for op in graph}
    for op in graph:
        window = windows[op.name]
        row = _met([rows[name] for name in op.inputs])
        if window is None or row is None:
            rows[op.name] = row if _stays(op) else None
            if rows[op.name] is None:
                _close(ends, [rows[name] for name in op.inputs])
            continue
        taps = tuple(_slid(axis_taps, window, axis) for axis, axis_taps in enumerate(row.taps))
        here = Row(taps=taps, dilated=op.name if _is_dilated(window) else row.dilated)
        if max(window.stride) == 1:
            rows[op.name] = here
            continue
        rows[op.name] = Row(taps=(_HERE,) * len(taps))
        beside = (
            [windows[other.name] for other in graph.readers(op.inputs[0]) if other is not op] if here.dilated else []
        )
        if not any(other is not None and not _is_dilated(other) for other in beside):
            _close(ends, [here])
    _close(ends, [rows[name] for name in graph.outputs])
    return ends


def _close(ends: dict[str, tuple[float, ...]], rows: Sequence[Row | None]) -> None:
    """Note the holes of rows that end; of a row that ends twice, the fewer."""
    for row in rows:
        if row is not None and row.dilated:
            axes = tuple(1 - axis.read_share for axis in row.taps)
            ends[row.dilated] = min(ends.get(row.dilated, axes), axes)


def _window(op: Op) -> Window | None:
    kind = kind_of(op.kind)
    return kind.reach(op).window if kind is not None and op.inputs else None


def _is_dilated(window: Window) -> bool:
    return any(d > 1 and k > 1 for d, k in zip(window.dilation, window.kernel, strict=True))


def _stays(op: Op) -> bool:
    kind = kind_of(op.kind)
    return op.kind in ("pad", "stack") or (kind is not None and kind.reach(op).is_pointwise)


def _met(rows: Sequence[Row | None]) -> Row | None:
    known = [row for row in rows if row is not None and row.taps]
    if not known or len({len(row.taps) for row in known}) > 1:
        return None
    if len(known) == 1:
        return known[0]
    taps = tuple(_united(axis) for axis in zip(*(row.taps for row in known), strict=True))
    return Row(taps=taps, dilated=next((row.dilated for row in reversed(known) if row.dilated), ""))


def _united(taps: Sequence[Taps]) -> Taps:
    low = min(axis.low for axis in taps)
    bits = 0
    for axis in taps:
        bits |= axis.bits << (axis.low - low)
    return Taps(bits=bits, low=low)


def _slid(taps: Taps, window: Window, axis: int) -> Taps:
    bits = 0
    for tap in range(window.kernel[axis]):
        bits |= taps.bits << (tap * window.dilation[axis])
    return Taps(bits=bits, low=taps.low - window.padding[axis][0])
