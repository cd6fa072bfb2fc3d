"""SQL over a store's columns: names and texts come from people, and so do whole expressions."""

from __future__ import annotations

import re
from itertools import accumulate

from striate.errors import InputError

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
_LOOSE = re.compile(r"['\"`]|--|/\*")


def quoted(text: str) -> str:
    """Return a text as SQL writes it.

    Example:
        >>> quoted("it's")
        "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def without_error(where: str = "") -> str:
    """Return the SQL of rows that have vectors, and of which an expression of people's own holds.

    Raises:
        InputError: As `whole`.

    Example:
        >>> without_error(), without_error("split = 'test'")
        ('error IS NULL', "error IS NULL AND (split = 'test')")
    """
    return f"error IS NULL AND ({whole(where)})" if where else "error IS NULL"


def whole(where: str) -> str:
    """Return SQL of people's own, which must be one whole expression: in brackets it could otherwise undo the rest.

    Raises:
        InputError: A bracket or a quote without its other; a comment.

    Example:
        >>> whole("label = 'pre--post (2)'")
        "label = 'pre--post (2)'"
    """
    # What stands between quotes is a name or a text.
    bare = _QUOTED.sub("", where)
    depths = accumulate((sign == "(") - (sign == ")") for sign in bare)
    if min((0, *depths)) < 0 or bare.count("(") != bare.count(")") or _LOOSE.search(bare):
        raise InputError(
            "where must be one whole SQL expression",
            got=where,
            hint="Close every bracket and quote, and leave comments (-- and /*) out.",
        )
    return where
