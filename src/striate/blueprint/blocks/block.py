"""Blocks: words that stand for several layers. Each says in the blueprint's own language what it is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from striate.blueprint.model import Layer
from striate.graph import Shape
from striate.kinds import Word
from striate.registry import Registry

# The text of a block's layers, from its arguments and the shape it reads (batch first).
Spelling = Callable[[Mapping[str, Any], Shape], str]
# The arguments it must have if these are its first layers, in the order they run; raises KeyError or IndexError, or
# returns something that does not fit, where they are another's.
Guess = Callable[[Sequence[Layer], Shape], Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A word with its layers.

    Attributes:
        word: The word and its arguments.
        spelling: From the arguments and the shape it reads to the layers, in the one-line form.
        source: Where it was published.
        guess: From layers and the shape the first reads (without the batch) to the arguments, so that an imported network
            has the block's word; whether they are right is seen by spelling the block out. Without it, its layers stay.
    """

    word: Word
    spelling: Spelling
    source: str = ""
    guess: Guess | None = None


def strided(stride: tuple[int, ...]) -> str:
    """Return a stride as it is written behind a layer; nothing where it is 1.

    Example:
        >>> strided((2,)), strided((1, 2)), strided((1, 1))
        (' stride 2', ' stride 1x2', '')
    """
    return "" if set(stride) == {1} else f" stride {'x'.join(map(str, stride))}"


BLOCK_WORDS: Registry[Block] = Registry("block word", "striate.block_words")
