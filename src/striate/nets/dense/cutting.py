"""Where the trunk of a classifier ends and its head begins: the last map through which everything goes."""

from __future__ import annotations

from dataclasses import dataclass

from striate.analyse.field.way import Way
from striate.errors import InputError, Quoted
from striate.graph import Graph, Op, Shape, times
from striate.nets.passages import live_ops, passages, place_order

# Pooling to a stated size, and what it is called where it is done by arithmetic.
ADAPTIVE = frozenset({"globalavgpool", "globalmaxpool"})
WINDOWS = frozenset({"avgpool", "maxpool"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A network in two parts.

    Attributes:
        trunk: Name of the op whose value is the last map.
        order: Its dimensions in the order (batch, channels, axes of space…).
        shape: (channels, axes…) of the map.
        head: The ops behind it, in order.
        is_chain: For each of them, whether it reads the one before it and nothing else, and is read by the next alone.
    """

    trunk: str
    order: tuple[int, ...]
    shape: Shape
    head: tuple[Op, ...]
    is_chain: tuple[bool, ...]


def cut(graph: Graph) -> Cut:
    """Return where a classifier's head begins.

    Args:
        graph: A table for at least two images, so that a reshaping of images into one another is seen.

    Raises:
        InputError: It has several inputs or outputs, answers with a map, or has no map that everything goes through.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> plan = Blueprint.from_text("input 1x28x28; conv 3x3 8, relu; maxpool 2; fc 32, relu; classes 10")
        >>> found = cut(plan.graph(batch=2))
        >>> found.trunk, found.shape, [op.name for op in found.head]
        ('maxpool1', (8, 14, 14), ['flatten1', 'fc1', 'relu2', 'classes'])
    """
    _check(graph)
    way = Way.through(graph)
    live = live_ops(graph)
    through = passages(graph, live)
    best: tuple[int, tuple[int, ...]] | None = None
    for place, op in enumerate(live):
        if op.name not in through:
            continue
        if op.kind in ADAPTIVE or (op.kind in WINDOWS and _is_whole(graph, op)):
            break
        order = place_order(way, op)
        if order is not None:
            best = place, order
    if best is None:
        raise InputError(
            "a classifier must have a map that all its ops go through",
            got=Quoted("none whose every position belongs to a place of the image"),
            hint=_hint(way, graph),
        )
    place, order = best
    trunk, head = live[place], tuple(live[place + 1 :])
    if not head:
        raise InputError(
            "a classifier must end in scores, not in a map",
            got=Quoted(f"{times(trunk.shape[1:])} from {trunk.name}"),
            hint="Such a network is fully convolutional already.",
        )
    before = [trunk.name, *(op.name for op in head)]
    chain = tuple(op.inputs == (before[n],) and op.name in through for n, op in enumerate(head))
    return Cut(trunk=trunk.name, order=order, shape=tuple(trunk.shape[d] for d in order[1:]), head=head, is_chain=chain)


def _check(graph: Graph) -> None:
    if len(graph.conditions.inputs) != 1:
        names = ", ".join(graph.conditions.inputs)
        raise InputError("a network must read one image to be made dense", got=Quoted(names))
    if len(graph.outputs) != 1:
        raise InputError(
            "a network must have one output to be made dense",
            got=Quoted(", ".join(graph.outputs)),
            hint="Wrap it in a module that returns the scores alone.",
        )
    if graph.outputs[0] in graph.conditions.inputs:
        raise InputError("a network must compute something to be made dense", got=Quoted("its input"))


def _is_whole(graph: Graph, op: Op) -> bool:
    """Return whether a pooling window is the whole map."""
    source = graph.input_shapes(op)[0]
    is_padded = any(map(any, op.attributes["padding"]))
    return op.attributes["kernel"] == source[2:] and not is_padded and set(op.shape[2:]) == {1}


def _hint(way: Way, graph: Graph) -> str:
    if way.lost:
        op = graph[next(iter(way.lost.values()))]
        return f"Places are lost at {op.name} ({op.kind})."
    return "Networks of tokens answer for whole images only: give them crops."
