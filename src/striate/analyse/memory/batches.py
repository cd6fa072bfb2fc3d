"""The same network for another batch, without tracing it again."""

from __future__ import annotations

from dataclasses import replace

from striate.errors import InputError
from striate.graph import Graph, Op, Shape


def at_batch(graph: Graph, batch: int) -> Graph:
    """Return the table for another batch, for questions of memory only.

    Values that an input has a part in grow with the batch, all others (positions, standardised weights) stay.

    Raises:
        InputError: A batch below 1.

    When it misleads:
        Where axes were moved so that the batch does not stand first, the axis that grows is the first that the old batch
        divides: the number of elements is right, the shape may not be. Attributes and parameters stay as they were, so
        that the MACs of convolutions with a filter for each image, of matrix products and of expanded values are wrong.
        A network that does something else for other batches (attention over the batch) is not seen.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> plan = Blueprint.from_text("input 1x8x8; conv 3 4, relu; maxpool 2; classes 3")
        >>> at_batch(plan.graph(batch=2), 32) == plan.graph(batch=32)
        True
    """
    if batch < 1:
        raise InputError("batch must be at least 1", got=batch)
    old = graph.conditions.batch
    if batch == old:
        return graph
    flowing = set(graph.conditions.inputs)
    ops: list[Op] = []
    for op in graph:
        if flowing.intersection(op.inputs):
            flowing.add(op.name)
            ops.append(replace(op, shape=_grown(op.shape, old, batch)))
        else:
            ops.append(op)
    inputs = {name: _grown(shape, old, batch) for name, shape in graph.conditions.inputs.items()}
    return replace(graph, ops=tuple(ops), conditions=replace(graph.conditions, inputs=inputs))


def _grown(shape: Shape, old: int, new: int) -> Shape:
    for axis, length in enumerate(shape):
        if length % old == 0:
            return (*shape[:axis], length // old * new, *shape[axis + 1 :])
    return shape
