"""Where the values of a table lie: which share memory, which need a gradient, and which are kept for the backward pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from striate.graph import Graph, Op, Shape
from striate.kinds import Kind, kind_of

_FLOATS = frozenset({"float64", "float32", "float16", "bfloat16", "complex64", "complex128"})


@dataclass(frozen=True, slots=True)
class Row:
    """One op with what its memory depends on.

    Attributes:
        sources: Shapes it reads.
        root: Name of the op or input whose memory its output lies in; its own name if it takes memory.
        taken_bytes: Memory it takes for its output: 0 for views and in-place ops.
        needs_gradient: Whether a gradient flows back through it.
        needing: Positions of its inputs that need a gradient.
        kept: Roots of the values it keeps for the backward pass.
        kept_bytes: What it keeps beside them: indices, statistics, masks, copies of what it overwrites.
    """

    op: Op
    kind: Kind | None
    sources: tuple[Shape, ...]
    root: str
    taken_bytes: int
    needs_gradient: bool
    needing: tuple[int, ...]
    kept: tuple[str, ...]
    kept_bytes: int


def rows(graph: Graph) -> tuple[Row, ...]:
    """Return every op of a table with where its value lies.

    A dropout row counts as in training: whether it does anything is for the reader to decide.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> plan = Blueprint.from_text("input 1x4x4; conv 3x3 2, relu; classes 3")
        >>> [(row.op.name, row.root, row.kept) for row in rows(plan.graph())][1:3]
        [('relu1', 'relu1', ('relu1',)), ('flatten1', 'relu1', ())]
    """
    root = {name: name for name in graph.conditions.inputs}
    needs = dict.fromkeys(root, False)
    found = []
    unreached = _unreached(graph)
    for op in graph:
        row = _row(op, graph.input_shapes(op), root, needs, is_reached=op.name not in unreached)
        root[op.name], needs[op.name] = row.root, row.needs_gradient
        found.append(row)
    return tuple(found)


def _row(
    op: Op, sources: tuple[Shape, ...], root: Mapping[str, str], needs: Mapping[str, bool], *, is_reached: bool
) -> Row:
    kind = kind_of(op.kind)
    needing = tuple(i for i, name in enumerate(op.inputs) if needs[name])
    has_trained = any(param.trained for param in op.params)
    needs_gradient = (bool(needing) or has_trained) and op.dtype in _FLOATS and is_reached
    # Dropout of nothing returns what it was given.
    is_view = kind is not None and not op.copies and (kind.is_view or _drops_nothing(op))
    shares = bool(op.inputs) and (op.in_place or is_view)
    # What no op makes lies in the module: it is a parameter or a buffer, and counted there.
    is_constant = not op.inputs and is_view
    kept: tuple[str, ...] = ()
    kept_bytes = 0
    if needs_gradient and kind is not None:
        asked = kind.kept(op, sources)
        kept_bytes = asked.extra_bytes
        positions = [i for i in asked.inputs if i < len(op.inputs)]
        positions += [i for i in asked.for_others if has_trained or any(j != i for j in needing)]
        if op.in_place and 0 in positions:
            # Its input is gone once it has run: a copy is kept.
            positions = [i for i in positions if i != 0]
            kept_bytes += op.bytes
        names = [root[op.inputs[i]] for i in positions]
        if asked.output:
            names.append(root[op.inputs[0]] if shares else op.name)
        kept = tuple(dict.fromkeys(names))
    return Row(
        op=op,
        kind=kind,
        sources=sources,
        root=root[op.inputs[0]] if shares else op.name,
        taken_bytes=0 if shares or is_constant else op.bytes,
        needs_gradient=needs_gradient,
        needing=needing,
        kept=kept,
        kept_bytes=kept_bytes,
    )


def _drops_nothing(op: Op) -> bool:
    return op.kind in {"dropout", "droppath"} and not op.attributes.get("share", 1)


def root_bytes(graph: Graph, table: tuple[Row, ...]) -> dict[str, int]:
    """Return the memory of every root: the graph's inputs and the ops that take memory."""
    found = {name: graph.conditions.input_bytes(name) for name in graph.conditions.inputs}
    return found | {row.op.name: row.taken_bytes for row in table if row.root == row.op.name}


def parameters(graph: Graph) -> dict[str, tuple[int, bool]]:
    """Return (bytes, whether it is trained) of every parameter that an op reads, by key; shared ones stand once."""
    unreached = _unreached(graph)
    found: dict[str, tuple[int, bool]] = {}
    for op in graph:
        for param in op.params:
            key = param.key or f"{op.name}.{param.name}"
            is_trained = (param.trained and op.name not in unreached) or found.get(key, (0, False))[1]
            found[key] = (param.bytes, is_trained)
    return found


def _unreached(graph: Graph) -> frozenset[str]:
    """Return the ops that no gradient comes to, as `detach` lets values through and stops gradients."""
    if not any(op.attributes.get("stops") for op in graph):
        return frozenset()
    reached = set(graph.outputs)
    for op in reversed(graph.ops):
        if op.attributes.get("stops"):
            reached.discard(op.name)
        if op.name in reached:
            reached.update(op.inputs)
    return frozenset(op.name for op in graph if op.name not in reached)
