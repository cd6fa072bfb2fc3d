"""Reading and writing one layer: `conv 3x3 32 stride 2`, from tokens or from a mapping."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from striate.blueprint.model import Layer
from striate.errors import BlueprintError, unknown_name
from striate.kinds import Word, words

_AXES = re.compile(r"[0-9]+(x[0-9]+)*")
_NUMBER = re.compile(r"-?[0-9]*\.?[0-9]+(e[-+]?[0-9]+)?")
_MOST_REPEATS = 1000
# What a type of argument looks like.
_SHAPES = {"axes": "like 3 or 3x3", "int": "a whole number", "float": "a number", "switch": "on or off"}


def layer_from_tokens(tokens: list[str], *, where: str) -> Layer:
    """Return the layer that tokens describe: the word, its positional arguments, then options by name."""
    word = _word(tokens[0], where=where)
    arguments: dict[str, Any] = {}
    rest = tokens[1:]
    for name in word.positional:
        if not rest or rest[0] in word.options:
            break
        arguments[name] = value_from(rest.pop(0), name, word, where=where)
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
        arguments[name] = value_from(rest.pop(0), name, word, where=where)
    return _complete(word, arguments, where=where)


def layer_from_mapping(name: str, arguments: object, *, where: str) -> Layer:
    """Return the layer that `{conv: {kernel: 3x3, width: 32}}` describes; a bare value is the first argument."""
    word = _word(name, where=where)
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
        if isinstance(value, list):
            value = "x".join(map(str, value))
        if isinstance(value, bool):
            value = "on" if value else "off"
        read[key] = value_from(str(value), key, word, where=where)
    return _complete(word, read, where=where)


def layer_to_text(layer: Layer) -> str:
    """Return a layer as it is written, positional arguments first."""
    word = words()[layer.word].word
    if word is None:
        raise unknown_name("layer word", layer.word, list(words()))
    parts = [word.name]
    left = dict(layer.arguments)
    for name in word.positional:
        if name not in left:
            break
        parts.append(_value_text(left.pop(name)))
    for name in word.options:
        if name in left:
            parts += [name, _value_text(left[name])]
    return " ".join(parts)


def value_from(text: str, name: str, word: Word, *, where: str) -> Any:  # noqa: ANN401 - int, float, bool, str or axes
    """Return the value of an argument from its text."""
    kinds = word.options[name].split("|")
    for kind in kinds:
        if kind == "axes" and _AXES.fullmatch(text):
            return tuple(int(part) for part in text.split("x"))
        if kind == "int" and text.isascii() and text.isdigit():
            return int(text)
        if kind == "float" and _NUMBER.fullmatch(text):
            return float(text)
        if kind == "switch" and text in {"on", "off"}:
            return text == "on"
        # Any other kind is a word that stands for itself.
        if kind == text and kind not in _SHAPES:
            return text
    shapes = " or ".join(_SHAPES.get(kind, kind) for kind in kinds)
    raise BlueprintError(f"{name} of {word.name} must be {shapes}", got=text, where=where)


def _word(name: str, *, where: str) -> Word:
    kind = words().get(name)
    if kind is None or kind.word is None:
        raise unknown_name("layer word", name, list(words()), where=where)
    return kind.word


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


def _value_text(value: Any) -> str:  # noqa: ANN401 - int, float, bool, str or axes
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else repr(value)
    return str(value)
