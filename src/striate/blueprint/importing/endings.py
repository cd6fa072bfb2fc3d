"""How a network answers: the layer that gives an output, and the heads that branch off."""

from __future__ import annotations

from dataclasses import dataclass

from striate.blueprint.importing.pieces import Piece, Plain, refused
from striate.blueprint.importing.structure import Structure
from striate.blueprint.model import By, Layer
from striate.errors import BlueprintError, Quoted
from striate.graph import Op, Shape

# The layers an output stands for.
_BY_CONV = {"kernel": (1,), "bias": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The pieces up to an output, what gives it, and how many values it has."""

    pieces: tuple[Piece, ...]
    by: By
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """All outputs of a network: its own, and the heads by the value they read."""

    trunk: Ending
    heads: tuple[tuple[str, Ending], ...]


def ends(structure: Structure) -> Ends:
    """Return the outputs of a table, each with the pieces that lead to it.

    Raises:
        BlueprintError: An output that no ending of a blueprint gives, or heads in another order than they branch off.
    """
    wiring = structure.wiring
    outputs = [wiring.stands_for(name) for name in structure.graph.outputs]
    if not outputs or wiring.source in outputs or len(set(outputs)) < len(outputs):
        raise BlueprintError(
            "every output must be a value of its own", got=Quoted(", ".join(structure.graph.outputs) or "none")
        )
    first, *others = outputs
    # What every path to the network's own output and to another comes through is where that one branches off.
    roots = [wiring.meet((first, other)) for other in others]
    places = [(wiring.place[root], wiring.place[other]) for root, other in zip(roots, others, strict=True)]
    if places != sorted(places):
        raise refused(
            "further outputs must be in the order in which they branch off",
            structure.graph[others[0]],
            hint="They are heads, and a network returns its heads as they are written.",
        )
    pieces = structure.sequence(wiring.source, first)
    trunk = _ending(structure, first, pieces, keeps_last=first in roots)
    heads = [
        (root, _ending(structure, other, structure.sequence(root, other), keeps_last=False))
        for root, other in zip(roots, others, strict=True)
    ]
    return Ends(trunk=trunk, heads=tuple(heads))


def _ending(structure: Structure, name: str, pieces: tuple[Piece, ...], *, keeps_last: bool) -> Ending:
    """Return what gives an output.

    Args:
        structure: The table.
        name: The output.
        pieces: What leads to it.
        keeps_last: Whether something else reads the output too, so that it must stand among the layers.
    """
    op = structure.graph[name]
    last = pieces[-1] if pieces and isinstance(pieces[-1], Plain) else None
    if last is not None and not keeps_last:
        layer, source = last.layer, last.source
        if layer.word == "fc" and layer.arguments == {"width": op.shape[-1], "bias": True} and len(source) == 1:
            return Ending(pieces=pieces[:-1], by="fc", count=op.shape[1])
        if layer.word == "flatten":
            return Ending(pieces=pieces[:-1], by="none", count=op.shape[1])
        if _is_by_conv(layer, source, op):
            return Ending(pieces=pieces[:-1], by="conv", count=op.shape[1])
    if len(op.shape) != 2:
        raise refused(
            "an output must be one value each, or a 1×1 convolution's map", op,
            hint="A network that ends in another map, or in another shape, cannot be said in words.",
        )  # fmt: skip
    return Ending(pieces=pieces, by="none", count=op.shape[1])


def _is_by_conv(layer: Layer, source: Shape, op: Op) -> bool:
    if layer.word == "depthwise":
        # One channel by itself is said shorter so.
        return source[0] == 1 and layer.arguments == _BY_CONV
    return layer.word == "conv" and layer.arguments == {**_BY_CONV, "width": op.shape[1]}
