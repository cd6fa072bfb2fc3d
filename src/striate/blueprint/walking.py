"""Walking a blueprint's items: repeats unrolled, branches one after the other, and how many layers that makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from striate.blueprint.model import Blueprint, Branches, Head, Item, Layer, Path, Repeat
from striate.blueprint.settings import value_text
from striate.blueprint.values import Choice, Expression, closed, leaves
from striate.blueprint.vocabulary import word_of
from striate.blueprint.words import fitted
from striate.errors import BlueprintError, Quoted

MOST_LAYERS = 10_000


def resolved(plan: Blueprint) -> Blueprint:
    """Return a blueprint in which every expression is a number; its items stand where they stood.

    Raises:
        BlueprintError: A choice that is still open; a repeat that comes to less than one.

    Example:
        >>> resolved(Blueprint.from_text("input 1x8x8; let w 8; conv 3 w*2, relu; classes 2")).to_text()
        'input 1x8x8; conv 3 16, relu; classes 2'
    """
    if left := plan.choices():
        shown = "; ".join(f"{name} {{{','.join(map(value_text, options))}}}" for name, options in left.items())
        raise BlueprintError(
            "every choice must be made before there is a table",
            got=Quoted(f"open: {shown}"),
            hint="Make each with --set NAME=VALUE, or with Blueprint.chosen; striate new closed.yaml --from FILE keeps them.",
        )
    return replace(plan, items=_resolved(plan.items, plan.settings, ""), settings={})


def layers(items: Sequence[Item]) -> Iterator[Layer]:
    """Yield every layer of resolved items in the order it runs."""
    for _, item in unrolled(items):
        if isinstance(item, Layer):
            yield item
        elif isinstance(item, Branches):
            for branch in item.branches:
                yield from layers(branch)
        elif isinstance(item, Head):
            yield from layers(item.items)


def unrolled(items: Sequence[Item], above: Path = ()) -> Iterator[tuple[Path, Layer | Branches | Head]]:
    """Yield the items of one sequence in the order they run, repeats unrolled, each with where it is written."""
    for number, item in enumerate(items):
        if isinstance(item, Repeat):
            for _ in range(item.count if isinstance(item.count, int) else 1):
                yield from unrolled(item.items, (*above, number))
        else:
            yield (*above, number), item


def every(items: Sequence[Item]) -> Iterator[Item]:
    """Yield every item as it is written, the outer before the inner."""
    for item in items:
        yield item
        if isinstance(item, Repeat | Head):
            yield from every(item.items)
        elif isinstance(item, Branches):
            for branch in item.branches:
                yield from every(branch)


def check_length(plan: Blueprint, *, where: str) -> None:
    """Refuse a blueprint that is absurdly long, whatever is chosen; nothing is unrolled to find out.

    Raises:
        BlueprintError: More layers than anybody can read, or a repeat without any.
    """
    if _count(plan.items, plan.settings, where) > MOST_LAYERS:
        raise BlueprintError(f"a blueprint must have at most {MOST_LAYERS} layers", got=Quoted("more"), where=where)


def repeats(count: Any, settings: Mapping[str, Any], *, where: str) -> int:  # noqa: ANN401 - a number, expression or choice
    """Return how often something is repeated."""
    number = closed(count, settings, where=where)
    number = number[0] if isinstance(number, tuple) and len(number) == 1 else number
    if not isinstance(number, int) or number < 1:
        raise BlueprintError("a repeat must have a whole count of at least 1", got=number, where=where)
    return number


def _resolved(items: Sequence[Item], settings: Mapping[str, Any], where: str) -> tuple[Item, ...]:
    return tuple(_resolved_item(item, settings, where) for item in items)


def _resolved_item(item: Item, settings: Mapping[str, Any], where: str) -> Item:
    if isinstance(item, Layer):
        return replace(
            item, arguments={name: _argument(item, name, value, settings) for name, value in item.arguments.items()}
        )
    if isinstance(item, Repeat):
        count = repeats(item.count, settings, where="repeat")
        return Repeat(items=_resolved(item.items, settings, where), count=count)
    if isinstance(item, Head):
        return replace(item, items=_resolved(item.items, settings, where))
    if item.word == "choose":
        raise BlueprintError(
            "every choice must be made before there is a table",
            got=f"choose among {len(item.branches)}",
            hint="Make it with Blueprint.chosen, or with --set: striate new closed.yaml --from FILE --set NAME=VALUE.",
        )
    return replace(item, branches=tuple(_resolved(branch, settings, where) for branch in item.branches))


def _argument(layer: Layer, name: str, value: object, settings: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any value
    where = f"{name} of {layer.word}"
    found = closed(value, settings, where=where)
    return fitted(found, name, word_of(layer.word), where=where) if isinstance(value, Expression) else found


def _count(items: Sequence[Item], settings: Mapping[str, Any], where: str) -> int:
    total = 0
    for item in items:
        if isinstance(item, Repeat):
            total += _most(item.count, settings, where) * _count(item.items, settings, where)
        elif isinstance(item, Head):
            total += 1 + _count(item.items, settings, where)
        elif isinstance(item, Branches):
            total += 1 + sum(_count(branch, settings, where) for branch in item.branches)
        else:
            total += 1
        if total > MOST_LAYERS:
            break
    return total


def _most(count: object, settings: Mapping[str, Any], where: str) -> int:
    """Return the most a count may come to, over the options of an open choice."""
    if not isinstance(count, Choice) and any(isinstance(value, Choice) for value in settings.values()):
        settings = _largest(settings)
    return max(repeats(option, settings, where=where) for option in leaves(count))


def _largest(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with the largest option of those that are open; what is finally chosen is counted again."""
    found: dict[str, Any] = {}
    for name, value in settings.items():
        # An option may be arithmetic with settings before it.
        options = [closed(option, found, where=f"let {name}") for option in leaves(value)]
        found[name] = max(options, key=_size) if isinstance(value, Choice) else value
    return found


def _size(value: Any) -> float:  # noqa: ANN401 - a number or axes
    return float(value[0] if isinstance(value, tuple) else value)
