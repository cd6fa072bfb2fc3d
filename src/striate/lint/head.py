"""Where the maps end and the fully connected part begins."""

from __future__ import annotations

from striate.analyse import map_lengths
from striate.graph import Op, Shape, size
from striate.lint.paper import Paper

# Above these a head is heavy: its share of all parameters in %, and the values that enter it (twice VGG's).
HEAVY_SHARE = 60.0
MANY_VALUES = 50_000
# As many scores a value can tell apart.
SCORES_A_VALUE = 4
_THROUGH = frozenset({"flatten", "view", "dropout", "identity", "relu", "clamp", "leakyrelu", "elu", "gelu", "silu"})


def flattened(paper: Paper, op: Op) -> tuple[str, Shape] | None:
    """Return the name and shape of the map that a fully connected layer reads flattened, None if it reads none.

    Values whose trailing axes are not known to be places are no maps: a sequence of tokens, or what follows attention.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.records import Evidence
        >>> graph = Blueprint.from_text("input 1x8x8; maxpool 2; classes 2").graph()
        >>> flattened(Paper.of(graph, Evidence()), graph["classes"])
        ('maxpool1', (1, 1, 4, 4))
    """
    if op.kind != "linear" or not op.params:
        return None
    source = paper.back(op.inputs[0], _THROUGH)
    name = source.name if source is not None else next(iter(paper.graph.conditions.inputs))
    shape = paper.shapes[name]
    is_whole = len(shape) > 2 and size(shape[2:]) > 1 and op.params[0].shape[-1] == size(shape[1:])
    return (name, shape) if is_whole and _are_places(paper, name, shape) else None


def _are_places(paper: Paper, name: str, shape: Shape) -> bool:
    """Tell whether every axis of a value from the third on is an axis of the input, in the same order."""
    axes = range(len(paper.input) - 2)
    if not paper.fields[name].is_known or len(axes) != len(shape) - 2:
        return False
    # A permutation keeps every place, and puts features where places were.
    lengths = [map_lengths(paper.graph, name, axis, (paper.input[2 + axis],)) for axis in axes]
    return all(found in {(), (shape[2 + axis],)} for axis, found in zip(axes, lengths, strict=True))


def is_large_end(paper: Paper, op: Op) -> bool:
    """Return whether so many values enter a fully connected layer that their number is what is wrong with it."""
    read = paper.read_by(op)
    return len(read) == 2 and read[1] > MANY_VALUES


def is_narrow_end(paper: Paper, op: Op) -> bool:
    """Return whether a layer makes the network's scores from less than a quarter as many values."""
    read = paper.read_by(op)
    return op.name in paper.graph.outputs and len(read) == 2 and read[1] * SCORES_A_VALUE < op.attributes["width"]


def vector_layers(paper: Paper) -> tuple[Op, ...]:
    """Return the fully connected layers that read one vector an image, in order."""
    return tuple(op for op in paper.graph if op.kind == "linear" and len(paper.read_by(op)) == 2)
