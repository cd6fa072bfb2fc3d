"""The reports of a run folder, shown on the studio's own page."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from striate.errors import unknown_name
from striate.report.reading import is_report, read_report
from striate.studio.design_wire import ReportFile

MOST = 100


def reports_of(folder: Path | None) -> list[ReportFile]:
    """Return the reports that lie in a folder itself, by name; none without a folder."""
    if folder is None:
        return []
    files = [path for path in sorted(folder.glob("*.html"))[:MOST] if path.is_file() and is_report(path)]
    return [ReportFile(name=path.name, size_bytes=path.stat().st_size) for path in files]


def report_of(folder: Path | None, name: str) -> tuple[dict[str, Any], bytes]:
    """Return a report's page and arrays.

    Raises:
        UnknownNameError: The folder holds no report of that name.
        SchemaError: It cannot be read.
    """
    known = [report.name for report in reports_of(folder)]
    # A name from the listing and nothing else: no path leads out of the folder.
    if folder is None or name not in known:
        raise unknown_name("report", name, known)
    status = (folder / name).stat()
    return _read(folder / name, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=1)
def _read(path: Path, _mtime_ns: int, _size_bytes: int) -> tuple[dict[str, Any], bytes]:
    # The page and its arrays are asked for one after the other.
    return read_report(path)
