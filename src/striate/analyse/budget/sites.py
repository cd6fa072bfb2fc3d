"""Where a blueprint states channel counts: numbers of its layers, and settings that only widths read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from striate.blueprint import Blueprint, Branches, Expression, Head, Item, Layer, Repeat
from striate.blueprint.model import Path
from striate.blueprint.vocabulary import word_of

# Arguments that are channel counts though they are not called `width`.
_FURTHER: Mapping[str, tuple[str, ...]] = {
    "bottleneck": ("inner",),
    "fire": ("squeeze", "expand"),
    "inception": ("one", "reduce3", "three", "reduce5", "five", "pool"),
}
# What reads a setting that is a width: widths themselves, and groups, which follow them (`conv 3 w groups w`).
_WIDE = frozenset({"width", "groups"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place that states a channel count: an argument of the item at a path, or a setting.

    Example:
        >>> plan = Blueprint.from_text("input 1x8x8; let w 8; conv 3 w; conv 3 w*2; conv 3 4; classes 2")
        >>> [str(site) for site in stated(plan)]
        ['w', 'width at 2']
    """

    path: Path = ()
    argument: str = ""
    setting: str = ""

    def __str__(self) -> str:
        return self.setting or f"{self.argument} at {'.'.join(map(str, self.path))}"


def stated(plan: Blueprint) -> dict[Site, int]:
    """Return every place that states a channel count, with its number; outputs and the input are none of them."""
    wide = wide_settings(plan)
    found: dict[Site, int] = {}
    for path, layer in layers(plan.items):
        for argument in width_arguments(layer):
            for site in terms(layer.arguments[argument], plan, wide) or (Site(path=path, argument=argument),):
                value = plan.settings[site.setting] if site.setting else number(layer.arguments[argument], plan)
                found[site] = value
    return found


def width_arguments(layer: Layer) -> tuple[str, ...]:
    """Return the arguments of a layer that are channel counts, as far as they are written.

    Example:
        >>> width_arguments(Layer(word="fire", arguments={"squeeze": 16, "expand": 64}))
        ('squeeze', 'expand')
    """
    known = (*(("width",) if "width" in word_of(layer.word).options else ()), *_FURTHER.get(layer.word, ()))
    return tuple(argument for argument in known if argument in layer.arguments)


def terms(value: object, plan: Blueprint, wide: frozenset[str]) -> dict[Site, Fraction] | None:
    """Return a value as a sum of multiples of settings that are widths; None if it is none.

    Args:
        value: Of an argument.
        plan: Its blueprint.
        wide: The settings that are widths.

    Example:
        >>> plan = Blueprint.from_text("input 1x8x8; let w 8; conv 3 w*2; conv 3 w+1; classes 2")
        >>> found = terms(Expression("w*2"), plan, frozenset({"w"}))
        >>> {site.setting: str(share) for site, share in found.items()}, terms(Expression("w+1"), plan, frozenset({"w"}))
        ({'w': '2'}, None)
    """
    if not isinstance(value, Expression):
        return None
    names = sorted(_read(value, plan.settings) & wide)
    now = value.value(plan.settings)
    if not names or not isinstance(now, int):
        return None
    shares: dict[Site, Fraction] = {}
    for name in names:
        doubled = value.value({**plan.settings, name: 2 * plan.settings[name]})
        shares[Site(setting=name)] = (Fraction(doubled) - now) / plan.settings[name]
    # A sum of multiples adds up, and three times of everything is three times the sum.
    tripled = value.value({**plan.settings, **{name: 3 * plan.settings[name] for name in names}})
    total = sum(share * plan.settings[site.setting] for site, share in shares.items())
    is_sum = total == now and tripled == 3 * now
    return {site: share for site, share in shares.items() if share} if is_sum else None


def number(value: Any, plan: Blueprint) -> int:  # noqa: ANN401 - any argument's value
    """Return an argument's whole number, expressions computed."""
    found = value.value(plan.settings) if isinstance(value, Expression) else value
    return int(found[0] if isinstance(found, tuple) else found)


def wide_settings(plan: Blueprint) -> frozenset[str]:
    """Return the settings that are widths: read by widths only, by one of them alone and in proportion.

    Example:
        >>> plan = Blueprint.from_text("input 1x8x8; let w 8; let k 3; let e 2; conv k w; conv 3 w*e; classes 2")
        >>> sorted(wide_settings(plan))
        ['w']
    """
    readers = roles(plan)
    candidates = frozenset(
        name
        for name, value in plan.settings.items()
        if type(value) is int and value > 0 and "width" in readers.get(name, set()) and readers[name] <= _WIDE
    )
    alone: set[str] = set()
    for _, layer in layers(plan.items):
        for argument in width_arguments(layer):
            found = terms(layer.arguments[argument], plan, candidates) or {}
            value = layer.arguments[argument]
            if len(found) == 1 and isinstance(value, Expression) and len(_read(value, plan.settings) & candidates) == 1:
                alone.update(site.setting for site in found)
    return frozenset(alone)


def roles(plan: Blueprint) -> dict[str, set[str]]:
    """Return what reads each setting, also through others: names of arguments, "width" for every width, "count".

    Example:
        >>> plan = Blueprint.from_text("input 1x8x8; let w 8; let n 2; let v w*2; (conv 3 v) xn; classes 2")
        >>> roles(plan)
        {'n': {'count'}, 'v': {'width'}, 'w': {'width'}}
    """
    found: dict[str, set[str]] = {}

    def note(value: object, role: str) -> None:
        if isinstance(value, Expression):
            for name in value.names:
                found.setdefault(name, set()).add(role)
                note(plan.settings[name], role)

    for _, item in every_item(plan.items):
        if isinstance(item, Layer):
            widths = width_arguments(item)
            for argument, value in item.arguments.items():
                note(value, "width" if argument in widths else argument)
        elif isinstance(item, Repeat):
            note(item.count, "count")
    return found


def layers(items: Sequence[Item]) -> Iterator[tuple[Path, Layer]]:
    """Yield every layer as it is written, with its path."""
    for path, item in every_item(items):
        if isinstance(item, Layer):
            yield path, item


def every_item(items: Sequence[Item], above: Path = ()) -> Iterator[tuple[Path, Item]]:
    """Yield every item as it is written, the outer before the inner, with its path."""
    for place, item in enumerate(items):
        here = (*above, place)
        yield here, item
        if isinstance(item, Repeat | Head):
            yield from every_item(item.items, here)
        elif isinstance(item, Branches):
            for branch, inner in enumerate(item.branches):
                yield from every_item(inner, (*here, branch))


def rewritten(plan: Blueprint, values: Mapping[Site, Any]) -> Blueprint:
    """Return the blueprint with other values at some places; what is written as an expression stays one.

    Example:
        >>> plan = Blueprint.from_text("input 1x8x8; let w 8; (conv 3 w, relu; conv 3 w*2, relu) x2; conv 3 4; classes 2")
        >>> rewritten(plan, {Site(setting="w"): 12, Site(path=(1,), argument="width"): 6}).to_text()
        'input 1x8x8; let w 12; (conv 3 w, relu; conv 3 w*2, relu) x2; conv 3 6; classes 2'
    """
    settings = {name: values.get(Site(setting=name), value) for name, value in plan.settings.items()}
    by_path: dict[Path, dict[str, Any]] = {}
    for site, value in values.items():
        if not site.setting:
            by_path.setdefault(site.path, {})[site.argument] = value
    return replace(plan, items=_items(plan.items, by_path, ()), settings=settings)


def _items(items: Sequence[Item], values: Mapping[Path, Mapping[str, Any]], above: Path) -> tuple[Item, ...]:
    return tuple(_item(item, values, (*above, place)) for place, item in enumerate(items))


def _item(item: Item, values: Mapping[Path, Mapping[str, Any]], here: Path) -> Item:
    if isinstance(item, Layer):
        return replace(item, arguments={**item.arguments, **values[here]}) if here in values else item
    if isinstance(item, Branches):
        branches = enumerate(item.branches)
        return replace(item, branches=tuple(_items(inner, values, (*here, branch)) for branch, inner in branches))
    return replace(item, items=_items(item.items, values, here))


def _read(value: Expression, settings: Mapping[str, Any]) -> set[str]:
    """Return the settings an expression reads, also through others."""
    found = set(value.names)
    for name in value.names:
        if isinstance(settings[name], Expression):
            found |= _read(settings[name], settings)
    return found
