"""How much of the input one unit can see: size, stride, padding and holes of the receptive field, per op and axis."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from striate.analyse.field.axes import length
from striate.analyse.field.patterns import Pattern, composed, middle, united
from striate.analyse.field.walk import AxisFlow, Flow
from striate.analyse.field.way import Way
from striate.graph import Graph, Shape
from striate.records.readings import Field, Receptive

_UNKNOWN = Receptive(is_known=False)


class _Seen:
    """What units of one value see."""

    __slots__ = ("is_aligned", "is_known", "patterns", "whole")

    def __init__(
        self,
        patterns: tuple[Pattern | None, ...],
        whole: tuple[bool, ...],
        *,
        is_aligned: bool = True,
        is_known: bool = True,
    ) -> None:
        self.patterns, self.whole = patterns, whole
        self.is_aligned, self.is_known = is_aligned, is_known


def receptive_fields(graph: Graph) -> dict[str, Receptive]:
    """Return the theoretical receptive field of every op, measured on the graph's first input.

    Along one axis the unit at index j reads the input pixels j·stride + low … j·stride + high. A window of kernel k,
    dilation d, stride s and padding p before it changes (low, high, stride) of what it reads into
    (low − p·stride, high + (d·(k − 1) − p)·stride, stride·s). Where branches meet, the field is the union. Places are
    followed through views, permutations, slices, enlargements and windows; paths through ops that see the whole map
    (global pooling, squeeze-and-excitation, attention) are left out of the field, and named by `is_global`.

    When it misleads:
        It is what a unit *could* see; what it uses is as a rule much smaller and blob-shaped: see `effective_field`.
        Borders are not clipped: see `box`.

    Source:
        Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019,
        equations 2 to 6. Differs: branches with different centres are united and marked instead of refused; the pixels
        really read are kept, so that holes of dilation count; enlarged maps have fractional strides.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> plan = Blueprint.from_text("input 1x28x28; conv 3x3 8, relu; maxpool 2; conv 3x3 8; classes 2")
        >>> fields = receptive_fields(plan.graph())
        >>> fields["conv2"].axes[0].size_px, fields["conv2"].axes[0].stride, fields["conv2"].axes[0].padding_px
        (8, 2, 3)
    """
    seen = _followed(graph, Way.through(graph))
    made: dict[int, Receptive] = {}
    fields: dict[int, Field] = {}
    sizes = next(iter(graph.conditions.inputs.values()))[2:]
    found = {}
    for name, value in seen.items():
        if value is None:
            found[name] = _UNKNOWN
            continue
        if id(value) not in made:
            made[id(value)] = _receptive(value, sizes, fields)
        found[name] = made[id(value)]
    return found


def boxes(field: Receptive, index: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Return the input pixels the unit at `index` reads, per axis as (first, last + 1); may reach beyond the image.

    Example:
        >>> boxes(Receptive(axes=(Field(low=-1, high=1, stride=2),)), (3,))
        ((5, 8),)
    """
    return tuple(axis.span(place) for place, axis in zip(index, field.axes, strict=True))


def _followed(graph: Graph, way: Way) -> dict[str, _Seen | None]:
    """Return what is seen of the first input, by value; None for values it has no part in."""
    seen: dict[str, _Seen | None] = dict.fromkeys(graph.conditions.inputs)
    seen[way.first] = _Seen((Pattern.start(),) * way.rank, (False,) * way.rank)
    for op in graph:
        sources = [seen[name] for name in op.inputs]
        found = way.flows.get(op.name)
        if found is not None:
            seen[op.name] = _met(found, sources, way.rank)
        else:
            seen[op.name] = _lost(sources, way.rank) if op.name in way.lost else None
    return seen


def _lost(sources: Sequence[_Seen | None], rank: int) -> _Seen:
    whole = tuple(any(source.whole[axis] for source in sources if source is not None) for axis in range(rank))
    return _Seen((None,) * rank, whole, is_known=False)


def _met(found: Flow, sources: Sequence[_Seen | None], rank: int) -> _Seen:
    """Return what is seen where the flows of all sources meet."""
    pairs = [(source, axes) for source, axes in zip(sources, found.inputs, strict=True) if source is not None]
    if len(pairs) == 1 and pairs[0][1] is None:
        return pairs[0][0]
    is_aligned = all(source.is_aligned for source, _ in pairs)
    is_known = all(source.is_known for source, _ in pairs)
    patterns: list[Pattern | None] = []
    whole: list[bool] = []
    memo: dict[tuple[tuple[int, int], ...], tuple[Pattern | None, bool, bool]] = {}
    for axis in range(rank):
        branches = [(source.patterns[axis], None if axes is None else axes[axis]) for source, axes in pairs]
        key = tuple((id(pattern), id(axis_flow)) for pattern, axis_flow in branches)
        if key not in memo:
            memo[key] = _united(branches, length(found.layout, axis))
        pattern, fits, are_centred = memo[key]
        patterns.append(pattern)
        is_known, is_aligned = is_known and fits, is_aligned and are_centred
        whole.append(
            any(source.whole[axis] for source, _ in pairs)
            or any(one is not None and one.is_all and start is not None for start, one in branches)
        )
    return _Seen(tuple(patterns), tuple(whole), is_aligned=is_aligned, is_known=is_known)


def _united(
    branches: Sequence[tuple[Pattern | None, AxisFlow | None]],
    size: int,
) -> tuple[Pattern | None, bool, bool]:
    """Return the union along one axis, whether there is one, and whether all branches are centred alike."""
    parts: dict[Pattern, None] = {}
    for start, axis in branches:
        if start is None or (axis is not None and axis.steps is None):
            continue
        pattern: Pattern | None = start
        steps = axis.steps or () if axis is not None else ()
        is_part = axis is not None and axis.is_part
        for number, (step, before) in enumerate(steps, start=1):
            after = steps[number][1] if number < len(steps) else size
            within = before if is_part else None
            pattern = composed(pattern, step, after, within=within) if pattern is not None else None
        if pattern is None:
            return None, False, True
        parts[pattern] = None
    if not parts:
        return None, True, True
    if len(parts) == 1:
        return next(iter(parts)), True, True
    whole = united(tuple(parts), size)
    return whole, whole is not None, len({middle(part) for part in parts}) == 1


def _receptive(value: _Seen, sizes: Shape, fields: dict[int, Field]) -> Receptive:
    global_axes = tuple(axis for axis, is_whole in enumerate(value.whole) if is_whole)
    axes: list[Field] = []
    if value.is_known:
        for axis, pattern in enumerate(value.patterns):
            if pattern is None:
                axes = []
                break
            if id(pattern) not in fields:
                fields[id(pattern)] = _field(pattern, sizes[axis])
            axes.append(fields[id(pattern)])
    return Receptive(
        axes=tuple(axes),
        is_global=bool(global_axes),
        is_known=value.is_known,
        is_aligned=value.is_aligned,
        global_axes=global_axes,
    )


def _field(pattern: Pattern, size_px: int) -> Field:
    phases = pattern.phases
    if not pattern.step:
        return _middle_field(pattern, size_px)
    if len(phases) == 1:
        [(low, mask)] = phases
        return Field(
            low=low, high=low + mask.bit_length() - 1, stride=pattern.step, phases=phases, repeat_px=pattern.step
        )
    stride = Fraction(pattern.step, len(phases))
    reading = [(number * stride, low, mask) for number, (low, mask) in enumerate(phases) if mask]
    first = min((low - start for start, low, _ in reading), default=Fraction(0))
    last = max((low + mask.bit_length() - 1 - start for start, low, mask in reading), default=Fraction(-1))
    return Field(low=_plain(first), high=_plain(last), stride=_plain(stride), phases=phases, repeat_px=pattern.step)


def _middle_field(pattern: Pattern, size_px: int) -> Field:
    """Return the field of the unit in the middle, for maps whose units differ without a pattern."""
    place = len(pattern.phases) // 2
    low, mask = pattern.phases[place]
    stride = Fraction(size_px, len(pattern.phases))
    start = low - place * stride
    return Field(
        low=_plain(start),
        high=_plain(start + mask.bit_length() - 1),
        stride=_plain(stride),
        phases=pattern.phases,
        is_uniform=False,
    )


def _plain(number: Fraction) -> int | Fraction:
    return int(number) if number.denominator == 1 else number
