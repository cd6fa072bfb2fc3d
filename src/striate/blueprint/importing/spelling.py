"""From an op to the layer that writes it: the arguments by its kind, checked by writing the layer on paper."""

from __future__ import annotations

from typing import Any

from striate.blueprint.model import Layer
from striate.blueprint.paper import rows_of
from striate.blueprint.words import layer_to_text
from striate.errors import StriateError
from striate.graph import Op, Shape
from striate.kinds import Kind, Word, words

# Decided later, by what follows the layer.
_LATER = "bias"


class Speller:
    """Says ops as layers; equal ops are said once."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], Layer | None] = {}

    def __call__(self, op: Op, source: Shape) -> Layer | None:
        """Return the shortest layer that writes exactly this op where it reads a shape, or None.

        Args:
            op: With one input.
            source: What it reads, batch first.
        """
        key = (op.kind, repr(sorted(op.attributes.items())), _params(op), source, op.shape)
        if key not in self._known:
            found = [layer for kind in words_for(op.kind) if (layer := _spelled(kind, op, source)) is not None]
            self._known[key] = min(found, key=lambda layer: len(layer_to_text(layer)), default=None)
        return self._known[key]


def words_for(kind: str) -> list[Kind]:
    """Return the kinds whose words write ops of a kind.

    Example:
        >>> [kind.word.name for kind in words_for("conv")]
        ['conv', 'depthwise']
    """
    return [found for found in words().values() if found.name == kind]


def _spelled(kind: Kind, op: Op, source: Shape) -> Layer | None:
    word = kind.word
    if word is None:
        return None
    arguments = kind.arguments(op.attributes, source)
    if not set(word.required) <= arguments.keys() or not _writes(word, arguments, op, source):
        return None
    for name in [name for name in arguments if name not in word.required and name != _LATER]:
        fewer = {other: value for other, value in arguments.items() if other != name}
        if _writes(word, fewer, op, source):
            arguments = fewer
    return Layer(word=word.name, arguments=arguments)


def _writes(word: Word, arguments: dict[str, Any], op: Op, source: Shape) -> bool:
    """Return whether a layer makes this op and nothing else."""
    try:
        made = rows_of((Layer(word=word.name, arguments=arguments),), source).ops
    except StriateError:
        return False
    return len(made) == 1 and _same(made[0], op)


def _same(made: Op, op: Op) -> bool:
    attributes = [{name: value for name, value in each.attributes.items() if name != "start"} for each in (made, op)]
    return (made.kind, made.shape, _params(made)) == (op.kind, op.shape, _params(op)) and attributes[0] == attributes[1]


def _params(op: Op) -> tuple[tuple[str, Shape], ...]:
    return tuple((param.name, param.shape) for param in op.params)
