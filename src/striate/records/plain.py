"""Records as plain values that JSON holds, and back, by the types their fields declare."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from striate.errors import Quoted, SchemaError

T = TypeVar("T")
# JSON has no words of its own for these; a text of the same letters would come back as the number.
_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def to_plain(value: Any) -> Any:  # noqa: ANN401 - whatever a record holds
    """Return a record as dictionaries, lists, text and numbers; tuples become lists, numbers that are not finite text.

    Example:
        >>> to_plain({"rate": (0.1, math.inf)})
        {'rate': [0.1, 'Infinity']}
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: to_plain(held) for key, held in value.items()}
    if isinstance(value, tuple | list):
        return [to_plain(held) for held in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def from_plain(kind: type[T], document: object, *, where: str) -> T:
    """Return the record that `to_plain` was given.

    Args:
        kind: A dataclass whose fields hold numbers, text, tuples, mappings, or further dataclasses.
        document: What `to_plain` returned, also by way of a JSON file.
        where: The place, for the message.

    Raises:
        SchemaError: A field is missing, unknown, or holds something else than it declares.

    Example:
        >>> from striate.records.adapting import CurvePoint, Estimate
        >>> point = CurvePoint(samples=50, estimate=Estimate(mean=0.5, interval=(0.4, 0.6), error=0.05, count=100))
        >>> from_plain(CurvePoint, to_plain(point), where="a curve") == point
        True
    """
    made: T = _read(kind, document, where)
    return made


def _read(kind: Any, value: object, where: str) -> Any:  # noqa: ANN401 - a type, and what it types
    if kind is Any:
        return _any(value)
    if get_origin(kind) in {Union, UnionType}:
        held = get_args(kind)
        if value is None and NoneType in held:
            return None
        return _read(next(one for one in held if one is not NoneType), value, where)
    if is_dataclass(kind) and isinstance(kind, type):
        return _record(kind, value, where)
    return _plain(kind, value, where) if get_origin(kind) in {None, Literal} else _several(kind, value, where)


def _plain(kind: Any, value: object, where: str) -> Any:  # noqa: ANN401 - a type, and what it types
    if kind is float and isinstance(value, str) and value in _NOT_FINITE:
        return _NOT_FINITE[value]
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    # True is no number, though Python counts it as one.
    if (get_origin(kind) is Literal and value in get_args(kind)) or (kind in {int, str, bool} and type(value) is kind):
        return value
    raise _refused(kind, value, where)


def _several(kind: Any, value: object, where: str) -> Any:  # noqa: ANN401 - a type, and what it types
    held = get_args(kind)
    if get_origin(kind) is tuple and isinstance(value, list):
        return _tuple(held, value, where)
    if issubclass(get_origin(kind) or kind, Mapping) and isinstance(value, dict):
        return {key: _read(held[1], one, f"{where}.{key}") for key, one in value.items()}
    raise _refused(kind, value, where)


def _record(kind: type, value: object, where: str) -> Any:  # noqa: ANN401 - an instance of the kind
    if not isinstance(value, dict):
        raise _refused(kind, value, where)
    types = get_type_hints(kind)
    names = {field.name for field in fields(kind)}
    if odd := names.symmetric_difference(value):
        raise SchemaError(
            f"a {kind.__name__} must have exactly the fields {', '.join(sorted(names))}",
            got=Quoted(f"{'no ' if odd & names else ''}{min(odd & names or odd)}"),
            where=where,
            hint="Was it written by this version of Striate?",
        )
    return kind(**{name: _read(types[name], value[name], f"{where}.{name}") for name in names})


def _tuple(held: tuple[Any, ...], value: list[Any], where: str) -> tuple[Any, ...]:
    if len(held) == 2 and held[1] is Ellipsis:
        return tuple(_read(held[0], one, f"{where}[{place}]") for place, one in enumerate(value))
    if len(held) != len(value):
        raise _refused(tuple, value, where)
    return tuple(_read(kind, one, where) for kind, one in zip(held, value, strict=True))


def _any(value: object) -> Any:  # noqa: ANN401 - plain values of any kind
    if isinstance(value, dict):
        return {key: _any(one) for key, one in value.items()}
    if isinstance(value, list):
        return tuple(_any(one) for one in value)
    return _NOT_FINITE.get(value, value) if isinstance(value, str) else value


def _refused(kind: Any, value: object, where: str) -> SchemaError:  # noqa: ANN401 - a type
    name = kind.__name__ if isinstance(kind, type) else str(kind)
    return SchemaError(f"a field must hold what its record declares, {name}", got=value, where=where)
