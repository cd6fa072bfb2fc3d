"""The `schema` field that every file of ours carries, and the check on reading it back.

A schema is written `striate/<noun>/<version>`. A reader names the version it understands and the migrations it has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from striate.errors import Quoted, SchemaError

Migration = Callable[[dict[str, Any]], dict[str, Any]]


def stamp(noun: str, version: int) -> str:
    """Return the text of a schema field.

    Example:
        >>> stamp("graph", 1)
        'striate/graph/1'
    """
    return f"striate/{noun}/{version}"


def _found(document: object) -> object:
    """Return what stands where a document with a schema should, in words."""
    if isinstance(document, dict):
        return document.get("schema", Quoted("none"))
    if document is None:
        return Quoted("an empty file")
    return Quoted("a list") if isinstance(document, list) else Quoted("text")


def accept(
    document: object,
    noun: str,
    version: int,
    *,
    where: str,
    migrations: Mapping[int, Migration] | None = None,
) -> dict[str, Any]:
    """Return the document at `version`, migrated step by step if it is older.

    Args:
        document: What was parsed from the file.
        noun: The noun it must be about.
        version: The version this code understands.
        where: The file, for the message.
        migrations: From version n, the function that leads to n + 1.

    Raises:
        SchemaError: No schema field, another noun, a newer version, or no migration.
    """
    if not isinstance(document, dict) or not isinstance(document.get("schema"), str):
        raise SchemaError(
            f"a {noun} file must begin with schema: {stamp(noun, version)}",
            got=_found(document),
            where=where,
            hint="If it is one, write that as its first line." if noun == "blueprint" else "Was it written by Striate?",
        )
    owner, _, rest = document["schema"].partition("/")
    found_noun, _, found = rest.partition("/")
    if owner != "striate" or found_noun != noun or not found.isdigit():
        raise SchemaError(f"schema must be {stamp(noun, version)}", got=document["schema"], where=where)
    steps = migrations or {}
    for step in range(int(found), version):
        if step not in steps:
            raise SchemaError(
                f"{noun} version must be at most {version} and have a migration",
                got=int(found),
                where=where,
                hint="Write the file again with this version.",
            )
        document = steps[step](document) | {"schema": stamp(noun, step + 1)}
    if int(found) > version:
        raise SchemaError(
            f"{noun} version must be at most {version}",
            got=int(found),
            where=where,
            hint="Update Striate.",
        )
    return document
