"""The YAML form: the same words, one a line, with a schema."""

from __future__ import annotations

from typing import Any

import yaml as _yaml

from striate import schema
from striate.blueprint import allowing
from striate.blueprint.model import Blueprint, Item, Layer, Repeat
from striate.blueprint.text import DEEPEST, checked, input_shape, output_from, output_text
from striate.blueprint.words import layer_from_mapping, layer_from_tokens, layer_to_text
from striate.errors import BlueprintError

SCHEMA_VERSION = 1
_KEYS = {"schema", "input", "layers", "output", "allow"}


def parse(text: str, *, where: str = "yaml") -> Blueprint:
    """Return the blueprint of a YAML document; see `Blueprint.from_yaml`."""
    try:
        # An alias makes a small file mean an endless network; a blueprint needs none.
        if any(isinstance(token, _yaml.AliasToken) for token in _yaml.scan(text, Loader=_yaml.SafeLoader)):
            raise BlueprintError("a blueprint must be written without YAML aliases", got="an alias", where=where)
        document = _yaml.safe_load(text)
    except RecursionError as cause:
        raise BlueprintError(f"repeats must be at most {DEEPEST} deep", got="more", where=where) from cause
    except ValueError as cause:
        if isinstance(cause, BlueprintError):
            raise
        # The loader takes 2001-99-99 for a date.
        raise BlueprintError("a blueprint file must be YAML", got=str(cause), where=where) from cause
    except _yaml.YAMLError as cause:
        mark = getattr(cause, "problem_mark", None)
        place = f"{where}, line {mark.line + 1}" if mark else where
        raise BlueprintError(
            "a blueprint file must be YAML",
            got=getattr(cause, "problem", None) or str(cause),
            where=place,
        ) from cause
    document = schema.accept(document, "blueprint", SCHEMA_VERSION, where=where)
    for key in document:
        if key not in _KEYS:
            raise BlueprintError("a blueprint holds schema, input, layers, output and allow", got=key, where=where)
    if not isinstance(document.get("layers"), list):
        raise BlueprintError("layers must be a list", got=document.get("layers"), where=where)
    shape = input_shape(str(document.get("input", "")), where=f"{where}, input")
    items = _items(document["layers"], where=f"{where}, layers", depth=0)
    kind, names = output_from(str(document.get("output", "")).split(), where=f"{where}, output")
    allow = allowing.from_rows(document.get("allow", []), where=f"{where}, allow")
    return checked(Blueprint(input=shape, items=items, output=kind, names=names, allow=allow), where=where)


def write(plan: Blueprint) -> str:
    """Return the one YAML document of a blueprint."""
    document: dict[str, Any] = {
        "schema": schema.stamp("blueprint", SCHEMA_VERSION),
        "input": "x".join(map(str, plan.input)),
        "layers": _written(plan.items),
        "output": output_text(plan),
    }
    if plan.allow:
        document["allow"] = [allowing.to_row(allowance) for allowance in plan.allow]
    return _yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


def _items(rows: list[Any], *, where: str, depth: int) -> tuple[Item, ...]:
    if depth > DEEPEST:
        raise BlueprintError(f"repeats must be at most {DEEPEST} deep", got=depth, where=where)
    return tuple(_item(row, where=f"{where}[{number}]", depth=depth) for number, row in enumerate(rows))


def _item(row: object, *, where: str, depth: int) -> Item:
    if isinstance(row, str) and row.split():
        return layer_from_tokens(row.split(), where=where)
    if isinstance(row, dict) and "repeat" in row:
        count, rows = row["repeat"], row.get("layers")
        if not isinstance(count, int) or isinstance(count, bool) or count < 1 or not isinstance(rows, list) or not rows:
            raise BlueprintError("a repeat must have a count of at least 1 and layers", got=row, where=where)
        return Repeat(items=_items(rows, where=where, depth=depth + 1), count=count)
    if isinstance(row, dict) and len(row) == 1:
        name, arguments = next(iter(row.items()))
        return layer_from_mapping(str(name), arguments, where=where)
    raise BlueprintError("a layer must be a word with its arguments, or a repeat", got=row, where=where)


def _written(items: tuple[Item, ...]) -> list[Any]:
    rows: list[Any] = []
    for item in items:
        if isinstance(item, Layer):
            rows.append(layer_to_text(item))
        else:
            rows.append({"repeat": item.count, "layers": _written(item.items)})
    return rows
