"""The smallest field of all paths to a unit: what it must see, where the receptive field is what it may see."""

from __future__ import annotations

from collections.abc import Mapping

from striate.analyse.field.receptive import receptive_fields
from striate.graph import Graph, Op
from striate.kinds import kind_of
from striate.kinds.reach import Joins, Same
from striate.records.readings import Receptive


def shortest_fields(graph: Graph, fields: Mapping[str, Receptive] | None = None) -> dict[str, tuple[int, ...]]:
    """Return, for every value, the pixels that the path with the smallest field reads, per axis of space.

    Where branches meet the smaller one counts: a sum passes on what its shortest branch saw. Empty where no path keeps
    places apart, or it is not known.

    Args:
        graph: The table.
        fields: What `receptive_fields` gives for it; None works them out.

    Source:
        Richter, Schöning, Wiedenroth and Krumnack, "Should You Go Deeper?", ICMLA 2021.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> plan = Blueprint.from_text("input 1x28x28; conv 3x3 8; maxpool 2; conv 3x3 8; classes 2")
        >>> shortest_fields(plan.graph())["conv2"]
        (8, 8)
    """
    fields = receptive_fields(graph) if fields is None else fields
    sides = next(iter(graph.conditions.inputs.values()))[2:]
    first = next(iter(graph.conditions.inputs))
    sizes = {name: (1,) * len(sides) if name == first else () for name in graph.conditions.inputs}
    least = dict(sizes)
    for op in graph:
        sizes[op.name] = tuple(axis.size_px for axis in fields[op.name].axes)
        met = [name for name in op.inputs if least[name] and len(least[name]) == len(sizes[op.name])]
        if not met or not fields[op.name].is_known:
            least[op.name] = ()
            continue
        if len(met) > 1 and _only_meets(op):
            # Branches with other centres have a union wider than each of them: nothing that one path sees.
            least[op.name] = tuple(min(sizes) for sizes in zip(*(least[name] for name in met), strict=True))
            continue
        # What the op itself adds is what its field gains over the widest field it reads.
        least[op.name] = tuple(
            min(least[name][axis] for name in met) + max(0, size - max(sizes[name][axis] for name in met))
            for axis, size in enumerate(sizes[op.name])
        )
    return least


def _only_meets(op: Op) -> bool:
    """Tell whether an op reads each of its inputs in the same place or beside the others, with no window of its own."""
    kind = kind_of(op.kind)
    return kind is not None and isinstance(kind.reach(op), Same | Joins)
