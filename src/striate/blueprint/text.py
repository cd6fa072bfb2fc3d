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
from striate.blueprint.values import Choice, Expression, expression_from
from striate.blueprint.walking import MOST_LAYERS, check_length
from striate.blueprint.words import layer_from_tokens
from striate.errors import BlueprintError, unknown_name
from striate.findings import Allowance

DEEPEST = 20
_MARKS = frozenset("(),;|")
_ENDS = frozenset({"", ",", ";", "(", ")", "|"})
_TOKEN = re.compile(r"\s*(?:(?P<mark>[(),;|])|(?P<word>(?:\{[^{}]*\}|[^\s(),;|{}])+))")
# The reason of an allowance, read as JSON.
_QUOTED = re.compile(r'\s*(?P<word>"(?:[^"\\]|\\.)*")')


def parse(text: str, *, where: str = "text") -> Blueprint:
    """Return the blueprint of one line of text; see `Blueprint.from_text`."""
    reader = _Reader(text, where)
    head = reader.phrase()
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
    reader = _Reader(text, where, dict(settings or {}))
    items, _ = reader.items()
    return items


def places(text: str) -> dict[Path, tuple[int, int]]:
    """Return line and column, from 1, of every item as it is written; the output comes after the last item."""
    reader = _Reader(text, "text")
    reader.phrase()
    reader.read_settings()
    items, end = reader.items(may_end=True)
    if end:
        reader.places[len(items),] = end[0].offset
    return {path: line_and_column(text, offset) for path, offset in reader.places.items()}


def places_of_items(text: str, *, settings: Mapping[str, Any], first: int) -> dict[Path, int]:
    """Return the offset of every item of a piece of text; the outermost are numbered from `first`."""
    reader = _Reader(text, "text", dict(settings))
    reader.items()
    return {(first + path[0], *path[1:]): offset for path, offset in reader.places.items()}


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Return line and column, from 1, of a place in a text."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def input_shape(text: str, *, where: str) -> tuple[int, ...]:
    """Return the input shape of a text like 3x224x224."""
    if not re.fullmatch(r"[0-9]+(x[0-9]+){1,3}", text):
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


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    column: int
    offset: int = 0


@dataclass(slots=True)
class _Reader:
    """Tokens of a text, taken phrase by phrase."""

    text: str
    where: str
    settings: dict[str, Any] = field(default_factory=dict)
    tokens: list[_Token] = field(default_factory=list)
    places: dict[Path, int] = field(default_factory=dict)
    at: int = 0
    depth: int = 0

    def __post_init__(self) -> None:
        place, is_allowance = len(self.text) - len(self.text.lstrip()), False
        lead, end = place, len(self.text.rstrip())
        while place < end:
            match = (_QUOTED.match(self.text, place) if is_allowance else None) or _TOKEN.match(self.text, place, end)
            if match is None or match.end() == place:
                raise BlueprintError(
                    "every { must be closed by a }, with values in between",
                    got=self.text[place:].strip()[:20],
                    where=f"{self.where}, column {place - lead + 1}",
                )
            start = match.start(match.lastgroup or 0)
            self.tokens.append(_Token(match[0].strip(), start - lead + 1, start))
            if match.lastgroup == "mark":
                is_allowance = False
            elif len(self.tokens) == 1 or self.tokens[-2].text in _MARKS:
                is_allowance = match["word"] == allowing.WORD
            place = match.end()

    def peek(self, ahead: int = 0) -> str:
        return self.tokens[self.at + ahead].text if self.at + ahead < len(self.tokens) else ""

    def place(self) -> str:
        token = self.tokens[min(self.at, len(self.tokens) - 1)] if self.tokens else _Token("", 1)
        return f"{self.where}, column {token.column}"

    def phrase(self) -> list[_Token]:
        """Take the words up to the next mark, and the separator after them."""
        taken: list[_Token] = []
        while self.peek() not in _ENDS:
            taken.append(self.tokens[self.at])
            self.at += 1
        if self.peek() == "(" and len(taken) == 1 and taken[0].text not in vocabulary.known_words():
            place = f"{self.where}, column {taken[0].column}"
            raise unknown_name("word for branches", taken[0].text, [*vocabulary.MEETINGS, vocabulary.HEAD], where=place)
        if self.peek() == "(" and taken:
            raise BlueprintError(
                "brackets must stand after a separator, or behind a word for branches",
                got=" ".join(token.text for token in taken) + " (",
                where=self.place(),
                hint=f"Such words are {', '.join(vocabulary.MEETINGS)} and {vocabulary.HEAD}.",
            )
        if self.peek() in {",", ";"}:
            self.at += 1
        return taken

    def read_settings(self) -> None:
        """Take `let NAME VALUE` phrases."""
        while self.peek() == vocabulary.LET:
            place = self.place()
            words = [token.text for token in self.phrase()]
            if len(words) != 3:
                raise BlueprintError(
                    "a setting must have a name and a value", got=" ".join(words), where=place, hint="Like: let w 64."
                )
            self.settings[words[1]] = setting_from(words[1], words[2], self.settings, where=place)

    def items(self, *, above: Path = (), may_end: bool = False) -> tuple[tuple[Item, ...], list[_Token]]:
        """Take items up to a closing bracket or bar, or the end; and the output phrase where one may stand.

        Args:
            above: Where the items stand.
            may_end: Whether an output phrase ends them; it is returned.
        """
        items: list[Item] = []
        while not self.is_at_end():
            here = (*above, len(items))
            self.places[here] = self.tokens[self.at].offset
            if self.peek() == "(":
                items.append(self.repeat(here))
            elif self.peek(1) == "(" and self.peek() in vocabulary.MEETINGS:
                items.append(self.branches(here))
            elif self.peek(1) == "(" and self.peek() == vocabulary.HEAD:
                items.append(self.head(here))
            elif self.peek() == vocabulary.IDENTITY:
                self.identity(items)
            else:
                place, phrase = self.place(), self.phrase()
                if phrase[0].text in OUTPUTS:
                    if may_end:
                        return tuple(items), phrase
                    raise BlueprintError("every ( must be closed before the output", got=phrase[0].text, where=place)
                items.append(layer_from_tokens([token.text for token in phrase], where=place, settings=self.settings))
        return tuple(items), []

    def identity(self, items: list[Item]) -> None:
        """Take the word for an empty branch; nothing else can stand in it."""
        place = self.place()
        phrase = self.phrase()
        if not self.depth or items or len(phrase) > 1 or self.peek() not in {"|", ")"}:
            raise BlueprintError("identity must be a branch alone", got=" ".join(t.text for t in phrase), where=place)

    def allowances(self) -> tuple[Allowance, ...]:
        """Take what follows the output: allowances, and nothing else."""
        allow = []
        while self.peek():
            place, head = self.place(), self.peek()
            if head != allowing.WORD:
                raise BlueprintError("nothing but allowances must follow the output", got=head, where=place)
            phrase = [token.text for token in self.phrase()]
            allow.append(allowing.from_tokens(phrase, where=place))
        return tuple(allow)

    def is_at_end(self) -> bool:
        """Return whether the items end here; refuse marks that cannot stand here."""
        mark = self.peek()
        if mark in {",", ";"}:
            raise BlueprintError("a layer must stand between separators", got=mark, where=self.place())
        if mark in {")", "|"} and not self.depth:
            rule = "every ) must close a (" if mark == ")" else "a bar must stand between branches"
            raise BlueprintError(rule, got=mark, where=self.place())
        if mark == "" and self.depth:
            raise BlueprintError("every ( must be closed", got="end of the text", where=self.place())
        return mark in {"", ")", "|"}

    def open(self) -> None:
        """Take an opening bracket."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise BlueprintError(f"brackets must be at most {DEEPEST} deep", got=self.depth, where=self.place())
        self.at += 1

    def close(self, *, what: str) -> None:
        """Take a closing bracket and, where one must follow, the separator after it."""
        if self.peek() != ")":
            raise BlueprintError(f"{what} must end with a )", got=self.peek() or "end of the text", where=self.place())
        self.depth -= 1
        self.at += 1

    def separator(self, *, what: str) -> None:
        """Take the separator after something in brackets."""
        if self.peek() in {",", ";"}:
            self.at += 1
        elif self.peek() not in {"", ")", "|"}:
            raise BlueprintError(f"a separator must follow {what}", got=self.peek(), where=self.place())

    def repeat(self, path: Path) -> Repeat:
        """Take `( items ) xN` and the separator after it."""
        self.open()
        place = self.place()
        items, _ = self.items(above=path)
        self.close(what="a repeat")
        count = self.count()
        if not items or count is None:
            raise BlueprintError(
                "brackets must hold layers and be followed by x and a number",
                got=self.peek() or "nothing",
                where=place,
                hint="Write for example: (conv 3x3 32, relu) x2",
            )
        self.at += 1
        self.separator(what="a repeat")
        return Repeat(items=items, count=count)

    def count(self) -> int | Expression | Choice | None:
        """Return what `x2`, `xn` or `x{1,2,3}` says, or None if it says nothing."""
        text = self.peek()
        if not text.startswith("x"):
            return None
        text = text[1:]
        if text.startswith("{") and text.endswith("}"):
            options = [self.whole(part.strip()) for part in text[1:-1].split(",")]
            found = [option for option in options if option is not None]
            return Choice(tuple(found)) if len(found) == len(set(options)) == len(options) > 1 else None
        return self.whole(text)

    def whole(self, text: str) -> int | Expression | None:
        if text.isascii() and text.isdigit():
            return int(text) if 1 <= int(text) <= MOST_LAYERS else None
        return expression_from(text, self.settings)

    def branches(self, path: Path) -> Branches:
        """Take `word( items | items )` and the separator after it."""
        word = self.peek()
        self.at += 1
        self.open()
        branches: list[tuple[Item, ...]] = []
        while True:
            place = self.place()
            items, _ = self.items(above=(*path, len(branches)))
            is_identity = self.tokens[self.at - 1].text == vocabulary.IDENTITY
            if not items and not is_identity:
                raise BlueprintError(f"a branch of {word} must hold layers, or identity", got="nothing", where=place)
            branches.append(items)
            if self.peek() != "|":
                break
            self.at += 1
        self.close(what=word)
        self.separator(what=word)
        return checked_branches(word, tuple(branches), where=place)

    def head(self, path: Path) -> Head:
        """Take `head( items; classes 10 )` and the separator after it."""
        place = self.place()
        if len(path) > 1:
            raise BlueprintError("a head must stand outside repeats and branches", got="one inside", where=place)
        self.at += 1
        self.open()
        items, end = self.items(above=path, may_end=True)
        kind, names, by = output_from([token.text for token in end], where=place)
        self.places[(*path, len(items))] = (end or self.tokens[:1])[0].offset
        self.close(what="a head")
        self.separator(what="a head")
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
