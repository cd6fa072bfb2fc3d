"""Writing the one-line form: a comma before what follows a layer (normalisation, activation), a semicolon elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from striate.blueprint import allowing
from striate.blueprint.model import Blueprint, Branches, Head, Item, Repeat
from striate.blueprint.outputs import output_text
from striate.blueprint.settings import value_text
from striate.blueprint.vocabulary import HEAD, IDENTITY, LET, word_of
from striate.blueprint.words import layer_to_text


def write(plan: Blueprint) -> str:
    """Return the one text of a blueprint."""
    parts = ["input " + "x".join(map(str, plan.input))]
    parts += [f"{LET} {name} {value_text(value)}" for name, value in plan.settings.items()]
    return "; ".join([*parts, *stages(plan.items), output_text(plan), *map(allowing.to_text, plan.allow)])


def items_text(items: Sequence[Item]) -> str:
    """Return items as they are written, without input and output."""
    return "; ".join(stages(items))


def stages(items: Sequence[Item]) -> list[str]:
    """Return items with what follows them: `conv 3x3 8, relu` is one."""
    found: list[str] = []
    for item in items:
        text = item_text(item)
        if found and follows(item):
            found[-1] += ", " + text
        else:
            found.append(text)
    return found


def follows(item: Item) -> bool:
    """Return whether an item is written after a comma, as part of the layer before it."""
    return not isinstance(item, Repeat | Branches | Head) and word_of(item.word).follows


def item_text(item: Item) -> str:
    """Return one item as it is written."""
    if isinstance(item, Repeat):
        return f"({items_text(item.items)}) x{value_text(item.count)}"
    if isinstance(item, Head):
        return f"{HEAD}({'; '.join([*stages(item.items), output_text(item)])})"
    if isinstance(item, Branches):
        return f"{item.word}({' | '.join(items_text(branch) or IDENTITY for branch in item.branches)})"
    return layer_to_text(item)
