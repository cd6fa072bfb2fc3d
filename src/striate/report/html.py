"""One HTML file: the built page with its data inlined. It opens from disk and asks nobody for anything."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path

from striate.errors import InputError, RunError
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
    document = page.model_dump(mode="json", by_alias=True)
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # Without arrays there is no file: safetensors' header for nothing is not JSON.
    arrays = base64.b64encode(store.to_safetensors()).decode("ascii") if store.arrays else ""
    parts = {"striate-page": ("application/json", text), "striate-arrays": ("text/plain", arrays)}
    return with_data(static_page(), parts)


def page_file(path: Path | str, name: str) -> Path:
    """Return the file a page is written to: the path itself, or of that name in it if it is a folder.

    Raises:
        InputError: The path is something else than a file.
    """
    path = Path(path)
    path = path / name if path.is_dir() else path
    if path.exists() and not path.is_file():
        raise InputError("a page must be written to a file", got=str(path))
    return path


def with_data(built: Path, parts: Mapping[str, tuple[str, str]]) -> str:
    """Return a built page's HTML with data inside: by the element's id, their type and their text.

    Raises:
        RunError: The built page does not hold its marker once.
    """
    shell = built.read_text(encoding="utf-8")
    if shell.count(MARKER) != 1:
        raise RunError(
            "the built page must hold its data marker once",
            got=shell.count(MARKER),
            hint="Run make page.",
        )
    # Inside a script element only "<" can end it or open a comment.
    safe = {name: (kind, text.replace("<", "\\u003c")) for name, (kind, text) in parts.items()}
    data = "".join(f'<script type="{kind}" id="{name}">{text}</script>' for name, (kind, text) in safe.items())
    before, after = shell.split(MARKER)
    return before + data + after
