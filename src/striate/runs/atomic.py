"""Writing files so that nobody ever sees half of one.

A file is written beside its place, flushed to the disk, and renamed over it. A full disk leaves the
old file whole.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import tempfile
from pathlib import Path

from striate.errors import PlaceError, StorageError

# Where nothing can be written, however much room there is.
_NO_PLACE = {
    errno.EACCES, errno.EEXIST, errno.EISDIR, errno.EINVAL, errno.ENAMETOOLONG, errno.ENOENT, errno.ENOTDIR, errno.EPERM,
    errno.EROFS,
}  # fmt: skip


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file atomically.

    Raises:
        PlaceError: Nothing can be written there.
        StorageError: The disk refused; what was at `path` before is still there.
    """
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
        temporary = None
    except OSError as cause:
        kind = PlaceError if cause.errno in _NO_PLACE else StorageError
        raise kind(
            "the disk must take what is written",
            got=cause.strerror or str(cause),
            where=str(path),
            hint=f"{_cure(cause)} Nothing was half-written.",
        ) from cause
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()


def remove_parts(folder: Path) -> None:
    """Remove what a kill left of files being written in a folder and below."""
    for path in folder.rglob(".*.part"):
        with contextlib.suppress(OSError):
            path.unlink()


def _cure(cause: OSError) -> str:
    if cause.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "Free some space."
    return "Choose another place to write to."


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically."""
    write_bytes(path, text.encode())


def write_json(path: Path, document: object) -> None:
    """Write plain values as JSON atomically; a number that is not finite is refused."""
    write_text(path, json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
