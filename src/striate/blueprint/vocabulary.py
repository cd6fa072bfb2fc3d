"""The words of a blueprint: operations that kinds declare, blocks made of them, and how branches meet."""

from __future__ import annotations

from typing import get_args

from striate.blueprint.blocks import BLOCK_WORDS
from striate.blueprint.model import Meeting
from striate.errors import unknown_name
from striate.kinds import Word, words

MEETINGS: tuple[str, ...] = get_args(Meeting)
# Written as a branch that hands its value on.
IDENTITY = "identity"
HEAD = "head"
LET = "let"


def word_of(name: str, *, where: str = "") -> Word:
    """Return the word of that name.

    Raises:
        UnknownNameError: Nobody knows it; the nearest known ones are told.
    """
    kind = words().get(name)
    if kind is not None and kind.word is not None:
        return kind.word
    if name in BLOCK_WORDS:
        return BLOCK_WORDS[name].word
    raise unknown_name("layer word", name, known_words(), where=where)


def known_words() -> list[str]:
    """Return every word that may stand for a layer or for branches."""
    return [*words(), *BLOCK_WORDS, *MEETINGS, HEAD]


def is_reserved(name: str) -> bool:
    """Return whether a name means something already, so that no setting can be called so."""
    taken = {*known_words(), IDENTITY, LET, "input", "classes", "labels", "values", "allow", "by", "on", "off"}
    options = {
        option
        for word in (*(kind.word for kind in words().values()), *(block.word for block in BLOCK_WORDS.values()))
        if word is not None
        for option in word.options
        # Letters are what people call their numbers; where a layer has an argument of that name, the number comes first.
        if len(option) > 1
    }
    return name in taken | options
