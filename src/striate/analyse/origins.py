"""Which layers began anew, and what that was pretrained reads them."""

from __future__ import annotations

from collections.abc import Collection

from striate.graph import Graph
from striate.records.care import LayerOrigin


def layer_origins(graph: Graph, *, new: Collection[str], still: Collection[str] = ()) -> tuple[LayerOrigin, ...]:
    """Return where the weights of each layer came from, in the order the network runs.

    Args:
        graph: The table; its parameters are called as in the module.
        new: Names of parameters that no file filled.
        still: Names of parameters that are not trained.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> graph = Blueprint.from_text("input 1x8x8; conv 3x3 2; conv 3x3 4; classes 2").graph()
        >>> rows = layer_origins(graph, new={"conv1.weight", "classes.weight", "classes.bias"})
        >>> [(row.layer, row.is_new, row.pretrained_behind) for row in rows]
        [('conv1', True, 1), ('conv2', False, 0), ('classes', True, 0)]
    """
    with_weights = {op.name: [param.key for param in op.params] for op in graph if op.params}
    fresh = {name for name, keys in with_weights.items() if any(key in new for key in keys)}
    places = {name: number for number, name in enumerate(with_weights)}
    behind = dict.fromkeys((op.name for op in graph), 0)
    # One bit for each layer that read it.
    for op in reversed(list(graph)):
        own = 1 << places[op.name] if op.name in places and op.name not in fresh else 0
        for source in op.inputs:
            if source in behind:
                behind[source] |= behind[op.name] | own
    return tuple(
        LayerOrigin(
            layer=name,
            is_new=name in fresh,
            is_trained=any(key not in still for key in keys),
            pretrained_behind=behind[name].bit_count(),
        )
        for name, keys in with_weights.items()
    )
