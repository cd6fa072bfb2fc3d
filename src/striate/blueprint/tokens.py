"""Tokens of the one-line form: words, marks, values in braces and quoted reasons, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from striate.blueprint import allowing, vocabulary
from striate.errors import BlueprintError, unknown_name

DEEPEST = 20
_MARKS = frozenset("(),;|")
_ENDS = frozenset({"", ",", ";", "(", ")", "|"})
_TOKEN = re.compile(r"\s*(?:(?P<mark>[(),;|])|(?P<word>(?:\{[^{}]*\}|[^\s(),;|{}])+))")
# The reason of an allowance, read as JSON.
_QUOTED = re.compile(r'\s*(?P<word>"(?:[^"\\]|\\.)*")')


@dataclass(frozen=True, slots=True)
class Token:
    """A word or mark, with its column from 1 and its place in the text."""

    text: str
    column: int
    offset: int = 0


@dataclass(slots=True)
class Tokens:
    """Tokens of a text, taken one after the other.

    Attributes:
        text: The whole of it.
        where: What it is called in messages.
        found: Its tokens.
        at: The next one.
        depth: Brackets that are open.
    """

    text: str
    where: str
    found: list[Token] = field(default_factory=list)
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
            self.found.append(Token(match[0].strip(), start - lead + 1, start))
            if match.lastgroup == "mark":
                is_allowance = False
            elif len(self.found) == 1 or self.found[-2].text in _MARKS:
                is_allowance = match["word"] == allowing.WORD
            place = match.end()

    def peek(self, ahead: int = 0) -> str:
        """Return the next token, or one behind it; "" behind the last."""
        return self.found[self.at + ahead].text if self.at + ahead < len(self.found) else ""

    @property
    def offset(self) -> int:
        """Where the next token begins in the text."""
        return self.found[self.at].offset

    @property
    def last(self) -> str:
        """The token that was taken last."""
        return self.found[self.at - 1].text

    def place(self) -> str:
        """Return where the next token stands, in words."""
        token = self.found[min(self.at, len(self.found) - 1)] if self.found else Token("", 1)
        return f"{self.where}, column {token.column}"

    def phrase(self) -> list[Token]:
        """Take the words up to the next mark, and the separator after them."""
        taken: list[Token] = []
        while self.peek() not in _ENDS:
            taken.append(self.found[self.at])
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
