"""Features of every image, row after row in one safetensors file whose size is known from the start."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from striate.errors import Quoted, SchemaError, StorageError

Rows = npt.NDArray[np.float32]
NAME = "features.safetensors"


class Features(Protocol):
    """Where features go while images go by."""

    def add(self, rows: Rows) -> None:
        """Append rows (n, size)."""

    def settle(self) -> None:
        """Return once what was appended outlasts a kill."""

    def rows(self) -> Rows:
        """Return all rows, (images, size)."""


class FeaturesInMemory:
    """Features kept in memory.

    Args:
        images: Rows in all.
        size: Numbers a row.
    """

    def __init__(self, images: int, size: int) -> None:
        self._rows, self._done = np.zeros((images, size), np.float32), 0

    def add(self, rows: Rows) -> None:
        """Append rows (n, size)."""
        self._rows[self._done : self._done + len(rows)] = rows
        self._done += len(rows)

    def settle(self) -> None:
        """Do nothing: memory does not outlast a kill."""

    def rows(self) -> Rows:
        """Return all rows, (images, size)."""
        return self._rows


class FeaturesOnDisk:
    """Features appended to a file, which is a whole safetensors file when the last row is in.

    Args:
        folder: Where `features.safetensors` is.
        images: Rows in all.
        size: Numbers a row.
        done: Rows that are there already; what stands behind them is overwritten.
    """

    def __init__(self, folder: Path, images: int, size: int, *, done: int = 0) -> None:
        self._path, self._size = folder / NAME, size
        entry = {"features": {"dtype": "F32", "shape": [images, size], "data_offsets": [0, 4 * images * size]}}
        text = json.dumps(entry).encode()
        # The numbers begin at a multiple of eight bytes.
        text += b" " * (-len(text) % 8)
        header = len(text).to_bytes(8, "little") + text
        self._begin = len(header)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not done:
                self._path.write_bytes(header)
            elif not self._path.is_file() or self._path.stat().st_size < self._begin + 4 * done * size:
                hint = "Delete the folder: the survey is made again."
                raise SchemaError(
                    "features must be there for all images seen", got=Quoted("fewer"), where=str(self._path), hint=hint
                )
            with self._path.open("r+b") as file:
                file.truncate(self._begin + 4 * done * size)
        except OSError as cause:
            raise _refused(cause, self._path) from cause

    def add(self, rows: Rows) -> None:
        """Append rows (n, size)."""
        try:
            with self._path.open("ab") as file:
                file.write(np.ascontiguousarray(rows, dtype="<f4").tobytes())
        except OSError as cause:
            raise _refused(cause, self._path) from cause

    def settle(self) -> None:
        """Flush what was appended to the disk."""
        try:
            with self._path.open("r+b") as file:
                os.fsync(file.fileno())
        except OSError as cause:
            raise _refused(cause, self._path) from cause

    def rows(self) -> Rows:
        """Return all rows, (images, size), read from disk as they are used."""
        return read_features(self._path)


def read_features(path: Path) -> Rows:
    """Return the rows of a whole file, (images, size), read from disk as they are used.

    Raises:
        SchemaError: It is not whole, or no such file.
    """
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            entry = json.loads(file.read(min(length, 4096)))["features"]
        images, size = (int(number) for number in entry["shape"])
        is_whole = entry["dtype"] == "F32" and path.stat().st_size == 8 + length + 4 * images * size
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise SchemaError(
            "features must be a safetensors file with one table", got=str(cause), where=str(path)
        ) from cause
    if not is_whole:
        raise SchemaError(
            "features must be whole", got=path.stat().st_size, where=str(path), hint="Make the survey again."
        )
    if not images * size:
        return np.zeros((images, size), np.float32)
    return np.memmap(path, dtype="<f4", mode="r", offset=8 + length, shape=(images, size))


def _refused(cause: OSError, path: Path) -> StorageError:
    return StorageError(
        "the disk must take what is written",
        got=cause.strerror or str(cause),
        where=str(path),
        hint="Free some space and run it again: it goes on where it was.",
    )
