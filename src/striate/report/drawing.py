"""The network as boxes to scale, as data."""

from __future__ import annotations

from collections.abc import Sequence

from striate.analyse import folded
from striate.analyse.layers import tap
from striate.graph import Graph, Shape, times
from striate.page.wire import Block, Drawing
from striate.records import Fold, LayerReading

_LOG_FROM = 512
# More boxes beside each other are a strip to scroll, not a picture.
MOST_BLOCKS = 18


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
    if len(rows) <= MOST_BLOCKS:
        blocks += [_block(row.name, row.shape, learned=row.is_learned) for row in rows]
    else:
        parts = _modules(folded(graph))
        if len(parts) > MOST_BLOCKS:
            return None
        for part in parts:
            ops = [graph[op] for op in part.ops]
            blocks.append(_block(part.name, tap(ops).shape[1:], learned=any(op.params for op in ops)))
    return Drawing(blocks=blocks, log_width=max(block.channels for block in blocks) >= _LOG_FROM)


def _modules(whole: Fold) -> list[Fold]:
    """Return the rows that are seen when modules are opened level by level, as long as they stay few."""
    parts = [part for part in whole.children if part.ops]
    while True:
        opened = [
            inner for part in parts for inner in (part.children if part.sort in {"module", "repeat"} else (part,))
        ]
        if len(opened) > MOST_BLOCKS or len(opened) == len(parts):
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
