"""Blocks: words that stand for several layers. Each says in the blueprint's own language what it is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from striate.blueprint.model import Item
from striate.graph import Shape
from striate.kinds import Word
from striate.registry import Registry

# The text of a block's layers, from its arguments and the shape it reads (batch first).
Spelling = Callable[[Mapping[str, Any], Shape], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A word with its layers.

    Attributes:
        word: The word and its arguments.
        spelling: From the arguments and the shape it reads to the layers, in the one-line form.
        source: Where it was published.
    """

    word: Word
    spelling: Spelling
    source: str = ""

    def items(self, arguments: Mapping[str, Any], source: Shape) -> tuple[Item, ...]:
        """Return the layers it stands for where it reads a stated shape.

        Raises:
            ShapeError: Arguments that do not fit what it reads.
        """
        from striate.blueprint.text import parse_items

        return parse_items(self.spelling(arguments, source), where=self.word.name)


BLOCK_WORDS: Registry[Block] = Registry("block word", "striate.block_words")
