"""An adaptation as a JSON document, and back."""

from __future__ import annotations

from typing import Any

from striate import schema
from striate.records.adapting import Adaptation
from striate.records.plain import from_plain, to_plain

SCHEMA_VERSION = 1


def adaptation_document(adaptation: Adaptation) -> dict[str, Any]:
    """Return everything that was measured as plain values, for `adaptation.json`.

    Numbers that are not finite (the score of a training that was lost) are written as text.

    Example:
        >>> document = adaptation_document(adaptation)                       # doctest: +SKIP
        >>> adaptation_from_document(document, where="adaptation.json") == adaptation   # doctest: +SKIP
        True
    """
    plain: dict[str, Any] = to_plain(adaptation)
    return {"schema": schema.stamp("adaptation", SCHEMA_VERSION)} | plain


def adaptation_from_document(document: object, *, where: str = "adaptation.json") -> Adaptation:
    """Return the adaptation that a document was made of, equal in every field.

    Args:
        document: What `adaptation_document` returned, also by way of a file.
        where: The file, for the message.

    Raises:
        SchemaError: It is about something else, of a newer version, or a field does not hold what it should.
    """
    read = schema.accept(document, "adaptation", SCHEMA_VERSION, where=where)
    return from_plain(Adaptation, {key: value for key, value in read.items() if key != "schema"}, where=where)
