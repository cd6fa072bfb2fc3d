"""The network as boxes to scale, as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from striate.analyse import folded
from striate.graph import Graph, Shape, times
from striate.page.wire import Block, Drawing
from striate.records import Fold, LayerReading

_LOG_FROM = 512
MOST_LAYERS = 18
# Boxes that are seen at once; fewer than the least are hardly a drawing; more than the most are none either.
_AT_ONCE, _LEAST, _MOST = 10, 5, 24


def drawing(graph: Graph, rows: Sequence[LayerReading]) -> Drawing | None:
    """Return the drawing of a network in the order it runs, the input first.

    Every layer is a box; where these are too many, every module is one, opened as far as they stay few. None where there
    is nothing to draw to scale: no map comes in, or even the outermost modules are too many.
    """
    name, shape = next(iter(graph.conditions.inputs.items()))
    shape = shape[1:]
    if len(shape) < 2 or not rows:
        return None
    blocks = [_block("input" if len(graph.conditions.inputs) == 1 else name, shape, learned=False)]
    if len(rows) <= MOST_LAYERS:
        blocks += [_block(row.name, row.shape, learned=row.is_learned) for row in rows]
    else:
        parts = _modules(folded(graph))
        if len(parts) > _MOST:
            return None
        short = Counter(part.name for part in parts)
        for part in parts:
            ops = [graph[op] for op in part.ops]
            called = part.name if short[part.name] == 1 or part.sort == "repeat" else part.path
            blocks.append(_block(called, ops[-1].shape[1:], learned=any(op.params for op in ops)))
    return Drawing(blocks=blocks, log_width=max(block.channels for block in blocks) >= _LOG_FROM)


def _modules(whole: Fold) -> list[Fold]:
    """Return the rows that are seen when modules are opened level by level, as long as they stay few."""
    parts = [part for part in whole.children if part.ops]
    while True:
        opened = [
            inner for part in parts for inner in (part.children if part.sort in {"module", "repeat"} else (part,))
        ]
        if len(opened) == len(parts) or len(opened) > (_MOST if len(parts) < _LEAST else _AT_ONCE):
            return parts
        parts = opened


def _block(name: str, shape: Shape, *, learned: bool) -> Block:
    return Block(
        name=name,
        size=times(shape),
        channels=shape[0] if shape else 1,
        side=max(shape[1:], default=1),
        learned=learned,
    )
