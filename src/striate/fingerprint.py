"""Content keys: the same content has the same key on every machine, and other content never has.

SHA-256 throughout; the first 16 hexadecimal digits where people read it.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path


def of_bytes(*parts: bytes) -> str:
    """Return the key of some byte strings; where one ends and the next begins counts.

    Example:
        >>> of_bytes(b"ab", b"c") == of_bytes(b"a", b"bc")
        False
    """
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()


def of_json(value: object) -> str:
    """Return the key of plain values, whatever the order of their keys.

    Example:
        >>> of_json({"a": 1, "b": 2}) == of_json({"b": 2, "a": 1})
        True
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return of_bytes(text.encode())


def of_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, as `sha256sum` prints it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def of_content(content: bytes) -> str:
    """Return what `of_file` returns of a file with this content."""
    return hashlib.sha256(content).hexdigest()


def short(key: str) -> str:
    """Return the first 16 digits of a key, for people."""
    return key[:16]
