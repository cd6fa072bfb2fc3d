"""How long values are held while a network runs forward."""

from __future__ import annotations

from collections.abc import Sequence

from striate.analyse.memory.storage import Row
from striate.graph import Graph, size


def last_uses(graph: Graph, table: Sequence[Row]) -> dict[str, int]:
    """Return, for every root, the index of the op after which nobody holds it; the number of ops for outputs.

    A value that is handed to a module is held by the caller until that module returns, however early it is read inside.
    """
    ends = _ends(table)
    root = {name: name for name in graph.conditions.inputs} | {row.op.name: row.root for row in table}
    parts = {row.op.name: row.op.path.split(".") if row.op.path else [] for row in table}
    parts |= {name: [] for name in graph.conditions.inputs}
    last: dict[str, int] = {}
    for index, row in enumerate(table):
        # Autocast keeps the half copies of parameters until the forward pass is through.
        is_cached = row.op.copies and not row.op.inputs
        last[row.root] = max(last.get(row.root, 0), len(table) - 1 if is_cached else index)
        place = parts[row.op.name]
        for name in row.op.inputs:
            shared = _shared(parts[name], place)
            until = ends[index][shared] if shared < len(place) else index
            last[root[name]] = max(last.get(root[name], 0), until)
    return last | {root[name]: len(table) for name in graph.outputs}


def _shared(first: Sequence[str], second: Sequence[str]) -> int:
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count


def _ends(table: Sequence[Row]) -> list[list[int]]:
    """Return, for every op and every module around it from the outermost, the last op of that call of the module."""
    found: list[list[int]] = [[] for _ in table]
    after: list[str] = []
    for index in range(len(table) - 1, -1, -1):
        place = table[index].op.path.split(".") if table[index].op.path else []
        same = _shared(place, after)
        found[index] = [found[index + 1][depth] if depth < same else index for depth in range(len(place))]
        after = place
    return found


def splits(table: Sequence[Row]) -> dict[int, int]:
    """Return, for every part of a value that was cut in one go, the index of the first part.

    Their gradients are put together at once; those of single slices come one by one.
    """
    found: dict[int, int] = {}
    begun = 0
    for index, row in enumerate(table):
        if row.op.kind != "slice" or table[begun].op.kind != "slice" or table[begun].op.inputs != row.op.inputs:
            begun = index
        if row.op.kind == "slice" and sum(r.op.elements for r in table[begun : index + 1]) == size(row.sources[0]):
            found |= dict.fromkeys(range(begun, index + 1), begun)
    return found
