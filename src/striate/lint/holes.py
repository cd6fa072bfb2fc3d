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


_HERE = Taps(bits=1, low=0)
Level = tuple[tuple[Taps, ...], bool]


def holes(graph: Graph) -> dict[str, tuple[float, ...]]:
    """Return the share of places that is never read, per axis, where a row of dilated layers ends.

    Places are those of the map the row began on; a stride begins a new row. Only rows with a dilated layer are in the
    result, under the last op of the row, or the strided one that closes it.

    Source:
        Wang et al., "Understanding Convolution for Semantic Segmentation", WACV 2018, section 3.2 (gridding).

    Example:
        >>> from striate.blueprint import Blueprint
        >>> plan = Blueprint.from_text("input 1x64x64; (conv 3x3 8 dilation 2, relu) x2; globalavgpool; classes 2")
        >>> [round(share, 2) for share in holes(plan.graph())["conv2"]]   # 5 of 9 places
        [0.44, 0.44]
    """
    levels: dict[str, Level | None] = {
        name: ((_HERE,) * max(len(shape) - 2, 0), False) for name, shape in graph.conditions.inputs.items()
    }
    ends: dict[str, tuple[float, ...]] = {}
    goes_on = _goes_on(graph)
    for op in graph:
        window = _window(op)
        level = _met([levels[name] for name in op.inputs])
        if level is None or window is None:
            levels[op.name] = level if _stays(op) else None
            continue
        taps = tuple(_slid(axis_taps, window, axis) for axis, axis_taps in enumerate(level[0]))
        is_dilated = level[1] or any(d > 1 and k > 1 for d, k in zip(window.dilation, window.kernel, strict=True))
        is_strided = max(window.stride) > 1
        if is_dilated and (is_strided or not goes_on[op.name]):
            ends[op.name] = tuple(1 - axis.read_share for axis in taps)
        levels[op.name] = ((_HERE,) * len(taps), False) if is_strided else (taps, is_dilated)
    return ends


def _window(op: Op) -> Window | None:
    kind = kind_of(op.kind)
    return kind.reach(op).window if kind is not None and op.inputs else None


def _stays(op: Op) -> bool:
    kind = kind_of(op.kind)
    return op.kind == "pad" or (kind is not None and kind.reach(op).is_pointwise)


def _goes_on(graph: Graph) -> dict[str, bool]:
    """Tell of each value whether a window still reads it in the same row, maybe the strided one that closes it."""
    found = {op.name: False for op in graph} | dict.fromkeys(graph.conditions.inputs, False)
    for op in reversed(graph.ops):
        window = _window(op)
        reads_on = found[op.name] if window is None or max(window.kernel) == 1 == max(window.stride) else True
        for name in op.inputs:
            found[name] = found[name] or reads_on
    return found


def _met(levels: Sequence[Level | None]) -> Level | None:
    known = [level for level in levels if level is not None and level[0]]
    if not known or len({len(level[0]) for level in known}) > 1:
        return None
    if len(known) == 1:
        return known[0]
    axes = zip(*(level[0] for level in known), strict=True)
    return tuple(_united(axis) for axis in axes), any(level[1] for level in known)


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
