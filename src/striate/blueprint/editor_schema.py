"""The YAML form as a JSON Schema, from the words themselves: editors complete and check with it."""

from __future__ import annotations

import re
from typing import Any

from striate.blueprint.blocks import BLOCK_WORDS
from striate.blueprint.outputs import OUTPUTS
from striate.blueprint.vocabulary import HEAD, IDENTITY, MEETINGS
from striate.blueprint.yaml import KEYS, SCHEMA_VERSION
from striate.kinds import Word, words

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
# Arithmetic with settings; what it may refer to only the reader can tell.
_EXPRESSION = {"type": "string", "pattern": r"^[A-Za-z0-9_.]+([*/+-]+[A-Za-z0-9_.]+)*$"}
_TYPES: dict[str, list[dict[str, Any]]] = {
    "axes": [
        {"type": "integer", "minimum": 0},
        {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1, "maxItems": 3},
        _EXPRESSION,
    ],
    "int": [{"type": "integer", "minimum": 0}, _EXPRESSION],
    "float": [{"type": "number"}, _EXPRESSION],
    "switch": [{"type": "boolean"}, {"enum": ["on", "off"]}],
}


def editor_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a blueprint's YAML form.

    When it misleads:
        It knows words, arguments and their types. Whether sizes fit, and whether a row in the one-line form reads, only
        `striate check` can tell.

    Example:
        >>> editor_schema()["required"]
        ['schema', 'input', 'layers', 'output']
    """
    output = {
        "type": "string",
        "pattern": rf"^({'|'.join(OUTPUTS)}) \S",
        "description": "classes N, labels N or values N",
    }
    rows = {"type": "array", "items": {"$ref": "#/$defs/row"}}
    properties = {
        "schema": {"type": "string", "pattern": rf"^striate/blueprint/[1-{SCHEMA_VERSION}]$"},
        "input": {"type": "string", "pattern": r"^[0-9]+(x[0-9]+){1,3}$", "description": "channels x sizes: 3x224x224"},
        "let": {"type": "object", "additionalProperties": {"$ref": "#/$defs/setting"}},
        "layers": rows,
        "output": output,
        "allow": {
            "type": "array",
            "items": _object(
                {name: {"type": "string"} for name in ("rule", "op", "reason")}, required=("rule", "reason")
            ),
        },
    }
    return {
        "$schema": _DIALECT,
        "title": "Striate blueprint",
        **_object({key: properties[key] for key in KEYS}, required=("schema", "input", "layers", "output")),
        "$defs": {
            "setting": {"anyOf": [*_TYPES["float"], _choice(_TYPES["float"])]},
            "row": {"anyOf": [_stage(), *_structures(output), *map(_mapping, _every_word())]},
            "rows": {"anyOf": [{"type": "string"}, rows]},
        },
    }


def _every_word() -> list[Word]:
    kinds = [kind.word for kind in words().values() if kind.word is not None]
    return [*kinds, *(block.word for block in BLOCK_WORDS.values())]


def _object(properties: dict[str, Any], *, required: tuple[str, ...]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def _choice(options: list[dict[str, Any]]) -> dict[str, Any]:
    list_of = {"type": "array", "items": {"anyOf": options}, "minItems": 2, "uniqueItems": True}
    return _object({"choose": list_of}, required=("choose",))


def _stage() -> dict[str, Any]:
    """Return what a row in the one-line form looks like: it begins with a word."""
    names = "|".join(re.escape(name) for name in [*(word.name for word in _every_word()), *MEETINGS, HEAD, IDENTITY])
    return {
        "type": "string",
        "pattern": rf"^\s*(\(|({names})\b)",
        "description": "a stage: conv 3x3 32, batchnorm, relu",
    }


def _structures(output: dict[str, Any]) -> list[dict[str, Any]]:
    count = {
        "anyOf": [
            {"type": "integer", "minimum": 1},
            _EXPRESSION,
            _choice([{"type": "integer", "minimum": 1}, _EXPRESSION]),
        ]
    }
    rows = {"$ref": "#/$defs/rows"}
    found = [_object({"repeat": count, "layers": rows}, required=("repeat", "layers"))]
    found += [_object({name: {"type": "array", "items": rows, "minItems": 1}}, required=(name,)) for name in MEETINGS]
    head = _object({"layers": rows, "output": output}, required=("output",))
    return [*found, _object({HEAD: head}, required=(HEAD,))]


def _mapping(word: Word) -> dict[str, Any]:
    """Return what `{conv: {kernel: 3x3, width: 32}}` looks like, or with the first argument alone."""
    options = {name: _argument(kind) for name, kind in word.options.items()}
    whole = _object(options, required=word.required)
    forms: list[dict[str, Any]] = [whole] if options else []
    if not word.required:
        forms.append({"type": "null"})
    if word.positional and len(word.required) <= 1:
        forms.append(options[word.positional[0]])
    return _object({word.name: {"description": word.meaning, "anyOf": forms}}, required=(word.name,))


def _argument(kind: str) -> dict[str, Any]:
    """Return the schema of an argument's type, alternatives parted by "|"; a word that is no type stands for itself."""
    options: list[dict[str, Any]] = []
    for part in kind.split("|"):
        options += _TYPES.get(part, [{"const": part}])
    return {"anyOf": [*options, _choice(options)]}
