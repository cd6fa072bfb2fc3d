"""The weights of a report: of the layers that are not too large to be taken apart in a moment."""

from __future__ import annotations

from math import prod

from striate.errors import InputError
from striate.explain import effective_filters, weights
from striate.explain.weights.layer_weight import weighted_ops
from striate.graph import Graph, Op
from striate.nets import Network
from striate.records import EffectiveFilters, LayerWeights

# A few tenths of a second each.
MOST_LAYERS = 16
_MOST_VALUES, _MOST_ROWS = 2**24, 2048
_MOST_UNITS = 32


def layer_weights(network: Network, graph: Graph, seed: int) -> tuple[LayerWeights, ...]:
    """Return the weights of up to 16 layers, evenly spread, the first among them; those that cannot be shown are left out."""
    fitting = [op for op in weighted_ops(graph) if _fits(op)]
    step = max(1, -(-len(fitting) // MOST_LAYERS))
    found = []
    for op in fitting[::step]:
        try:
            found.append(weights(network, layer=op.name, seed=seed, graph=graph))
        except InputError:
            # Weights that are computed, whole numbers or no numbers: other parts of the report say so.
            continue
    return tuple(found)


def effective(network: Network, graph: Graph) -> EffectiveFilters | None:
    """Return the second convolution as filters on the input; None if there is none, or what is before it is no linear map."""
    convolutions = [op for op in graph if op.kind == "conv"]
    if len(convolutions) < 2 or len(network.input_shape) != 3:
        return None
    width = convolutions[1].shape[1]
    try:
        return effective_filters(network, layer=convolutions[1].name, units=range(min(width, _MOST_UNITS)))
    except InputError:
        return None


def _fits(op: Op) -> bool:
    shapes = [param.shape for param in op.params if len(param.shape) > 1]
    return bool(shapes) and prod(shapes[0]) <= _MOST_VALUES and min(shapes[0][0], prod(shapes[0][1:])) <= _MOST_ROWS
