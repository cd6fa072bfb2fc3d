"""The ops that everything goes through: where a network can be taken apart."""

from __future__ import annotations

from collections.abc import Sequence

from striate.analyse.field.axes import digits, places
from striate.analyse.field.way import Way
from striate.graph import Graph, Op


def live_ops(graph: Graph) -> list[Op]:
    """Return the ops that lead from the input to the output, in the order they run."""
    [source] = graph.conditions.inputs
    forward = {source}
    for op in graph:
        if any(name in forward for name in op.inputs):
            forward.add(op.name)
    needed = {graph.outputs[0]}
    for op in reversed(graph.ops):
        if op.name in needed:
            needed.update(op.inputs)
    return [op for op in graph if op.name in needed and op.name in forward]


def passages(graph: Graph, live: Sequence[Op]) -> set[str]:
    """Return the ops that every way from the input to the output goes through."""
    number = {next(iter(graph.conditions.inputs)): -1} | {op.name: n for n, op in enumerate(live)}
    found, furthest = set(), -1
    reaches = dict.fromkeys(number.values(), -1)
    for n, op in enumerate(live):
        for name in op.inputs:
            if name in number:
                reaches[number[name]] = max(reaches[number[name]], n)
    furthest = reaches[-1]
    for n, op in enumerate(live):
        if furthest <= n:
            found.add(op.name)
        furthest = max(furthest, reaches[n])
    return found


def place_order(way: Way, op: Op) -> tuple[int, ...] | None:
    """Return the order of dimensions that makes a value (batch, channels, axes…); None if places are not so kept."""
    layout = way.layouts[op.name]
    if layout is None or way.rank == 0 or len(layout) != way.rank + 2 or places(layout[0]):
        return None
    found = []
    for axis in range(way.rank):
        whole = tuple(digits(layout, axis))
        at = [number for number, dim in enumerate(layout) if whole and dim == whole]
        if len(at) != 1:
            return None
        found.append(at[0])
    [channels] = set(range(1, way.rank + 2)) - set(found)
    return (0, channels, *found)
