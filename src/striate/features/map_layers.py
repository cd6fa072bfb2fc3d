"""Which layers are worth a map: the ends of stages, and the vector the classification rests on."""

from __future__ import annotations

from itertools import pairwise
from math import prod

from striate.graph import Graph
from striate.records import LayerReading

MOST_LAYERS = 3
_NOTHING_HAPPENS = {"identity", "dropout", "droppath"}
_REARRANGES = _NOTHING_HAPPENS | {"flatten", "view", "permute", "globalavgpool"}
_WINDOW_POOLINGS = {"maxpool", "avgpool"}


def map_layers(readings: tuple[LayerReading, ...], graph: Graph) -> tuple[str, ...]:
    """Return up to three layers, in order, that tell how it goes from pixels to classes.

    They are ends of stages (two, evenly spread; one if there is a hidden fully connected layer),
    then the vector that enters the first fully connected layer, then the activation of the last
    hidden fully connected layer if there is one. A stage ends with the pooling that makes the map
    smaller, or with the layer before it becomes smaller; layers inside a branch do not count. A
    stage whose map is only rearranged or pooled into the vector is left out: it would be shown
    twice.

    Args:
        readings: `layers(graph)`.
        graph: The network's table for eval mode.

    Returns:
        Names of layers or ops, as `PooledCollector` takes them.

    Example:
        >>> from striate.analyse import layers
        >>> from striate.blueprint import Blueprint
        >>> text = "input 1x28x28; conv 3x3 8, relu; maxpool 2; conv 3x3 16, relu; maxpool 2"
        >>> graph = Blueprint.from_text(f"{text}; fc 32, relu; classes 10").graph()
        >>> map_layers(layers(graph), graph)
        ('maxpool1', 'flatten1', 'fc1')
    """
    vector = default_feature_layer(readings, graph)
    last = _hidden(readings, graph, after=vector)
    tail = (vector,) if last is None else (vector, last)
    origin = _origin(vector, graph)
    ends = [reading.name for reading in _stage_ends(readings, graph) if origin not in reading.ops]
    return (*_spread(ends, MOST_LAYERS - len(tail)), *tail)


def default_feature_layer(readings: tuple[LayerReading, ...], graph: Graph) -> str:
    """Return the op whose value enters the first fully connected layer, flattened or pooled.

    Fully connected layers inside a branch (squeeze and excitation) do not count. In a network
    without one it is what enters the layer that answers; in one that begins with one, the
    activation of the first.

    Example:
        >>> from striate.analyse import layers
        >>> from striate.blueprint import Blueprint
        >>> text = "input 1x28x28; conv 3x3 8, relu; globalavgpool; classes 10"
        >>> graph = Blueprint.from_text(text).graph()
        >>> default_feature_layer(layers(graph), graph)
        'flatten1'
    """
    waists = _waists(graph)
    heads = [op for op in graph if op.name in waists and op.kind == "linear" and len(op.shape) == 2]
    answering = graph[readings[-1].name]
    name = (heads[0] if heads else answering).inputs[0]
    ops = {op.name: op for op in graph}
    while name in ops and ops[name].kind in _NOTHING_HAPPENS:
        name = ops[name].inputs[0]
    if name in ops:
        return name
    return next(
        (reading.tap for reading in readings if heads and reading.name == heads[0].name),
        readings[-1].tap,
    )


def _waists(graph: Graph) -> set[str]:
    """Return the ops that every path from input to output goes through."""
    position = {op.name: number for number, op in enumerate(graph)}
    found, reaches = set(), 0
    last_reader = {name: number for number, op in enumerate(graph) for name in op.inputs}
    for name in graph.conditions.inputs:
        reaches = max(reaches, last_reader.get(name, 0))
    for op in graph:
        if reaches <= position[op.name]:
            found.add(op.name)
        reaches = max(reaches, last_reader.get(op.name, 0))
    return found


def _stage_ends(readings: tuple[LayerReading, ...], graph: Graph) -> list[LayerReading]:
    waists = _waists(graph)
    maps = [reading for reading in readings if reading.tap in waists and len(reading.shape) > 1]
    ends: list[LayerReading] = []
    for before, after in pairwise(maps):
        if prod(after.shape[1:]) < prod(before.shape[1:]):
            end = after if after.kind in _WINDOW_POOLINGS else before
            if end not in ends:
                ends.append(end)
    return ends


def _origin(vector: str, graph: Graph) -> str:
    """Return the op whose value the vector is, rearranged or averaged over the whole map."""
    ops = {op.name: op for op in graph}
    while vector in ops and ops[vector].kind in _REARRANGES:
        vector = ops[vector].inputs[0]
    return vector


def _hidden(readings: tuple[LayerReading, ...], graph: Graph, *, after: str) -> str | None:
    """Return the last fully connected layer between the vector and the answer."""
    waists, order = _waists(graph), [op.name for op in graph]
    start = order.index(after) if after in order else -1
    found = [
        reading.name
        for reading in readings[:-1]
        if reading.kind == "linear" and len(reading.shape) == 1 and reading.tap in waists
    ]
    found = [name for name in found if order.index(name) > start]
    return found[-1] if found else None


def _spread(names: list[str], count: int) -> list[str]:
    """Return `count` of the names, evenly spread and the last among them."""
    if len(names) <= count:
        return names
    return [names[round((number + 1) * len(names) / count) - 1] for number in range(count)]
