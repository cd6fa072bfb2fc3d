"""The reports of a run folder, and pages of folders named beside it, shown on the studio's own page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from striate.errors import unknown_name
from striate.report.reading import read_report, report_title
from striate.studio.design_wire import ReportFile, Reports
from striate.studio.paper.elsewhere import pages_in

MOST = 100


def reports_of(folder: Path | None) -> list[ReportFile]:
    """Return the reports that lie in a folder itself, by name; none without a folder."""
    found = []
    for path in sorted(folder.glob("*.html"))[:MOST] if folder is not None else []:
        title = report_title(path) if path.is_file() else None
        if title is not None:
            found.append(
                ReportFile(key=path.name, name=path.name, title=title, folder="", size_bytes=path.stat().st_size)
            )
    return found


def listing(folder: Path | None, pages: Sequence[Path] = ()) -> Reports:
    """Return the reports of a run's folder, then the pages of others, and how many of those are not listed."""
    found = pages_in(pages)
    elsewhere = [
        ReportFile(key=page.key, name=page.path.name, title=page.title, folder=page.folder, size_bytes=page.size_bytes)
        for page in found.pages
        # What lies in the run's folder is listed already.
        if folder is None or page.path.parent != folder.resolve()
    ]
    return Reports(
        files=reports_of(folder) + elsewhere,
        folders=[str(one) for one in pages],
        left_out=found.left_out,
        is_whole=found.is_whole,
    )


def report_of(folder: Path | None, key: str, pages: Sequence[Path] = ()) -> tuple[dict[str, Any], bytes]:
    """Return a report's page and arrays.

    Args:
        folder: The run's.
        key: As the listing has it.
        pages: Folders of other pages.

    Raises:
        UnknownNameError: None of the folders holds a report of that key.
        SchemaError: It cannot be read.
    """
    own = [report.key for report in reports_of(folder)]
    # A key from the listing and nothing else: no path leads out of the folders.
    if folder is not None and key in own:
        path = folder / key
    else:
        others = {page.key: page.path for page in pages_in(pages).pages}
        if key not in others:
            raise unknown_name("report", key, [*own, *others])
        path = others[key]
    status = path.stat()
    return _read(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=1)
def _read(path: Path, _mtime_ns: int, _size_bytes: int) -> tuple[dict[str, Any], bytes]:
    # The page and its arrays are asked for one after the other.
    return read_report(path)
