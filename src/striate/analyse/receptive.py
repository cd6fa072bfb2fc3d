"""How much of the input one unit can see: size, stride and padding of the receptive field, per op and axis."""

from __future__ import annotations

from striate.graph import Graph, Op
from striate.kinds import Reach, kind_of
from striate.kinds.kind import UNKNOWN
from striate.records.readings import Field, Receptive

_UNKNOWN = Receptive(is_known=False)
_GLOBAL = Receptive(is_global=True)


def receptive_fields(graph: Graph) -> dict[str, Receptive]:
    """Return the theoretical receptive field of every op, measured on the graph's first input.

    Along one axis the unit at index j reads the input pixels j·stride + low … j·stride + high. A window of kernel k,
    dilation d, stride s and padding p before it changes (low, high, stride) of what it reads into
    (low − p·stride, high + (d·(k − 1) − p)·stride, stride·s). Where branches meet, the field is the union.

    When it misleads:
        It is what a unit *could* see; what it uses is as a rule much smaller and blob-shaped. Dilation leaves holes that
        are counted as seen.

    Source:
        Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019,
        equations 2 to 6. Differs: branches with different centres are united instead of refused.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> plan = Blueprint.from_text("input 1x28x28; conv 3x3 8, relu; maxpool 2; conv 3x3 8; classes 2")
        >>> fields = receptive_fields(plan.graph())
        >>> fields["conv2"].axes[0].size_px, fields["conv2"].axes[0].stride, fields["conv2"].axes[0].padding_px
        (8, 2, 3)
    """
    fields: dict[str, Receptive] = {}
    for number, (name, shape) in enumerate(graph.conditions.inputs.items()):
        rank = max(len(shape) - 2, 0)
        fields[name] = Receptive(axes=(Field(low=0, high=0, stride=1),) * rank) if number == 0 else _UNKNOWN
    for op in graph:
        fields[op.name] = _after(op, [fields[name] for name in op.inputs])
    return fields


def boxes(field: Receptive, index: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Return the input pixels the unit at `index` reads, per axis as (first, last + 1); may reach beyond the image.

    Example:
        >>> boxes(Receptive(axes=(Field(low=-1, high=1, stride=2),)), (3,))
        ((5, 8),)
    """
    return tuple(
        (place * axis.stride + axis.low, place * axis.stride + axis.high + 1)
        for place, axis in zip(index, field.axes, strict=True)
    )


def _after(op: Op, sources: list[Receptive]) -> Receptive:
    kind = kind_of(op.kind)
    reach = kind.reach(op) if kind is not None else UNKNOWN
    if not sources or not all(source.is_known for source in sources):
        return _UNKNOWN
    if any(source.is_global for source in sources) or reach.is_global:
        return _GLOBAL
    if reach.window is None and not reach.is_pointwise:
        return _UNKNOWN
    rank = max(len(source.axes) for source in sources)
    with_space = [source.axes for source in sources if len(source.axes) == rank]
    axes = []
    for number, fields in enumerate(zip(*with_space, strict=True)):
        if len({field.stride for field in fields}) > 1:
            return _UNKNOWN
        low, high, stride = (
            min(f.low for f in fields),
            max(f.high for f in fields),
            fields[0].stride,
        )
        axes.append(_slid(Field(low=low, high=high, stride=stride), reach, number))
    return Receptive(axes=tuple(axes))


def _slid(field: Field, reach: Reach, axis: int) -> Field:
    window = reach.window
    if window is None:
        return field
    before = window.padding[axis][0]
    span = window.dilation[axis] * (window.kernel[axis] - 1)
    return Field(
        low=field.low - before * field.stride,
        high=field.high + (span - before) * field.stride,
        stride=field.stride * window.stride[axis],
    )
