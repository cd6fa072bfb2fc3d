"""The page: what it reads (`wire`) and where its built file is."""

from __future__ import annotations

from pathlib import Path

from striate.errors import RunError


def static_page() -> Path:
    """Return the built page's file.

    Raises:
        RunError: It was not built: a checkout without `make page`.
    """
    path = Path(__file__).parent / "static" / "report.html"
    if not path.is_file():
        raise RunError("the page must be built", got="no file", where=str(path), hint="Run make page.")
    return path
