"""Layers as sets of units: which layers have some, and along which axis of a value they lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from striate.errors import unknown_name
from striate.graph import Graph, Op, Shape
from striate.records import LayerReading


def unit_layers(readings: tuple[LayerReading, ...], names: Sequence[str] | None = None) -> tuple[LayerReading, ...]:
    """Return the layers of these names, in order; without names those that learned or rectify.

    Poolings, sums without an activation and rearrangements are left out unless they are named: what
    they hold is the value of a layer before them.

    Raises:
        UnknownNameError: No layer has that name.

    Example:
        >>> from striate.analyse import layers
        >>> from striate.blueprint import Blueprint
        >>> plan = Blueprint.from_text("input 1x28x28; conv 3x3 8, relu; maxpool 2; classes 10")
        >>> [reading.name for reading in unit_layers(layers(plan.graph()))]
        ['conv1', 'classes']
    """
    known = [reading.name for reading in readings]
    for name in names or ():
        if name not in known:
            raise unknown_name("layer", name, known)
    if names is not None:
        return tuple(reading for reading in readings if reading.name in names)
    return tuple(reading for reading in readings if reading.shape and (reading.is_learned or reading.is_rectified))


def unit_axes(graph: Graph) -> dict[str, int]:
    """Return, for every op, the axis of its value, batch first, that counts its channels or features.

    It is axis 1, until something moves it: a permutation, or a fully connected layer, which works on the last axis.

    Example:
        >>> import torch
        >>> from striate.trace import trace
        >>> class Tokens(torch.nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.fc = torch.nn.Linear(3, 8)
        ...     def forward(self, x):
        ...         return self.fc(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        >>> unit_axes(trace(Tokens(), (1, 3, 5, 5)).graph)
        {'permute': 3, 'fc': 3, 'permute_2': 1}
    """
    axes: dict[str, int] = {}
    for op in graph:
        axes[op.name] = _axis(op, graph.input_shapes(op), [axes.get(name, 1) for name in op.inputs])
    return axes


def layer_axis(axes: Mapping[str, int], reading: LayerReading) -> int:
    """Return the axis of a layer's value, batch first, that counts its channels.

    Args:
        axes: What `unit_axes` returns for the layer's graph.
        reading: The layer. A value that lost that axis on the way counts along its first.

    Example:
        >>> from striate.analyse import layers
        >>> from striate.blueprint import Blueprint
        >>> graph = Blueprint.from_text("input 1x28x28; conv 3x3 8, relu; maxpool 2; classes 10").graph()
        >>> [layer_axis(unit_axes(graph), reading) for reading in layers(graph)]
        [1, 1, 1]
    """
    axis = axes[reading.tap]
    return axis if axis <= len(reading.shape) else 1


def _axis(op: Op, sources: tuple[Shape, ...], axes: list[int]) -> int:
    rank = len(op.shape)
    if op.kind == "linear":
        return rank - 1
    same_rank = [axis for shape, axis in zip(sources, axes, strict=True) if len(shape) == rank]
    if not same_rank or rank < 3:
        return 1
    if op.kind == "permute":
        return _moved(same_rank[0], op.attributes["order"], rank)
    return same_rank[0]


def _moved(axis: int, order: tuple[int, ...], rank: int) -> int:
    """Return where an axis is after a permutation of all axes, or after two of them were exchanged."""
    order = tuple(place % rank for place in order)
    if len(order) == rank:
        return order.index(axis)
    if axis in order and len(order) == 2:
        return order[1 - order.index(axis)]
    return axis


def by_unit(value: Tensor) -> Tensor:
    """Return a layer's value (n, units, …) as (n, units, places); a vector has one place.

    Example:
        >>> import torch
        >>> tuple(by_unit(torch.zeros(2, 8, 5, 7)).shape), tuple(by_unit(torch.zeros(2, 8)).shape)
        ((2, 8, 35), (2, 8, 1))
    """
    return value.reshape(value.shape[0], value.shape[1], -1)
