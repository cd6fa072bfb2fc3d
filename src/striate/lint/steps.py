"""Steps that lose much at once: large strides late in the network, and poolings over many values."""

from __future__ import annotations

from math import prod

from striate.graph import Op
from striate.lint.paper import CONVOLUTIONS, POOLINGS, Paper

# Values a pooling window may hold, by axes of space.
WINDOW_VALUES = {1: 4, 2: 9, 3: 27}


def late_limit(paper: Paper) -> int:
    """Return the largest stride that is small late in a network: 2, and 4 on signals."""
    return 4 if len(paper.input) == 3 else 2


def late_strides(paper: Paper) -> dict[str, int]:
    """Return the strides above the limit, by op, behind at least half of the convolutions and two of them.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.records import Evidence
        >>> graph = Blueprint.from_text("input 1x32x32; (conv 3x3 4) x2; conv 3x3 4 stride 3; classes 2").graph()
        >>> late_strides(Paper.of(graph, Evidence()))
        {'conv3': 3}
    """
    total, before = len(paper.convolutions), 0
    found: dict[str, int] = {}
    for op in paper.graph:
        window = paper.window(op)
        if window is not None and before >= 2 and 2 * before >= total and paper.is_map(op.name):
            found[op.name] = max(window.stride)
        before += op.kind in CONVOLUTIONS
    return {name: stride for name, stride in found.items() if stride > late_limit(paper)}


def is_large_window(paper: Paper, op: Op) -> bool:
    """Return whether an op is a pooling over many values that steps on; one over the whole map is not."""
    if op.kind not in POOLINGS or not paper.is_map(op.name):
        return False
    kernel = op.attributes["kernel"]
    return bool(prod(kernel) > WINDOW_VALUES[len(kernel)] and max(op.attributes["stride"]) > 1)
