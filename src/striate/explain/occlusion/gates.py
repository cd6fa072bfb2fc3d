"""Gates: what a whole map comes down to, by which a map is then multiplied at every place (squeeze-and-excitation)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import prod

from striate.explain.occlusion.node import Node
from striate.graph import Shape
from striate.kinds.reach import Adapts, Mixes


def gates(nodes: Sequence[Node]) -> frozenset[int]:
    """Return the numbers of the values that are means over a whole map and come back to a map; a head's do not."""
    readers: defaultdict[int, list[Node]] = defaultdict(list)
    for node in nodes:
        for value in node.reads:
            readers[value].append(node)
    return frozenset(node.made[0] for node in nodes if _is_over_all(node) and _comes_back(node, readers))


def _is_over_all(node: Node) -> bool:
    is_over = isinstance(node.reach, Adapts | Mixes)
    return is_over and bool(node.sources) and not _is_flat(node.sources[0]) and _is_flat(node.shape)


def _comes_back(node: Node, readers: defaultdict[int, list[Node]]) -> bool:
    """Return whether what a node makes meets a map, after operators that keep it flat."""
    open_values, seen = [*node.made], set(node.made)
    while open_values:
        for reader in readers[open_values.pop()]:
            if not _is_flat(reader.shape):
                return True
            fresh = set(reader.made) - seen
            seen |= fresh
            open_values += fresh
    return False


def _is_flat(shape: Shape) -> bool:
    """Whether there is one place only."""
    return prod(shape[2:]) == 1
