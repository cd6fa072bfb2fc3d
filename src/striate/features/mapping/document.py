"""A map as a document of plain values, and back."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

from striate import schema
from striate.records import VectorMap
from striate.records.plain import from_plain, to_plain

SCHEMA_VERSION = 2
_TYPES = {
    "points": np.float32,
    "pca": np.float32,
    "rows": np.int64,
    "border": np.int64,
    "neighbours": np.int64,
    "labels": np.int64,
    "placed_later": np.uint8,
    "far": np.uint8,
}


def map_document(found: VectorMap) -> dict[str, Any]:
    """Return a map as dictionaries, lists, text and numbers, with its schema."""
    plain: dict[str, Any] = to_plain(_arrays(found, to_lists=True))
    return {"schema": schema.stamp("vector-map", SCHEMA_VERSION), "map": plain}


def map_from_document(document: object, *, where: str) -> VectorMap:
    """Return the map that `map_document` was given, also by way of JSON.

    Raises:
        SchemaError: It is none, or of another version.
    """
    held = schema.accept(document, "vector-map", SCHEMA_VERSION, where=where)
    found: VectorMap = _arrays(from_plain(VectorMap, held.get("map"), where=where), to_lists=False)
    return found


def _arrays(value: Any, *, to_lists: bool) -> Any:  # noqa: ANN401 - a record or what it holds
    if isinstance(value, tuple):
        return tuple(_arrays(one, to_lists=to_lists) for one in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changed: dict[str, Any] = {}
    for field in fields(value):
        held = getattr(value, field.name)
        if field.type == "Array":
            changed[field.name] = np.asarray(held).tolist() if to_lists else _array(held, field.name)
        elif isinstance(held, tuple) or is_dataclass(held):
            changed[field.name] = _arrays(held, to_lists=to_lists)
    return replace(value, **changed)


def _array(held: Any, name: str) -> Any:  # noqa: ANN401 - nested tuples of numbers
    kind = _TYPES[name]
    made = np.array(held, dtype=kind)
    return made.reshape(-1, 2) if kind is np.float32 else made
