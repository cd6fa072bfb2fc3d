"""The same network made to need less: maps halved after the first convolution, activations in place."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from striate.analyse.memory.storage import rows
from striate.graph import Graph, Op, Shape

# Kinds whose output has an axis of space wherever their first input has one, in the same place.
_KEEPS_AXES = frozenset({
    "conv", "convtranspose", "batchnorm", "instancenorm", "groupnorm", "layernorm", "channelnorm", "lrn",
    "relu", "leakyrelu", "elu", "gelu", "silu", "celu", "selu", "mish", "softplus", "prelu",
    "hardswish", "hardsigmoid", "clamp", "sigmoid", "tanh", "softmax", "maxpool", "avgpool", "globalavgpool", "globalmaxpool",
    "lppool", "dropout", "droppath", "identity", "add", "mul", "concat", "slice", "pointwise", "resize", "linear",
})  # fmt: skip
_CAN_BE_IN_PLACE = frozenset({"relu", "leakyrelu", "elu", "sigmoid", "tanh"})


def halved_early(graph: Graph) -> Graph | None:
    """Return the table with twice the stride in its first convolution: every map after it has half the height and width.

    None where the head is made for one size of map, or where an op is not known to keep its axes.

    When it misleads:
        Sizes are halved and rounded up op by op; what a real network rounds down may differ by a row.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> graph = Blueprint.from_text("input 1x8x8; conv 3 4, relu; maxpool 2; globalavgpool; classes 2").graph()
        >>> [op.shape[1:] for op in halved_early(graph)]
        [(4, 4, 4), (4, 4, 4), (4, 2, 2), (4, 1, 1), (4,), (2,)]
    """
    # Axes of space of every value that comes after the stem.
    halved: dict[str, tuple[int, ...]] = {}
    ops: list[Op] = []
    for op in graph:
        is_stem = not halved and op.kind == "conv" and bool(op.params)
        read = next((name for name in op.inputs if name in halved), None)
        axes = tuple(range(2, len(op.shape))) if is_stem else ()
        if read is not None:
            after = _axes_after(op, halved[read], graph[read].shape)
            if after is None:
                return None
            axes = after
        if is_stem or read is not None:
            halved[op.name] = axes
        ops.append(replace(op, shape=tuple((n + 1) // 2 if i in axes else n for i, n in enumerate(op.shape))))
    return replace(graph, ops=tuple(ops)) if halved else None


def in_place(graph: Graph) -> Graph:
    """Return the table with every activation in place that may be: nothing else reads or keeps what it overwrites."""
    table = rows(graph)
    roots = {row.op.name: row.root for row in table}
    readers = Counter(name for op in graph for name in op.inputs)
    keepers: dict[str, set[str]] = {}
    for row in table:
        for root in row.kept:
            keepers.setdefault(root, set()).add(row.op.name)

    def may(op: Op) -> bool:
        if op.kind not in _CAN_BE_IN_PLACE or op.inputs[0] not in roots or readers[op.inputs[0]] > 1:
            return False
        is_plain = roots[op.inputs[0]] == op.inputs[0] and op.inputs[0] not in graph.outputs
        return is_plain and not keepers.get(op.inputs[0], set()) - {op.name}

    return replace(graph, ops=tuple(replace(op, in_place=True) if may(op) else op for op in graph))


def _axes_after(op: Op, axes: tuple[int, ...], source: Shape) -> tuple[int, ...] | None:
    """Return the axes of space after an op; None if nobody knows."""
    is_over_space = op.kind == "layernorm" and len(op.attributes["over"]) > 1
    if op.kind in _KEEPS_AXES and not is_over_space and (len(op.shape) == len(source) or not axes):
        return axes
    if op.kind == "permute":
        order = op.attributes["order"]
        rank = len(source)
        if len(order) != rank:  # two axes exchanged
            one, other = (axis % rank for axis in order)
            order = [other if i == one else one if i == other else i for i in range(rank)]
        return tuple(i for i, axis in enumerate(order) if axis % rank in axes)
    if op.kind == "mean":
        over = set() if op.attributes["keep"] else set(op.attributes["over"])
        return tuple(axis - sum(gone < axis for gone in over) for axis in axes if axis not in over)
    if op.kind in {"flatten", "view"} and all(source[axis] == 1 for axis in axes):
        return ()
    return None
