"""Reading and writing one layer: `conv 3x3 32 stride 2`, from tokens or from a mapping."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from striate.blueprint.model import Layer
from striate.blueprint.settings import choice_of, value_text
from striate.blueprint.values import WHOLE, expression_from
from striate.blueprint.vocabulary import word_of
from striate.errors import BlueprintError
from striate.kinds import Word

# What a type of argument looks like.
_SHAPES = {"axes": "like 3 or 3x3", "int": "a whole number", "float": "a number", "switch": "on or off"}
_PATTERNS = {
    "axes": re.compile(f"{WHOLE}(x{WHOLE})*"),
    "int": re.compile(WHOLE),
    "float": re.compile(r"-?[0-9]*\.?[0-9]+(e[-+]?[0-9]+)?"),
    "switch": re.compile(r"on|off"),
}
# What an expression may stand for.
_SETTABLE = frozenset({"axes", "int", "float"})


def layer_from_tokens(tokens: list[str], *, where: str, settings: Mapping[str, Any] | None = None) -> Layer:
    """Return the layer that tokens describe: the word, its positional arguments, then options by name.

    Args:
        tokens: As they are written.
        where: The place, for messages.
        settings: Names that values may refer to.
    """
    word, known = word_of(tokens[0], where=where), settings or {}
    arguments: dict[str, Any] = {}
    rest = tokens[1:]
    for name in word.positional:
        if not rest or (rest[0] in word.options and rest[0] not in known):
            break
        arguments[name] = value_from(rest.pop(0), name, word, where=where, settings=known)
    while rest:
        name = rest.pop(0)
        if name not in word.options:
            raise BlueprintError(
                f"{word.name} takes {_usage(word)}",
                got=name,
                where=where,
                hint=_near_option(name, word),
            )
        if name in arguments:
            raise BlueprintError(f"{name} must be given once", got=" ".join(tokens), where=where)
        if not rest:
            raise BlueprintError(f"{name} must be followed by its value", got=" ".join(tokens), where=where)
        arguments[name] = value_from(rest.pop(0), name, word, where=where, settings=known)
    return _complete(word, arguments, where=where)


def layer_from_mapping(name: str, arguments: object, *, where: str, settings: Mapping[str, Any] | None = None) -> Layer:
    """Return the layer that `{conv: {kernel: 3x3, width: 32}}` describes; a bare value is the first argument."""
    word = word_of(name, where=where)
    if arguments is None:
        arguments = {}
    if not isinstance(arguments, Mapping):
        if not word.positional:
            raise BlueprintError(f"{word.name} takes no arguments", got=arguments, where=where)
        arguments = {word.positional[0]: arguments}
    read: dict[str, Any] = {}
    for key, value in arguments.items():
        if key not in word.options:
            raise BlueprintError(
                f"{word.name} takes {_usage(word)}",
                got=key,
                where=where,
                hint=_near_option(key, word),
            )
        read[key] = value_from(_written(value), key, word, where=where, settings=settings or {})
    return _complete(word, read, where=where)


def layer_to_text(layer: Layer) -> str:
    """Return a layer as it is written, positional arguments first."""
    word = word_of(layer.word)
    parts = [word.name]
    left = dict(layer.arguments)
    for name in word.positional:
        if name not in left:
            break
        parts.append(value_text(left.pop(name)))
    for name in word.options:
        if name in left:
            parts += [name, value_text(left[name])]
    return " ".join(parts)


def value_from(text: str, name: str, word: Word, *, where: str, settings: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - int, float, bool or axes; or an expression or choice of them
    """Return the value of an argument from its text."""
    if text.startswith("{") and text.endswith("}"):
        parts = (part.strip() for part in text[1:-1].split(","))
        return choice_of(
            tuple(value_from(part, name, word, where=where, settings=settings) for part in parts), where=where
        )
    kinds = word.options[name].split("|")
    expression = expression_from(text, settings or {}) if _SETTABLE.intersection(kinds) else None
    if expression is not None:
        return expression
    for kind in kinds:
        if _PATTERNS[kind].fullmatch(text) if kind in _PATTERNS else kind == text:
            return _read(text, kind)
    shapes = " or ".join(_SHAPES.get(kind, kind) for kind in kinds)
    raise BlueprintError(f"{name} of {word.name} must be {shapes}", got=text, where=where)


def _read(text: str, kind: str) -> Any:  # noqa: ANN401 - int, float, bool, str or axes
    if kind == "axes":
        return tuple(int(part) for part in text.split("x"))
    if kind == "int":
        return int(text)
    if kind == "float":
        return float(text)
    # A word that is no type stands for itself.
    return text == "on" if kind == "switch" else text


def _complete(word: Word, arguments: dict[str, Any], *, where: str) -> Layer:
    for name in word.required:
        if name not in arguments:
            raise BlueprintError(f"{word.name} takes {_usage(word)}", got=f"no {name}", where=where)
    return Layer(word=word.name, arguments=arguments)


def _usage(word: Word) -> str:
    if not word.options:
        return "no arguments"
    return ", ".join(name if name in word.required else f"[{name}]" for name in word.options)


def _near_option(name: object, word: Word) -> str:
    import difflib

    near = difflib.get_close_matches(str(name), list(word.options), n=1)
    return f"Did you mean {near[0]}?" if near else ""


def fitted(value: Any, name: str, word: Word, *, where: str) -> Any:  # noqa: ANN401 - int, float or axes
    """Return what an expression came to as its argument takes it: a number for each axis where it is about axes.

    Raises:
        BlueprintError: A width that is not whole, axes where one number is asked for.
    """
    kinds = word.options[name].split("|")
    if isinstance(value, bool) or not _SETTABLE.intersection(kinds):
        return value
    if isinstance(value, tuple) and "axes" not in kinds:
        value = value[0] if len(value) == 1 else value
    return value_from(value_text(value), name, word, where=where)


def _written(value: object) -> str:
    """Return a value of YAML as the one-line form writes it."""
    if isinstance(value, Mapping) and set(value) == {"choose"} and isinstance(value["choose"], list):
        return "{" + ",".join(map(_written, value["choose"])) + "}"
    if isinstance(value, list):
        return "x".join(map(str, value))
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)
