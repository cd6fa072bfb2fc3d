"""Open choices: what they are called, and blueprints with choices made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from striate.blueprint.model import Blueprint, Branches, Head, Item, Layer, Repeat
from striate.blueprint.settings import setting_from, value_text
from striate.blueprint.values import Choice
from striate.errors import InputError, Quoted, unknown_name


def choices(plan: Blueprint) -> dict[str, tuple[Any, ...]]:
    """Return the open choices by name; see `Blueprint.choices`."""
    found = {name: value.options for name, value in plan.settings.items() if isinstance(value, Choice)}
    closer = _Closer({})
    closer.items(plan.items)
    return found | closer.found


def chosen(plan: Blueprint, values: Mapping[str, Any]) -> Blueprint:
    """Return the blueprint with choices made; see `Blueprint.chosen`."""
    left = dict(values)
    settings = {
        name: _setting(plan, name, left.pop(name)) if name in left else value for name, value in plan.settings.items()
    }
    closer = _Closer(left)
    items = closer.items(plan.items)
    for name in left:
        if name not in closer.found:
            raise unknown_name("choice or setting", name, [*plan.settings, *closer.found])
    return replace(plan, items=items, settings=settings)


def values_from(plan: Blueprint, words: Iterable[str], *, where: str) -> dict[str, Any]:
    """Return the values that texts like `w=48` and `conv2.kernel=5` name, as `chosen` takes them.

    Raises:
        InputError: A text that is not NAME=VALUE, or a value that its name cannot have.
        UnknownNameError: No choice and no setting of that name.
    """
    known = choices(plan)
    found: dict[str, Any] = {}
    for text in words:
        name, equals, value = text.partition("=")
        if not equals or not value:
            raise InputError("a value must be given as NAME=VALUE", got=text, where=where, hint="Like w=48.")
        if name in known:
            options = {value_text(option): option for option in known[name]}
            if value not in options:
                raise InputError(f"{name} must be one of {', '.join(options)}", got=value, where=where)
            found[name] = options[value]
        elif name in plan.settings:
            found[name] = setting_from("value", value, {}, where=f"{where} {name}")
        elif not known and not plan.settings:
            raise InputError(
                "a blueprint must have a choice or a setting of that name",
                got=Quoted(f"{name}, and it has none"),
                where=where,
                hint="Give a number a name, `let w 16`, or leave it open, `conv {3,5} 16`; or edit the file.",
            )
        else:
            raise unknown_name("choice or setting", name, list({**known, **plan.settings}), where=where)
    return found


def _setting(plan: Blueprint, name: str, value: Any) -> Any:  # noqa: ANN401 - a number or axes
    before = plan.settings[name]
    if isinstance(before, Choice):
        return _option(name, value, before)
    if isinstance(value, bool) or not isinstance(value, int | float | tuple):
        raise InputError("a setting must be a number", got=value, where=name)
    return value


def _option(name: str, value: Any, choice: Choice) -> Any:  # noqa: ANN401 - any option
    """Return a value that is among the options of a choice; refuse another."""
    if value not in choice.options:
        options = ", ".join(map(value_text, choice.options))
        raise InputError(f"{name} must be one of {options}", got=value, where="chosen")
    return value


@dataclass(slots=True)
class _Closer:
    """Writes items again with the choices made that it is given, and notes those there are."""

    values: Mapping[str, Any]
    found: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def items(self, items: Sequence[Item]) -> tuple[Item, ...]:
        return tuple(made for item in items for made in self.item(item))

    def item(self, item: Item) -> tuple[Item, ...]:
        if isinstance(item, Head):
            return (replace(item, items=self.items(item.items)),)
        word = "repeat" if isinstance(item, Repeat) else item.word
        self.counts[word] += 1
        name = f"{word}{self.counts[word]}"
        if isinstance(item, Repeat):
            return (Repeat(items=self.items(item.items), count=self.value(name, item.count)),)
        if isinstance(item, Layer):
            arguments = {key: self.value(f"{name}.{key}", value) for key, value in item.arguments.items()}
            return (replace(item, arguments=arguments),)
        branches = tuple(self.items(branch) for branch in item.branches)
        if item.word != "choose":
            return (replace(item, branches=branches),)
        self.found[name] = tuple(range(len(branches)))
        number = self.values.get(name)
        if number is None:
            return (Branches(word="choose", branches=branches),)
        if number not in self.found[name]:
            raise InputError(f"{name} must be from 0 to {len(branches) - 1}", got=number, where="chosen")
        return branches[number]

    def value(self, name: str, value: Any) -> Any:  # noqa: ANN401 - any argument's value
        if not isinstance(value, Choice):
            return value
        self.found[name] = value.options
        if name not in self.values:
            return value
        return _option(name, self.values[name], value)
