"""Settings: named numbers that arguments refer to, `let w 64`, `let k {3,5}`, `let v w*2`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

from striate.blueprint.values import WHOLE, Choice, Expression, expression_from
from striate.blueprint.vocabulary import is_reserved
from striate.errors import BlueprintError

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_WHOLE = re.compile(WHOLE)
_AXES = re.compile(f"{WHOLE}(x{WHOLE})+")
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?")


def setting_from(name: str, text: str, settings: Mapping[str, Any], *, where: str) -> Any:  # noqa: ANN401 - a value
    """Return the value of a setting from its text.

    Raises:
        BlueprintError: A name that means something else or is taken, or a value that is no number.

    Example:
        >>> setting_from("w", "{16,32}", {}, where="text")
        Choice(options=(16, 32))
    """
    if not _NAME.fullmatch(name) or is_reserved(name) or re.fullmatch(r"x[0-9]*", name):
        raise BlueprintError(
            "a setting must have a name of its own, in small letters", got=name, where=where, hint="Like: let w 64."
        )
    if name in settings:
        raise BlueprintError("a setting must be given once", got=name, where=where)
    if text.startswith("{"):
        options = tuple(_number(part.strip(), settings, where) for part in text[1:-1].split(","))
        return choice_of(options, where=where)
    return _number(text, settings, where)


def choice_of(options: tuple[Any, ...], *, where: str) -> Choice:
    """Return a choice if there is something to choose.

    Raises:
        BlueprintError: Fewer than two options, or two alike.
    """
    if len(options) < 2 or len(set(options)) < len(options):
        raise BlueprintError(
            "a choice must have at least two options, all different", got=", ".join(map(str, options)), where=where
        )
    return Choice(options)


def value_text(value: object) -> str:
    """Return a value as it is written: 3x3, on, 0.5, w*2, {3,5}."""
    if isinstance(value, Choice):
        return "{" + ",".join(map(value_text, value.options)) + "}"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    # Never fewer digits than it takes to read the same number again.
    return _float_text(value) if isinstance(value, float) else str(value)


def _float_text(value: float) -> str:
    short = f"{value:g}"
    return short if float(short) == value else repr(value)


def _number(text: str, settings: Mapping[str, Any], where: str) -> int | float | tuple[int, ...] | Expression:
    if _WHOLE.fullmatch(text):
        return int(text)
    if _AXES.fullmatch(text):
        return tuple(int(part) for part in text.split("x"))
    if _NUMBER.fullmatch(text) and isfinite(float(text)):
        return float(text)
    expression = expression_from(text, settings)
    if expression is None:
        raise BlueprintError("a setting must be a number, or arithmetic with settings before it", got=text, where=where)
    return expression
