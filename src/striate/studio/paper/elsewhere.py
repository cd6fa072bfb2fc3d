"""Pages that lie in folders named beside the network: of studies, searches, checks and whatever else writes one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from striate import fingerprint
from striate.errors import InputError

MOST = 50
DEEPEST = 3
# A folder of a million files is not gone through while somebody waits for a list; nor is every file in one read.
_MOST_SEEN, _MOST_OPENED = 20_000, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFile:
    """A page of ours in a folder that was named.

    Attributes:
        key: What it is asked for by; made of where it lies, and no path.
        path: With links followed; inside the folder.
        folder: The folder it lies in, as people know it.
        title: Of the page.
        size_bytes: Of the file.
    """

    key: str
    path: Path
    folder: str
    title: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesFound:
    """Pages in the folders that were named.

    Attributes:
        pages: The newest first, at most 50.
        left_out: Files of HTML that are older, or were not reached, and were not opened.
        is_whole: Whether the folders were gone through to their end.
    """

    pages: tuple[PageFile, ...]
    left_out: int
    is_whole: bool


def check_folders(folders: Sequence[str | Path]) -> tuple[Path, ...]:
    """Return folders of pages.

    Raises:
        InputError: One that is not there, or is no folder.
    """
    for folder in folders:
        if not Path(folder).is_dir():
            raise InputError("a folder of pages must be there", got=str(folder), where="pages")
    return tuple(Path(folder) for folder in folders)


def pages_in(folders: Sequence[Path]) -> PagesFound:
    """Return the pages of ours in folders, and in folders at most three below them, the newest first.

    A link to a folder is not followed; a link to a file only where it leads to a file of the same folder or below.
    """
    found: dict[Path, tuple[int, Path]] = {}
    is_whole = True
    for folder in folders:
        root = folder.resolve()
        for seen, path in enumerate(_html_below(root)):
            if seen >= _MOST_SEEN:
                is_whole = False
                break
            if path is not None and (status := _status_inside(path, root)) is not None:
                found.setdefault(path.resolve(), (status.st_mtime_ns, folder / path.relative_to(root)))
    newest = sorted(found, key=lambda path: (-found[path][0], str(path)))
    pages: list[PageFile] = []
    opened = 0
    for path in newest[:_MOST_OPENED]:
        if len(pages) == MOST:
            break
        opened += 1
        if (page := _page(path, found[path][1])) is not None:
            pages.append(page)
    return PagesFound(pages=tuple(pages), left_out=len(newest) - opened, is_whole=is_whole)


def _html_below(root: Path) -> Iterator[Path | None]:
    """Yield files of HTML in a folder and at most three below, and None for everything else that is looked at."""
    for place, folders, files in os.walk(root):
        depth = len(Path(place).relative_to(root).parts)
        # Folders one hides hold no pages for people. Links to folders are none of these: `os.walk` does not follow them.
        folders[:] = sorted(name for name in folders if not name.startswith(".")) if depth < DEEPEST else []
        yield from (None for _ in folders)
        for name in sorted(files):
            yield Path(place) / name if name.endswith(".html") else None


def _status_inside(path: Path, root: Path) -> os.stat_result | None:
    """Return a file's status if it lies inside a folder once its links are followed."""
    try:
        real = path.resolve(strict=True)
        return real.stat() if real.is_relative_to(root) and real.is_file() else None
    except OSError:
        return None


def _page(path: Path, shown: Path) -> PageFile | None:
    try:
        status = path.stat()
    except OSError:
        return None
    title = _title(path, status.st_mtime_ns, status.st_size)
    if title is None:
        return None
    return PageFile(
        key=f"{fingerprint.short(fingerprint.of_json(str(path)))}.html",
        path=path,
        folder=str(shown.parent),
        title=title,
        size_bytes=status.st_size,
    )


@lru_cache(maxsize=2 * _MOST_OPENED)
def _title(path: Path, _mtime_ns: int, _size_bytes: int) -> str | None:
    # A list is made at every question; a file that stayed as it was is not opened again.
    # All that reports hold is a quarter of a second of imports, and the folders are looked at before anything else.
    from striate.report.reading import report_title

    return report_title(path)
