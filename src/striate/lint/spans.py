"""What reaches a unit by paths that stay in place: the least it must see, and where its field has its centre."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from striate.graph import Graph, Op, Shape
from striate.kinds import Window, kind_of

_CHANNELS_MOVED = {(0, 2, 3, 1), (0, 3, 1, 2), (0, 2, 1), (0, 2, 3, 4, 1), (0, 4, 1, 2, 3)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One axis of a value's field: the unit at index j reads the pixels j·stride + low … j·stride + high.

    Attributes:
        least: Pixels that the path with the smallest field reads; infinite behind something global.
        low: First pixel of all paths together.
        high: Last pixel of all paths together.
        stride: Pixels between two units.
    """

    least: float
    low: int
    high: int
    stride: int

    @property
    def centre(self) -> float:
        """Centre of the first unit's field, in pixels."""
        return (self.low + self.high) / 2

    @property
    def is_local(self) -> bool:
        """Whether some path stays in place."""
        return self.least < inf


Spans = tuple[Span, ...]


def spans(graph: Graph) -> Mapping[str, Spans | None]:
    """Return the spans of every value, one for each axis of space; None where a kind on the way has no rule.

    Where branches meet, `least` is the smaller one: a sum passes on what its shortest branch saw. What is read globally
    (a gate over the whole map) has no place and takes no part.

    Source:
        Richter, Schöning, Wiedenroth and Krumnack, "Should You Go Deeper?", ICMLA 2021 (the smallest field of all
        paths); Araujo, Norris and Sim, "Computing Receptive Fields", Distill 2019 (centres).

    Example:
        >>> from striate.blueprint import Blueprint
        >>> plan = Blueprint.from_text("input 1x28x28; conv 3x3 8; maxpool 2; conv 3x3 8; classes 2")
        >>> spans(plan.graph())["conv2"][0]
        Span(least=8, low=-3, high=4, stride=2)
    """
    found: dict[str, Spans | None] = {}
    for number, (name, shape) in enumerate(graph.conditions.inputs.items()):
        start = Span(least=1, low=0, high=0, stride=1)
        found[name] = (start,) * max(len(shape) - 2, 0) if number == 0 else None
    for op in graph:
        found[op.name] = _after(op, [found[name] for name in op.inputs], graph.input_shapes(op))
    return found


def _after(op: Op, sources: Sequence[Spans | None], shapes: Sequence[Shape]) -> Spans | None:
    kind = kind_of(op.kind)
    if kind is None or any(source is None for source in sources):
        return None
    # What no input has a part in (computed weights, constants) has no place.
    known = [source for source in sources if source]
    if not known:
        return ()
    reach = kind.reach(op)
    if reach.is_global or not any(span.is_local for source in known for span in source):
        return tuple(_everything(span) for span in known[0])
    met = _met(known)
    window = _padded(op, len(known[0])) if op.kind == "pad" else reach.window
    if met is None or (window is None and not reach.is_pointwise and not _keeps_places(op, shapes[0])):
        return None
    return met if window is None else tuple(_slid(span, window, axis) for axis, span in enumerate(met))


def _keeps_places(op: Op, read: Shape) -> bool:
    """Tell whether an op without a rule of its own picks channels, or only puts them first or last."""
    if op.kind == "permute":
        return op.attributes.get("order") in _CHANNELS_MOVED
    return op.kind == "slice" and len(read) > 2 and read[2:] == op.shape[2:]


def _padded(op: Op, rank: int) -> Window:
    """Return the window of one place that padding is; torch lists the last axis first."""
    pad = tuple(op.attributes["pad"])[: 2 * rank]
    pad += (0,) * (2 * rank - len(pad))
    pairs = tuple((pad[2 * axis], pad[2 * axis + 1]) for axis in reversed(range(rank)))
    return Window((1,) * rank, (1,) * rank, pairs, (1,) * rank)


def _everything(span: Span) -> Span:
    return Span(least=inf, low=span.low, high=span.high, stride=span.stride)


def _met(sources: Sequence[Spans]) -> Spans | None:
    """Return the spans of what is merged in place, None if the steps differ."""
    if len(sources) == 1:
        return sources[0]
    if len({len(source) for source in sources}) > 1:
        return None
    met = []
    for axis in zip(*sources, strict=True):
        local = [span for span in axis if span.is_local] or list(axis)
        if len({span.stride for span in local}) > 1:
            return None
        met.append(
            Span(
                least=min(span.least for span in local),
                low=min(span.low for span in local),
                high=max(span.high for span in local),
                stride=local[0].stride,
            )
        )
    return tuple(met)


def _slid(span: Span, window: Window, axis: int) -> Span:
    before = window.padding[axis][0]
    reach = window.dilation[axis] * (window.kernel[axis] - 1)
    return Span(
        least=span.least + reach * span.stride,
        low=span.low - before * span.stride,
        high=span.high + (reach - before) * span.stride,
        stride=span.stride * window.stride[axis],
    )
