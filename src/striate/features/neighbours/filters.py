"""Which rows may be neighbours, as SQL over the store's columns; names come from people, and are quoted."""

from __future__ import annotations

from striate.errors import DataError, Quoted, unknown_name
from striate.features.store.asking import quoted, whole
from striate.features.store.store import VectorStore


def labelled(name: str) -> str:
    """Return the SQL of rows of a class, or with a label among several.

    Example:
        >>> labelled("cat")
        "(label = 'cat' OR array_has(string_to_array(label, ';'), 'cat'))"
    """
    return f"(label = {quoted(name)} OR array_has(string_to_array(label, ';'), {quoted(name)}))"


def filter_of(store: VectorStore, *, label: str = "", split: str = "", where: str = "") -> tuple[str, int]:
    """Return the SQL that every neighbour must satisfy, empty for all rows, and how many rows with a vector do.

    Args:
        store: The store.
        label: A class, or one of several labels; none for any.
        split: A part of the data; none for any.
        where: SQL of your own.

    Raises:
        UnknownNameError: A label or a split that no row has.
        InputError: SQL that does not read.
        DataError: Not one row with a vector.
    """
    parts = [labelled(label)] if label else []
    parts += [f"split = {quoted(split)}"] if split else []
    parts += [f"({whole(where)})"] if where else []
    asked = " AND ".join(parts)
    count = store.count(f"error IS NULL AND {asked}" if asked else "error IS NULL")
    if count:
        return asked, count
    for column, name, words in (("label", label, labelled(label)), ("split", split, f"split = {quoted(split)}")):
        if name and not store.count(words):
            raise unknown_name(f"a {column}", name, known_names(store, column), where=store.address)
    raise DataError(
        "a store must hold at least one vector to be searched",
        got=Quoted(f"none of {store.count()} rows" + (f" where {asked}" if asked else "")),
        where=store.address,
    )


def known_names(store: VectorStore, column: str) -> list[str]:
    """Return the labels or splits that rows have, once each; of several labels each by itself."""
    import pyarrow.compute as pc

    found = pc.unique(store.rows((column,))[column]).to_pylist()
    names = {part for name in found if name for part in ((name, *name.split(";")) if column == "label" else (name,))}
    return sorted(names)
