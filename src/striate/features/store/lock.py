"""One writer at a time for a store on a disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from striate.errors import Quoted, StorageError

_NAME = ".writing"


@contextmanager
def only_writer(address: str) -> Iterator[None]:
    """Hold the store's lock for the block; the system gives it back when the process ends, however it ends.

    A store in an object store has no such lock: there a writer stops when it finds a version that is not its own (see
    `VectorStore.append`), and only two appends within the same moment go unnoticed.

    Raises:
        StorageError: Somebody else is writing; the disk refused.
    """
    if "://" in address:
        yield
        return
    import fcntl

    path = Path(address) / _NAME
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as cause:
        raise StorageError("a store must be writable", got=cause.strerror or str(cause), where=address) from cause
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as cause:
            raise StorageError(
                "a store must have one writer at a time",
                got="another one",
                where=address,
                hint="Wait for it, or write to another store. Reading is possible all the time.",
            ) from cause
        except OSError as cause:
            raise StorageError(
                "a disk must lock files for a store to be written there",
                got=Quoted(cause.strerror or str(cause)),
                where=address,
                hint="Write to another disk, or to an object store.",
            ) from cause
        yield
    finally:
        os.close(handle)
