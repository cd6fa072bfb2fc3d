"""The table as people speak of it: one row a layer, with normalisation and activation folded into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from striate.analyse.cost import cost
from striate.analyse.field.receptive import receptive_fields
from striate.graph import Graph, Op
from striate.kinds import kind_of
from striate.records.readings import Cost, CostTable, LayerReading, Receptive

_RECTIFIED = {"relu", "clamp", "hardsigmoid"}
_SILENT = {"flatten", "view", "permute", "identity", "dropout", "droppath"}


def layers(
    graph: Graph, costs: CostTable | None = None, fields: Mapping[str, Receptive] | None = None
) -> tuple[LayerReading, ...]:
    """Return the layers of a graph.

    A follower (normalisation, activation, dropout, flattening) is folded into the op whose only reader it is.

    Args:
        graph: The table.
        costs: What `cost` gives for it; None works it out.
        fields: What `receptive_fields` gives for it; None works them out.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> plan = Blueprint.from_text("input 1x28x28; conv 3x3 8, batchnorm, relu; maxpool 2; classes 10")
        >>> [(row.name, row.summary) for row in layers(plan.graph())]
        [('conv1', '3×3, norm, ReLU'), ('maxpool1', 'max 2×2'), ('classes', 'all to all')]
    """
    costs = cost(graph) if costs is None else costs
    fields = receptive_fields(graph) if fields is None else fields
    return tuple(_reading(group, costs.ops, fields) for group in grouped(graph))


def grouped(graph: Graph) -> list[list[Op]]:
    """Return the ops of each layer: the one that does the work, then its followers."""
    groups: list[list[Op]] = []
    group_of: dict[str, list[Op]] = {}
    readers: dict[str, int] = {}
    for op in graph:
        for name in op.inputs:
            readers[name] = readers.get(name, 0) + 1
    for op in graph:
        kind = kind_of(op.kind)
        before = group_of.get(op.inputs[0]) if len(op.inputs) == 1 else None
        is_last = before is not None and before[-1].name == op.inputs[0]
        if kind is not None and kind.is_follower and before is not None and is_last and readers[op.inputs[0]] == 1:
            before.append(op)
            group_of[op.name] = before
        else:
            group = [op]
            groups.append(group)
            group_of[op.name] = group
    return groups


def summary(group: Sequence[Op]) -> str:
    """Return the ops of a layer in a few words: "3×3, norm, ReLU"; what changes no number is left out."""
    loud = [op for op in group if op.kind not in _SILENT] or group[:1]
    kinds = [(op, kind_of(op.kind)) for op in loud]
    return ", ".join(kind.summary(op) if kind is not None else op.kind for op, kind in kinds)


def tap(group: Sequence[Op]) -> Op:
    """Return the op whose value is the layer's: the last that changes numbers, the first if none does."""
    loud = [op for op in group if op.kind not in _SILENT]
    return loud[-1] if loud else group[0]


def _reading(group: list[Op], costs: Mapping[str, Cost], fields: Mapping[str, Receptive]) -> LayerReading:
    head = group[0]
    last = tap(group)
    return LayerReading(
        name=head.name,
        summary=summary(group),
        ops=tuple(op.name for op in group),
        tap=last.name,
        shape=last.shape[1:],
        receptive=fields[last.name],
        cost=sum((costs[op.name] for op in group), Cost(params=0, macs=0, kept_bytes=0)),
        is_learned=any(op.params for op in group),
        is_rectified=any(op.kind in _RECTIFIED for op in group),
        kind=head.kind,
    )
