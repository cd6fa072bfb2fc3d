"""Which receptive field speaks for a whole network."""

from __future__ import annotations

from collections.abc import Mapping

from striate.graph import Graph
from striate.records.readings import Receptive


def last_field(graph: Graph, fields: Mapping[str, Receptive]) -> Receptive:
    """Return the field of the last map that still has a place for every unit; unknown if there is none.

    Example:
        >>> from striate.analyse import receptive_fields
        >>> from striate.blueprint import Blueprint
        >>> graph = Blueprint.from_text("input 1x28x28; conv 3x3 8; maxpool 2; classes 2").graph()
        >>> last_field(graph, receptive_fields(graph)).axes[0].size_px
        4
    """
    rank = max(len(shape) for shape in graph.conditions.inputs.values())
    maps = [op for op in graph if len(op.shape) == rank and fields[op.name].axes]
    return fields[maps[-1].name] if maps else Receptive(is_known=False)
