"""How an op multiplies, in the words in which its time is compared."""

from __future__ import annotations

from collections.abc import Sequence

from striate.graph import Op, Shape, times

_NAMES = {"convtranspose": "transposed convolution", "matmul": "matrix product", "attention": "attention"}


def work_of(op: Op, sources: Sequence[Shape]) -> str:
    """Return how an op multiplies; empty for one that does not.

    Args:
        op: The op.
        sources: Shapes of the ops it reads, batch first.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> graph = Blueprint.from_text("input 4x8x8; conv 3x3 8, relu; conv 3x3 8 groups 8; classes 2").graph()
        >>> [work_of(op, graph.input_shapes(op)) for op in graph]
        ['convolution 3×3', '', 'depthwise convolution', '', 'fully connected']
    """
    if op.kind == "conv":
        groups = op.attributes["groups"]
        if groups == 1:
            return f"convolution {times(op.attributes['kernel'])}"
        return "depthwise convolution" if groups == sources[0][1] else "grouped convolution"
    if op.kind == "linear":
        # On tokens or on a map with its channels last it is a 1×1 convolution by another name.
        return "fully connected" if len(op.shape) == 2 else "fully connected at every place"
    return _NAMES.get(op.kind, "")
