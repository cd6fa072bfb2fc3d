"""The weights with which a network's last layer reads the channels of a layer before it."""

from __future__ import annotations

from torch import Tensor, nn

from striate.errors import InputError, Quoted
from striate.explain.saliency.layers import MapLayer, map_layer, mean_head
from striate.graph import size
from striate.trace import Recording


def class_weight(recording: Recording, module: nn.Module, op: str, axis: int, *, where: str = "") -> Tensor:
    """Return the weights (outputs, channels) with which scores read the channels' means, or the channels themselves.

    Args:
        recording: Of the network.
        module: The network's.
        op: Whose value it is.
        axis: Of that value, which counts channels.
        where: Name of the layer, for the error.

    Raises:
        InputError: No linear layer does.
    """
    graph = recording.graph
    value = graph[op]
    # A map that was pooled to one place is read as a vector is.
    if size(value.shape[1:]) > value.shape[axis]:
        order = (0, axis, *(dim for dim in range(1, len(value.shape)) if dim != axis))
        head = mean_head(recording, module, MapLayer(name=map_layer(recording, op).name, order=order))
        if head is not None:
            return head.weight
    else:
        readers = graph.readers(op)
        while len(readers) == 1 and readers[0].kind in {"dropout", "identity", "flatten", "view"}:
            readers = graph.readers(readers[0].name)
        known = dict(module.named_parameters(remove_duplicate=False))
        is_head = len(readers) == 1 and readers[0].kind == "linear" and graph.outputs == (readers[0].name,)
        if is_head and graph[readers[0].inputs[0]].shape[1:] == (value.shape[axis],):
            keys = [param.key for param in readers[0].params if param.name == "weight" and param.key in known]
            if keys:
                return known[keys[0]].detach()
    raise InputError(
        "sorting by class must have a layer whose channels' means one linear layer reads as scores",
        got=Quoted("another head"),
        where=where or op,
        hint="Sort by gradient, which holds for every layer.",
    )
