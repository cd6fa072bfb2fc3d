"""The blocks of a network, as `torch.utils.checkpoint` is put around them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from striate.errors import unknown_name
from striate.graph import Graph, Op

_NUMBERED = re.compile(r"\d[a-z]?$")  # "layer1.0", "denselayer3", "Mixed_5b"


def spans(graph: Graph, paths: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Return the runs of ops (first, last + 1) that happen inside each of some modules, one for each call.

    Raises:
        UnknownNameError: No op happens in a module of that path.
    """
    found: list[tuple[int, int]] = []
    for path in paths:
        inside = [_is_inside(op, path) for op in graph]
        if not any(inside):
            raise unknown_name("module path", path, sorted({op.path for op in graph}))
        begin = None
        for index, is_in in enumerate([*inside, False]):
            if is_in and begin is None:
                begin = index
            elif not is_in and begin is not None:
                found.append((begin, index))
                begin = None
    return tuple(sorted(found))


def blocks(graph: Graph) -> tuple[str, ...]:
    """Return the paths of a network's blocks: the outermost modules, numbered among their like, with several layers inside.

    Stages, which are blocks in a row, are not blocks. Networks without such modules have none.

    Example:
        >>> from striate.graph import Conditions, Graph, Op, Param
        >>> weight = (Param(name="weight", shape=(4, 4)),)
        >>> names = ("stage.0.a", "stage.0.b", "stage.1.a", "stage.1.b", "head")
        >>> befores = ("x", *names[:-1])
        >>> ops = tuple(
        ...     Op(name=name, kind="linear", inputs=(before,), shape=(1, 4), path=name, params=weight)
        ...     for name, before in zip(names, befores)
        ... )
        >>> blocks(Graph(ops=ops, outputs=("head",), conditions=Conditions(inputs={"x": (1, 4)})))
        ('stage.0', 'stage.1')
    """
    layers: dict[str, int] = {}
    for op in graph:
        if any(param.trained and len(param.shape) > 1 for param in op.params):
            for prefix in _prefixes(op.path):
                layers[prefix] = layers.get(prefix, 0) + 1
    several = {path for path, count in layers.items() if count > 1 and _NUMBERED.search(path)}
    # Next to each: how many blocks stand directly in it, whatever unnumbered modules are between.
    inside = Counter(next((p for p in reversed(_prefixes(_parent(path))) if p in several), "") for path in several)
    outer = {path for path in several if inside[path] < 2}
    found = [path for path in outer if not any(prefix in outer for prefix in _prefixes(_parent(path)))]
    order = {prefix: index for index, op in reversed(list(enumerate(graph))) for prefix in _prefixes(op.path)}
    return tuple(sorted(found, key=order.__getitem__))


def _is_inside(op: Op, path: str) -> bool:
    return op.path == path or op.path.startswith(f"{path}.")


def _parent(path: str) -> str:
    return path.rpartition(".")[0]


def _prefixes(path: str) -> list[str]:
    parts = path.split(".") if path else []
    return [".".join(parts[: depth + 1]) for depth in range(len(parts))]
