"""Which ops stand at maps of which size."""

from __future__ import annotations

from striate.graph import Graph, Op, Shape

# Kinds after which a map has a size of its own.
_SIZING = frozenset({
    "conv", "convtranspose", "maxpool", "avgpool", "globalavgpool", "globalmaxpool", "resize", "shuffle",
})  # fmt: skip


def map_sizes(graph: Graph) -> dict[str, Shape]:
    """Return the size of the map each op makes, per axis of space; empty where there is none.

    The sizes are those that windows slide to, and the input's. An op on tokens or on a map with its channels last stands
    at the map it reads; a pooling over everything has made a map of size 1.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> graph = Blueprint.from_text("input 1x28x28; conv 3x3 8, relu; maxpool 2; globalavgpool; classes 2").graph()
        >>> list(map_sizes(graph).values())
        [(28, 28), (28, 28), (14, 14), (1, 1), (), ()]
    """
    rank = max(len(shape) for shape in graph.conditions.inputs.values())
    found: dict[str, Shape] = {
        name: shape[2:] if len(shape) == rank else () for name, shape in graph.conditions.inputs.items()
    }
    known = {size for size in found.values() if size}
    known |= {op.shape[2:] for op in graph if len(op.shape) == rank and op.kind in _SIZING}
    for op in graph:
        found[op.name] = _size(op, rank, known, next((found[name] for name in op.inputs if found[name]), ()))
    return {op.name: found[op.name] for op in graph}


def stages(graph: Graph) -> dict[Shape, tuple[str, ...]]:
    """Return the names of the ops that stand at maps of one size, by size, in the order in which they come first.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> stages(Blueprint.from_text("input 1x4x4; conv 3x3 2; maxpool 2; conv 3x3 4; classes 3").graph())
        {(4, 4): ('conv1',), (2, 2): ('maxpool1', 'conv2'), (): ('flatten1', 'classes')}
    """
    found: dict[Shape, list[str]] = {}
    for name, size in map_sizes(graph).items():
        found.setdefault(size, []).append(name)
    return {size: tuple(names) for size, names in found.items()}


def _size(op: Op, rank: int, known: set[Shape], before: Shape) -> Shape:
    if len(op.shape) == 2 or not op.inputs:
        return ()
    return op.shape[2:] if len(op.shape) == rank and op.shape[2:] in known else before
