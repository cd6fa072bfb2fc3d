"""The convolution that reads the image."""

from __future__ import annotations

from torch import Tensor

from striate.errors import InputError, Quoted, unknown_name
from striate.graph import Graph, Op
from striate.kinds import kind_of
from striate.kinds.reach import Joins, Same
from striate.nets import Network
from striate.trace import trace
from striate.trace.shell import unwrapped

# Ops that only rearrange or crop the image are as good as pointwise here; products over it are not.
_PASSES = {"pad", "slice", "identity", "dropout", "view", "batchnorm"}
_MIXES = {"linear", "matmul"}


def first_convolution(network: Network, layer: str | None) -> tuple[str, Tensor]:
    """Return the name and the weights (n, c, h, w), of volumes (n, c, d, h, w), of a convolution, by default the first.

    The first is the first op of kind conv that reads the image, possibly through ops that look at
    one place only (a normalisation inside the network, padding).

    Args:
        network: Any; functional convolutions count too, by the key of their parameter.
        layer: Name of a convolution in the traced table; None for the first.

    Raises:
        InputError: No such convolution; one without a weight of its own.
        UnknownNameError: A layer nobody knows.
    """
    graph = trace(network.module, (1, *network.input_shape)).graph
    op = _first(graph) if layer is None else _named(graph, layer)
    known = dict(unwrapped(network.module).named_parameters(remove_duplicate=False))
    keys = [param.key for param in op.params if param.key in known and len(param.shape) > 2]
    if not keys:
        raise InputError(
            "a convolution must own its weights for its filters to be shown",
            got=Quoted("weights computed on the way"),
            where=op.name,
        )
    weights = known[keys[0]].detach()
    if weights.ndim == 3:
        weights = weights[:, :, None]
    return op.name, weights


def _first(graph: Graph) -> Op:
    reached = set(graph.conditions.inputs)
    for op in graph:
        if not reached.intersection(op.inputs):
            continue
        if op.kind == "conv":
            return op
        kind = kind_of(op.kind)
        is_pointwise = kind is not None and isinstance(kind.reach(op), Same | Joins)
        if op.kind in _PASSES or (is_pointwise and op.kind not in _MIXES):
            reached.add(op.name)
    raise InputError(
        "a network must have a convolution that reads the image",
        got=Quoted("none"),
        hint="Name another convolution with layer=.",
    )


def _named(graph: Graph, layer: str) -> Op:
    convolutions = [op for op in graph if op.kind == "conv"]
    for op in convolutions:
        if op.name == layer:
            return op
    raise unknown_name("convolution", layer, [op.name for op in convolutions])
