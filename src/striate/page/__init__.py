"""The page: what it reads (`wire`) and where its built file is."""

from __future__ import annotations

from pathlib import Path

from striate.errors import RunError


def static_page() -> Path:
    """Return the built page's file.

    Raises:
        RunError: It was not built: a checkout without `make page`.
    """
    return _built("report.html")


def studio_page() -> Path:
    """Return the folder of the built studio: `index.html` and what it loads.

    Raises:
        RunError: It was not built: a checkout without `make page`.
    """
    return _built("studio/index.html").parent


def frozen_page() -> Path:
    """Return the built page of a studio's view that was saved as one file.

    Raises:
        RunError: It was not built: a checkout without `make page`.
    """
    return _built("view.html")


def _built(name: str) -> Path:
    path = Path(__file__).parent / "static" / name
    if not path.is_file():
        raise RunError("the page must be built", got="no file", where=str(path), hint="Run make page.")
    return path
