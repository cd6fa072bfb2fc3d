"""The network by resolution: which layers work at one size of the map, and what is kept there."""

from __future__ import annotations

from striate.graph import Op, Shape
from striate.lint.paper import Paper


def kept_by_sides(paper: Paper) -> dict[Shape, int]:
    """Return the bytes kept for the backward pass by the sides of the map that is read, largest map first.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.records import Evidence
        >>> graph = Blueprint.from_text("input 1x8x8; conv 3x3 2, relu; maxpool 2; conv 3x3 2; classes 2").graph()
        >>> kept_by_sides(Paper.of(graph, Evidence()))   # 2·64 values and 2·16 indices; 2·16 values
        {(8, 8): 768, (4, 4): 128}
    """
    found: dict[Shape, int] = {}
    for op in paper.graph:
        kept = paper.cost.ops[op.name].kept_bytes
        if kept and op.inputs and paper.is_map(op.inputs[0]):
            sides = paper.read_by(op)[2:]
            found[sides] = found.get(sides, 0) + kept
    return dict(sorted(found.items(), reverse=True))


def whole_size(paper: Paper) -> tuple[list[Op], list[Op]]:
    """Return the convolutions that look beyond a pixel: those at the input's own size, and all."""
    wide = [op for op in paper.convolutions if max(op.attributes["kernel"]) > 1 and paper.is_map(op.inputs[0])]
    return [op for op in wide if paper.read_by(op)[2:] == paper.input[2:]], wide
