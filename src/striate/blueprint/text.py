"""The one-line form: `input 1x28x28; (conv 3x3 32, batchnorm, relu) x2; maxpool 2; fc 128, relu; classes 10`.

What this design may be allowed follows the output: `…; classes 10; allow unaligned-padding at conv1 because "…"`.

Commas and semicolons both separate. Writing puts a comma before what follows a layer (normalisation, activation) and
a semicolon before everything else, so that a blueprint has one text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from striate.blueprint import allowing
from striate.blueprint.model import Blueprint, Item, Path, Repeat
from striate.blueprint.words import layer_from_tokens, layer_to_text
from striate.errors import BlueprintError
from striate.findings import Allowance
from striate.kinds import words
from striate.records.output import OutputKind

OUTPUTS: dict[str, OutputKind] = {"classes": "classes", "labels": "labels", "values": "values"}
MOST_LAYERS = 10_000
DEEPEST = 20
_MARKS = frozenset("(),;")
_TOKEN = re.compile(r"\s*(?:(?P<mark>[(),;])|(?P<word>[^\s(),;]+))")
# The reason of an allowance, read as JSON.
_QUOTED = re.compile(r'\s*(?P<word>"(?:[^"\\]|\\.)*")')


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    column: int
    offset: int = 0


def parse(text: str, *, where: str = "text") -> Blueprint:
    """Return the blueprint of one line of text; see `Blueprint.from_text`."""
    phrases = _Reader(text, where)
    head = phrases.phrase()
    if len(head) != 2 or head[0].text != "input":
        raise BlueprintError(
            "a blueprint must begin with its input",
            got=" ".join(token.text for token in head) or "nothing",
            where=where,
            hint="Write for example: input 1x28x28; …",
        )
    shape = input_shape(head[1].text, where=f"{where}, column {head[1].column}")
    items, end = phrases.items(depth=0)
    allow = phrases.allowances()
    kind, names = output_from([token.text for token in end], where=where)
    return checked(Blueprint(input=shape, items=items, output=kind, names=names, allow=allow), where=where)


def places(text: str) -> dict[Path, tuple[int, int]]:
    """Return line and column, from 1, of every layer as it is written; the output comes after the last item."""
    reader = _Reader(text, "text")
    reader.phrase()
    items, end = reader.items(depth=0)
    if end:
        reader.places[len(items),] = end[0].offset
    found = {}
    for path, offset in reader.places.items():
        line_start = text.rfind("\n", 0, offset) + 1
        found[path] = (text.count("\n", 0, offset) + 1, offset - line_start + 1)
    return found


def write(plan: Blueprint) -> str:
    """Return the one text of a blueprint."""
    parts = ["input " + "x".join(map(str, plan.input))]
    return "; ".join(["; ".join(parts), *_written(plan.items), output_text(plan), *map(allowing.to_text, plan.allow)])


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


def output_from(tokens: list[str], *, where: str) -> tuple[OutputKind, tuple[str, ...]]:
    """Return kind and names of an output from `classes 10` or `classes cat dog`."""
    if not tokens or tokens[0] not in OUTPUTS:
        raise BlueprintError(
            "a blueprint must end with classes N, labels N or values N",
            got=" ".join(tokens) or "nothing",
            where=where,
            hint="Write for example: …; classes 10",
        )
    kind, rest = OUTPUTS[tokens[0]], tokens[1:]
    if len(rest) == 1 and rest[0].isascii() and rest[0].isdigit():
        count = int(rest[0])
        names = tuple(str(number) for number in range(count))
    else:
        names = tuple(rest)
    least = 2 if kind == "classes" else 1
    if len(names) < least or len(set(names)) < len(names):
        raise BlueprintError(
            f"{kind} must be at least {least}, all different",
            got=" ".join(rest) or "nothing",
            where=where,
        )
    return kind, names


def output_text(plan: Blueprint) -> str:
    """Return the output as it is written: a number, or names where they are not just counted."""
    counted = tuple(str(number) for number in range(len(plan.names)))
    tail = str(len(plan.names)) if plan.names == counted else " ".join(plan.names)
    return f"{plan.output} {tail}"


def checked(plan: Blueprint, *, where: str) -> Blueprint:
    """Return the blueprint if it is not absurdly long."""
    for number, _ in enumerate(plan.layers(), start=1):
        if number > MOST_LAYERS:
            raise BlueprintError(f"a blueprint must have at most {MOST_LAYERS} layers", got="more", where=where)
    return plan


def _written(items: tuple[Item, ...]) -> list[str]:
    stages: list[str] = []
    for item in items:
        if isinstance(item, Repeat):
            stages.append(f"({'; '.join(_written(item.items))}) x{item.count}")
            continue
        word = words()[item.word].word
        if stages and word is not None and word.follows:
            stages[-1] += ", " + layer_to_text(item)
        else:
            stages.append(layer_to_text(item))
    return stages


class _Reader:
    """Tokens of a text, taken phrase by phrase."""

    def __init__(self, text: str, where: str) -> None:
        self.where = where
        self.tokens: list[_Token] = []
        self.places: dict[Path, int] = {}
        lead = len(text) - len(text.lstrip())
        text = text.strip()
        place = 0
        is_allowance = False
        while place < len(text):
            match = (_QUOTED.match(text, place) if is_allowance else None) or _TOKEN.match(text, place)
            if match is None or match.end() == place:
                break
            start = match.start(match.lastgroup or 0)
            self.tokens.append(_Token(match[0].strip(), start + 1, lead + start))
            if match.lastgroup == "mark":
                is_allowance = False
            elif len(self.tokens) == 1 or self.tokens[-2].text in _MARKS:
                is_allowance = match["word"] == allowing.WORD
            place = match.end()
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at].text if self.at < len(self.tokens) else ""

    def place(self) -> str:
        token = self.tokens[min(self.at, len(self.tokens) - 1)] if self.tokens else _Token("", 1)
        return f"{self.where}, column {token.column}"

    def phrase(self) -> list[_Token]:
        """Take the words up to the next mark, and the separator after them."""
        taken: list[_Token] = []
        while self.peek() not in {"", ",", ";", "(", ")"}:
            taken.append(self.tokens[self.at])
            self.at += 1
        if self.peek() in {",", ";"}:
            self.at += 1
        return taken

    def items(self, *, depth: int, above: Path = ()) -> tuple[tuple[Item, ...], list[_Token]]:
        """Take items up to a closing bracket (depth > 0) or the output phrase (depth 0), which is returned."""
        if depth > DEEPEST:
            raise BlueprintError(f"brackets must be at most {DEEPEST} deep", got=depth, where=self.place())
        items: list[Item] = []
        while not self.is_at_end(depth):
            here = (*above, len(items))
            if self.peek() == "(":
                items.append(self.repeat(depth=depth, path=here))
                continue
            self.places[here] = self.tokens[self.at].offset
            place = self.place()
            phrase = self.phrase()
            if phrase[0].text in OUTPUTS and not depth:
                return tuple(items), phrase
            items.append(layer_from_tokens([token.text for token in phrase], where=place))
        return tuple(items), []

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

    def is_at_end(self, depth: int) -> bool:
        """Return whether the items end here; refuse marks that cannot stand here."""
        mark = self.peek()
        if mark in {",", ";"}:
            raise BlueprintError("a layer must stand between separators", got=mark, where=self.place())
        if mark == ")" and not depth:
            raise BlueprintError("every ) must close a (", got=")", where=self.place())
        if mark == "" and depth:
            raise BlueprintError("every ( must be closed", got="end of the text", where=self.place())
        return mark in {"", ")"}

    def repeat(self, *, depth: int, path: Path) -> Repeat:
        """Take `( items ) xN` and the separator after it."""
        self.at += 1
        place = self.place()
        items, _ = self.items(depth=depth + 1, above=path)
        self.at += 1
        match = re.fullmatch(r"x([0-9]+)", self.peek())
        if not items or match is None or not 1 <= int(match[1]) <= MOST_LAYERS:
            raise BlueprintError(
                "brackets must hold layers and be followed by x and a number",
                got=self.peek() or "nothing",
                where=place,
                hint="Write for example: (conv 3x3 32, relu) x2",
            )
        self.at += 1
        if self.peek() in {",", ";"}:
            self.at += 1
        elif self.peek() not in {"", ")"}:
            raise BlueprintError("a separator must follow a repeat", got=self.peek(), where=self.place())
        return Repeat(items=items, count=int(match[1]))
