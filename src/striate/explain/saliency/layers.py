"""Which layer's map a class map is taken of, and whether scores follow from it by a mean and a linear layer."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from striate.analyse.field.way import Way
from striate.errors import InputError, Quoted, unknown_name
from striate.graph import Op, size
from striate.nets.passages import live_ops, passages, place_order
from striate.trace import Recording

_MOST_NAMED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class MapLayer:
    """A layer whose value is a map.

    Attributes:
        name: Of its op.
        order: The order of dimensions that makes its value (n, channels, axes…).
    """

    name: str
    order: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanHead:
    """Scores that are a linear layer of a map's means.

    Attributes:
        weight: (outputs, channels).
    """

    weight: Tensor


def map_layer(recording: Recording, layer: str) -> MapLayer:
    """Return a layer by the name of an op or of a module; "" for the last map that everything goes through.

    Raises:
        UnknownNameError: No op and no module has that name.
        InputError: Its value is no map; or the network has none.
    """
    graph = recording.graph
    way = Way.through(graph)
    if layer:
        op = graph[op_name(recording, layer)]
        order = place_order(way, op)
        if order is None:
            raise InputError(
                f"a layer must have a map of {way.rank} axes",
                got=Quoted(f"{op.kind} of {len(op.shape) - 1} dimensions"),
                where=layer,
                hint=f"Such are {', '.join(_maps(recording, way)[-_MOST_NAMED:])}.",
            )
        return MapLayer(name=op.name, order=order)
    # Where the network must be run itself, only what a module returns can be read.
    is_run = bool(recording.program.reason or recording.skipped_hooks)
    live = live_ops(graph)
    through = passages(graph, live)
    for op in reversed(live):
        order = place_order(way, op)
        if order is None or op.name not in through or (is_run and op.name not in recording.sites):
            continue
        if size(tuple(op.shape[dim] for dim in order[2:])) > 1:
            return MapLayer(name=op.name, order=order)
    raise InputError(
        "a network must have a map that everything goes through",
        got=Quoted("none"),
        hint=f"Name a layer: {', '.join(_maps(recording, way)[-_MOST_NAMED:]) or 'but it has no map at all'}.",
    )


def op_name(recording: Recording, layer: str) -> str:
    """Return the op of a name: its own, or the last value that the module of that name returns."""
    names = [op.name for op in recording.graph]
    if layer in names:
        return layer
    returned = {path: name for name, (path, _) in recording.sites.items() if name in names}
    # What a module returns may be what its last part returned, whose name stands there.
    inside = [op.name for op in recording.graph if op.path == layer or op.path.startswith(f"{layer}.")]
    if layer not in returned and not inside:
        raise unknown_name("layer", layer, [*names, *returned])
    return returned.get(layer, inside[-1] if inside else layer)


def _maps(recording: Recording, way: Way) -> list[str]:
    return [op.name for op in recording.graph if place_order(way, op) is not None]


def mean_head(recording: Recording, module: nn.Module, layer: MapLayer) -> MeanHead | None:
    """Return the linear layer that scores are, of the means of a layer's map; None if more than that lies between."""
    if recording.skipped_hooks:
        return None
    graph = recording.graph
    at, is_averaged = graph[layer.name], False
    while True:
        readers = graph.readers(at.name)
        if len(readers) != 1 or at.name in graph.outputs or readers[0].inputs != (at.name,):
            return None
        [op] = readers
        if op.kind == "linear":
            break
        if not is_averaged and _averages(op, at, layer):
            is_averaged = True
        elif not (_keeps(op, at) and (is_averaged or graph.does_nothing(op))):
            return None
        at = op
    if not is_averaged or graph.outputs != (op.name,) or op.kind != "linear":
        return None
    keys = [param.key for param in op.params if param.name == "weight"]
    weight = dict(module.named_parameters(remove_duplicate=False)).get(keys[0]) if keys else None
    channels = graph[layer.name].shape[layer.order[1]]
    if weight is None or weight.ndim != 2 or weight.shape[1] != channels:
        return None
    return MeanHead(weight=weight.detach())


def _averages(op: Op, source: Op, layer: MapLayer) -> bool:
    """Whether an op takes the mean over all places of a map."""
    axes = tuple(sorted(layer.order[2:]))
    if len(source.shape) != len(layer.order):
        return False
    if op.kind == "mean":
        return tuple(sorted(dim % len(source.shape) for dim in op.attributes["over"])) == axes
    if layer.order != tuple(range(len(layer.order))) or size(op.shape[2:]) != 1:
        return False
    is_whole = op.attributes.get("kernel") == source.shape[2:] and not any(op.attributes.get("padding", ()))
    return op.kind == "globalavgpool" or (op.kind == "avgpool" and is_whole)


def _keeps(op: Op, source: Op) -> bool:
    """Whether an op keeps the values and their order, whatever the shape."""
    return op.kind in {"flatten", "view", "identity", "dropout", "droppath"} and size(op.shape) == size(source.shape)
