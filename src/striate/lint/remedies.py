"""What the cures of several rules share: layers as text, taking steps out, groups of enough values."""

from __future__ import annotations

from collections import Counter

from striate.findings import Edit, remove, set_argument
from striate.graph import Op
from striate.lint.paper import CONVOLUTIONS, LEARNED, POOLINGS, Paper

# Kinds whose blueprint word is called the same.
_ACTIVATIONS = frozenset({"relu", "leakyrelu", "elu", "gelu", "silu", "hardswish", "celu", "selu", "mish", "prelu"})
_MOST_GROUPS = 32
_GROUP_VALUES = 16


def activation_word(paper: Paper) -> str:
    """Return the word of the activation this network uses most, relu if it uses none that has a word."""
    counts = Counter(op.kind for op in paper.graph if op.kind in _ACTIVATIONS)
    return counts.most_common(1)[0][0] if counts else "relu"


def conv_text(rank: int, side: int, width: int) -> str:
    """Return a convolution as a blueprint writes it.

    Example:
        >>> conv_text(2, 3, 16)
        'conv 3x3 16'
    """
    return f"conv {'x'.join([str(side)] * rank)} {width}"


def followers(paper: Paper, op: Op) -> list[str]:
    """Return the ops after one, up to the next that learns or pools: they make no sense without it."""
    found = []
    reader = paper.ahead(op.name, frozenset())
    while reader is not None and reader.kind not in LEARNED | POOLINGS and reader.kind not in {"flatten", "view"}:
        found.append(reader.name)
        reader = paper.ahead(reader.name, frozenset())
    return found


def without_steps(paper: Paper, name: str, least_px: int) -> tuple[Edit, ...]:
    """Return the edits that take the last steps before a map out until it has at least so many pixels a side.

    A pooling is removed, a convolution keeps its kernel and loses its stride; () if that does not suffice.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.records import Evidence
        >>> graph = Blueprint.from_text("input 1x8x8; conv 3x3 4 stride 2; maxpool 2; conv 3x3 4; classes 2").graph()
        >>> [str(edit) for edit in without_steps(Paper.of(graph, Evidence()), "maxpool1", 3)]
        ['remove maxpool1']
    """
    sides = list(paper.shapes[name][2:])
    edits: list[Edit] = []
    while min(sides) < least_px:
        op = paper.ops.get(name)
        if op is None or not op.inputs:
            return ()
        window = paper.window(op)
        if window is not None and max(window.stride) > 1:
            edits.append(set_argument(op.name, "stride", None) if op.kind in CONVOLUTIONS else remove(op.name))
            sides = [side * step for side, step in zip(sides, window.stride, strict=True)]
        name = op.inputs[0]
    return tuple(edits)


def group_count(channels: int, places: int) -> int:
    """Return into how many groups channels are normalised, at most 32, so that each holds 16 values or more.

    Example:
        >>> group_count(64, 1), group_count(64, 49), group_count(10, 1)
        (4, 32, 1)
    """
    fitting = [n for n in range(1, _MOST_GROUPS + 1) if channels % n == 0 and channels // n * places >= _GROUP_VALUES]
    return max(fitting, default=1)
