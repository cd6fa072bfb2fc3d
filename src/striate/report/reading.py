"""A report read back from its file: its page and its arrays, as the browser finds them."""

from __future__ import annotations

import base64
import binascii
import json
import re
from pathlib import Path
from typing import Any

from striate.errors import Quoted, SchemaError
from striate.page.wire import Page

# More than any report of ours; what is larger is not read into memory.
MOST_BYTES = 256 * 2**20
_PAGE, _ARRAYS, _END = '<script type="application/json" id="striate-page">', 'id="striate-arrays">', "</script>"
# The frame before the data: styles and the policy.
_HEAD_BYTES = 2**19
# The title is the page's second word.
_TITLE = re.compile(r'"title":("(?:[^"\\]|\\.)*")')
_TITLE_BYTES = 2**14


def is_report(path: Path) -> bool:
    """Return whether a file is a report of ours, from its beginning alone."""
    return report_title(path) is not None


def report_title(path: Path) -> str | None:
    """Return a report's title, from the file's beginning alone; None of what is no report of ours, "" of one that tells none."""
    try:
        with path.open("rb") as file:
            _, mark, after = file.read(_HEAD_BYTES).partition(_PAGE.encode())
    except OSError:
        return None
    if not mark:
        return None
    found = _TITLE.search(after[:_TITLE_BYTES].decode("utf-8", errors="ignore"))
    try:
        return str(json.loads(found[1])) if found else ""
    except ValueError:
        return ""


def read_report(path: Path) -> tuple[dict[str, Any], bytes]:
    """Return a report's page as plain values, checked, and its arrays as safetensors (empty if it has none).

    Raises:
        SchemaError: The file is no report, was damaged, is larger than 256 MiB, or of another version's page.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES // 2**20} MiB")  # noqa: TRY301 - told below as every other damage is
        text = path.read_text(encoding="utf-8")
        page = _between(text, _PAGE)
        arrays = base64.b64decode(_between(text, _ARRAYS), validate=True)
        return Page.model_validate_json(page).model_dump(mode="json", by_alias=True), arrays
    except (OSError, ValueError, KeyError, binascii.Error, json.JSONDecodeError) as error:
        raise SchemaError(
            "a report must be a file that this version of Striate wrote",
            got=Quoted(str(error).partition("\n")[0]),
            where=path.name,
            hint="Write it again.",
        ) from error


def _between(text: str, opening: str) -> str:
    start = text.index(opening) + len(opening)
    return text[start : text.index(_END, start)]
