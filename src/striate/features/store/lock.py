"""One writer at a time for a store on a disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from striate.errors import StorageError
from striate.runs.claim import claim

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
    with claim(Path(address) / _NAME, instead="Write to another disk, or to an object store.") as is_free:
        if not is_free:
            raise StorageError(
                "a store must have one writer at a time",
                got="another one",
                where=address,
                hint="Wait for it, or write to another store. Reading is possible all the time.",
            )
        yield
