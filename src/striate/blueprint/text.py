"""Reading the one-line form: `input 1x28x28; (conv 3x3 32, batchnorm, relu) x2; maxpool 2; fc 128, relu; classes 10`.

Branches stand in brackets behind the word that says how they meet: `residual(conv 3x3 8, relu; conv 3x3 8 | identity)`.
Settings follow the input: `input 3x32x32; let w 16; …`. What the design may be allowed follows the output. Commas and
semicolons both separate.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from striate.blueprint import allowing, vocabulary
from striate.blueprint.model import Blueprint, Branches, Head, Item, Path, Repeat
from striate.blueprint.outputs import OUTPUTS, output_from
from striate.blueprint.settings import setting_from
from striate.blueprint.tokens import Token, Tokens
from striate.blueprint.values import WHOLE, Choice, Expression, expression_from
from striate.blueprint.walking import MOST_LAYERS, check_length
from striate.blueprint.words import layer_from_tokens
from striate.errors import BlueprintError
from striate.findings import Allowance


def parse(text: str, *, where: str = "text") -> Blueprint:
    """Return the blueprint of one line of text; see `Blueprint.from_text`."""
    reader = _Reader(Tokens(text, where))
    head = reader.tokens.phrase()
    if len(head) != 2 or head[0].text != "input":
        raise BlueprintError(
            "a blueprint must begin with its input",
            got=" ".join(token.text for token in head) or "nothing",
            where=where,
            hint="Write for example: input 1x28x28; …",
        )
    shape = input_shape(head[1].text, where=f"{where}, column {head[1].column}")
    reader.read_settings()
    items, end = reader.items(may_end=True)
    allow = reader.allowances()
    kind, names, by = output_from([token.text for token in end], where=where)
    plan = Blueprint(
        input=shape, items=items, output=kind, names=names, allow=allow, settings=reader.settings, by=by
    )  # fmt: skip
    check_length(plan, where=where)
    return plan


def parse_items(text: str, *, where: str, settings: Mapping[str, Any] | None = None) -> tuple[Item, ...]:
    """Return the items of a piece of text without input and output.

    Raises:
        BlueprintError: It does not read.

    Example:
        >>> [item.word for item in parse_items("conv 3 8, relu", where="text")]
        ['conv', 'relu']
    """
    reader = _Reader(Tokens(text, where), dict(settings or {}))
    items, _ = reader.items()
    return items


def places(text: str) -> dict[Path, tuple[int, int]]:
    """Return line and column, from 1, of every item as it is written; the output comes after the last item."""
    reader = _Reader(Tokens(text, "text"))
    reader.tokens.phrase()
    reader.read_settings()
    items, end = reader.items(may_end=True)
    if end:
        reader.places[len(items),] = end[0].offset
    return {path: line_and_column(text, offset) for path, offset in reader.places.items()}


def places_of_items(text: str, *, settings: Mapping[str, Any], first: int) -> dict[Path, int]:
    """Return the offset of every item of a piece of text; the outermost are numbered from `first`."""
    reader = _Reader(Tokens(text, "text"), dict(settings))
    reader.items()
    return {(first + path[0], *path[1:]): offset for path, offset in reader.places.items()}


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Return line and column, from 1, of a place in a text."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def input_shape(text: str, *, where: str) -> tuple[int, ...]:
    """Return the input shape of a text like 3x224x224."""
    if not re.fullmatch(f"{WHOLE}(x{WHOLE}){{1,3}}", text):
        raise BlueprintError(
            "input must be channels x sizes, 1-D to 3-D",
            got=text,
            where=where,
            hint="Like 3x224x224.",
        )
    shape = tuple(int(part) for part in text.split("x"))
    if min(shape) < 1:
        raise BlueprintError("input sizes must be at least 1", got=text, where=where)
    return shape


@dataclass(slots=True)
class _Reader:
    """Reads items from tokens; values may refer to settings."""

    tokens: Tokens
    settings: dict[str, Any] = field(default_factory=dict)
    places: dict[Path, int] = field(default_factory=dict)

    def read_settings(self) -> None:
        """Take `let NAME VALUE` phrases."""
        while self.tokens.peek() == vocabulary.LET:
            place = self.tokens.place()
            words = [token.text for token in self.tokens.phrase()]
            if len(words) != 3:
                raise BlueprintError(
                    "a setting must have a name and a value", got=" ".join(words), where=place, hint="Like: let w 64."
                )
            self.settings[words[1]] = setting_from(words[1], words[2], self.settings, where=place)

    def items(self, *, above: Path = (), may_end: bool = False) -> tuple[tuple[Item, ...], list[Token]]:
        """Take items up to a closing bracket or bar, or the end; and the output phrase where one may stand.

        Args:
            above: Where the items stand.
            may_end: Whether an output phrase ends them; it is returned.
        """
        items: list[Item] = []
        while not self.tokens.is_at_end():
            here = (*above, len(items))
            self.places[here] = self.tokens.offset
            if self.tokens.peek() == "(":
                items.append(self.repeat(here))
            elif self.tokens.peek(1) == "(" and self.tokens.peek() in vocabulary.MEETINGS:
                items.append(self.branches(here))
            elif self.tokens.peek(1) == "(" and self.tokens.peek() == vocabulary.HEAD:
                items.append(self.head(here))
            elif self.tokens.peek() == vocabulary.IDENTITY:
                self.identity(items)
            else:
                place, phrase = self.tokens.place(), self.tokens.phrase()
                if phrase[0].text in OUTPUTS:
                    if may_end:
                        return tuple(items), phrase
                    raise BlueprintError("every ( must be closed before the output", got=phrase[0].text, where=place)
                items.append(layer_from_tokens([token.text for token in phrase], where=place, settings=self.settings))
        return tuple(items), []

    def identity(self, items: list[Item]) -> None:
        """Take the word for an empty branch; nothing else can stand in it."""
        place = self.tokens.place()
        phrase = self.tokens.phrase()
        if not self.tokens.depth or items or len(phrase) > 1 or self.tokens.peek() not in {"|", ")"}:
            raise BlueprintError("identity must be a branch alone", got=" ".join(t.text for t in phrase), where=place)

    def allowances(self) -> tuple[Allowance, ...]:
        """Take what follows the output: allowances, and nothing else."""
        allow = []
        while self.tokens.peek():
            place, head = self.tokens.place(), self.tokens.peek()
            if head != allowing.WORD:
                raise BlueprintError("nothing but allowances must follow the output", got=head, where=place)
            phrase = [token.text for token in self.tokens.phrase()]
            allow.append(allowing.from_tokens(phrase, where=place))
        return tuple(allow)

    def repeat(self, path: Path) -> Repeat:
        """Take `( items ) xN` and the separator after it."""
        self.tokens.open()
        place = self.tokens.place()
        items, _ = self.items(above=path)
        self.tokens.close(what="a repeat")
        count = self.count()
        if not items or count is None:
            raise BlueprintError(
                f"brackets must hold layers and be followed by x and a number from 1 to {MOST_LAYERS}",
                got=self.tokens.peek() or "nothing",
                where=place,
                hint="Write for example: (conv 3x3 32, relu) x2",
            )
        self.tokens.at += 1
        self.tokens.separator(what="a repeat")
        return Repeat(items=items, count=count)

    def count(self) -> int | Expression | Choice | None:
        """Return what `x2`, `xn` or `x{1,2,3}` says, or None if it says nothing."""
        text = self.tokens.peek()
        if not text.startswith("x"):
            return None
        text = text[1:]
        if text.startswith("{") and text.endswith("}"):
            options = [self.whole(part.strip()) for part in text[1:-1].split(",")]
            found = [option for option in options if option is not None]
            return Choice(tuple(found)) if len(found) == len(set(options)) == len(options) > 1 else None
        return self.whole(text)

    def whole(self, text: str) -> int | Expression | None:
        if re.fullmatch(WHOLE, text):
            return int(text) if 1 <= int(text) <= MOST_LAYERS else None
        return expression_from(text, self.settings)

    def branches(self, path: Path) -> Branches:
        """Take `word( items | items )` and the separator after it."""
        word = self.tokens.peek()
        self.tokens.at += 1
        self.tokens.open()
        branches: list[tuple[Item, ...]] = []
        while True:
            place = self.tokens.place()
            items, _ = self.items(above=(*path, len(branches)))
            is_identity = self.tokens.last == vocabulary.IDENTITY
            if not items and not is_identity:
                raise BlueprintError(f"a branch of {word} must hold layers, or identity", got="nothing", where=place)
            branches.append(items)
            if self.tokens.peek() != "|":
                break
            self.tokens.at += 1
        self.tokens.close(what=word)
        self.tokens.separator(what=word)
        return checked_branches(word, tuple(branches), where=place)

    def head(self, path: Path) -> Head:
        """Take `head( items; classes 10 )` and the separator after it."""
        place = self.tokens.place()
        if len(path) > 1:
            raise BlueprintError("a head must stand outside repeats and branches", got="one inside", where=place)
        self.tokens.at += 1
        self.tokens.open()
        items, end = self.items(above=path, may_end=True)
        kind, names, by = output_from([token.text for token in end], where=place)
        self.places[(*path, len(items))] = end[0].offset
        self.tokens.close(what="a head")
        self.tokens.separator(what="a head")
        return Head(items=items, output=kind, names=names, by=by)


def checked_branches(word: str, branches: tuple[tuple[Item, ...], ...], *, where: str) -> Branches:
    """Return branches if their number is right for the word that joins them.

    Raises:
        BlueprintError: Too few or too many, or more than one that hands its value on as it is.
    """
    least, most = {"residual": (1, 2), "dense": (1, 1)}.get(word, (2, 100))
    if not least <= len(branches) <= most:
        count = str(least) if least == most else f"{least} or {most}" if most == 2 else f"at least {least}"
        raise BlueprintError(f"{word} must have {count} branches", got=len(branches), where=where)
    empty = sum(not branch for branch in branches) + (word == "dense" or (word == "residual" and len(branches) == 1))
    if empty > 1 and word != "choose":
        raise BlueprintError(f"at most one branch of {word} must be identity", got=empty, where=where)
    return Branches(word=word, branches=branches)  # type: ignore[arg-type]  # one of MEETINGS, checked by the callers
