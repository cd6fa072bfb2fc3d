"""One worker at a time for a piece of work in a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from striate.errors import Quoted, StorageError


@contextmanager
def claim(path: Path, *, instead: str = "Choose a folder on another disk.") -> Iterator[bool]:
    """Hold a file's lock for the block, and give whether it was free; the system gives it back however the process ends.

    Args:
        path: The file, made if it is not there; its folder too.
        instead: What to do where the disk does not lock files.

    Raises:
        StorageError: The disk refused, or does not lock files.
    """
    import fcntl

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as cause:
        raise StorageError(
            "the disk must take what is written", got=cause.strerror or str(cause), where=str(path)
        ) from cause
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        except OSError as cause:
            raise StorageError(
                "a disk must lock files for work to be kept apart on it",
                got=Quoted(cause.strerror or str(cause)),
                where=str(path),
                hint=instead,
            ) from cause
        yield True
    finally:
        os.close(handle)


def lock_beside(folder: Path) -> Path:
    """Return the file that whoever works on a folder holds: beside it, for a folder that need not be there yet."""
    return folder.with_name(f".{folder.name}.lock")
