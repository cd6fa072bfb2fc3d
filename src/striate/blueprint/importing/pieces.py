"""What a table is taken apart into: layers and branches, each with what it reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from striate.blueprint.model import Layer, Meeting
from striate.errors import BlueprintError, Quoted
from striate.graph import Op, Shape, times


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """An op as the layer that writes it, every switch for a bias given; two are equal whatever their ops are called."""

    layer: Layer
    source: Shape
    op: str = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Branches that read the same value, without items where one hands it on, and the op in which they meet."""

    word: Meeting
    branches: tuple[tuple[Piece, ...], ...]
    source: Shape
    op: str = field(compare=False)


Piece = Plain | Joined


def layers(pieces: Sequence[Piece]) -> Iterator[Layer]:
    """Yield the layers of pieces, branches one after the other."""
    for piece in pieces:
        if isinstance(piece, Plain):
            yield piece.layer
        else:
            for branch in piece.branches:
                yield from layers(branch)


def refused(rule: str, op: Op, *, hint: str = "") -> BlueprintError:
    """Return the error for an op that cannot be said in words."""
    return BlueprintError(
        rule, got=Quoted(f"{op.kind}, giving {times(op.shape[1:]) or 'one value'}"), where=op.name, hint=hint
    )
