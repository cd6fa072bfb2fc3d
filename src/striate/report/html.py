"""One HTML file: the built page with its data inlined. It opens from disk and asks nobody for anything."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from striate.errors import RunError
from striate.page import static_page
from striate.page.wire import Page
from striate.report.arrays import ArrayStore
from striate.runs import write_text

MARKER = "<!--striate:data-->"


def write_report(path: Path, page: Page, store: ArrayStore) -> None:
    """Write the report atomically.

    Raises:
        RunError: The page was not built.
        StorageError: The disk refused; nothing is half-written.
    """
    write_text(path, report_html(page, store))


def report_html(page: Page, store: ArrayStore) -> str:
    """Return the report's HTML."""
    shell = static_page().read_text(encoding="utf-8")
    if shell.count(MARKER) != 1:
        raise RunError(
            "the built page must hold its data marker once",
            got=shell.count(MARKER),
            hint="Run make page.",
        )
    document = page.model_dump(mode="json", by_alias=True)
    # Inside a script element only "<" can end it or open a comment.
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    # Without arrays there is no file: safetensors' header for nothing is not JSON.
    arrays = base64.b64encode(store.to_safetensors()).decode("ascii") if store.arrays else ""
    data = (
        f'<script type="application/json" id="striate-page">{text}</script>'
        f'<script type="text/plain" id="striate-arrays">{arrays}</script>'
    )
    before, after = shell.split(MARKER)
    return before + data + after
