"""Where a data set keeps its decoded samples: in memory, or on the disk to be decoded again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from striate.data.decoding import UnreadableError, read_bytes
from striate.data.files import decode_file, unreadable
from striate.data.sample import one_line
from striate.errors import DataError


def content_key(data: bytes) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256, as `sha256sum` prints them.

    Example:
        >>> content_key(b"")
        'e3b0c44298fc1c14'
    """
    return hashlib.sha256(data).hexdigest()[:16]


@dataclass(frozen=True, slots=True, eq=False)
class InMemory:
    """Decoded samples, each uint8 or float32 with its channels first."""

    images: Sequence[Tensor] | Tensor

    def read(self, index: int) -> Tensor:
        """Return a copy, so that nobody changes the data set."""
        return self.images[index].clone()

    def subset(self, indices: Sequence[int]) -> InMemory:
        """Return some of the samples; nothing is copied."""
        return InMemory([self.images[index] for index in indices])


@dataclass(frozen=True, slots=True, eq=False)
class OnDemand:
    """Files that were read once, each with the key its bytes had then; `axes` as in `ReadAs`."""

    paths: Sequence[Path]
    keys: Sequence[str]
    axes: int = 0

    def read(self, index: int) -> Tensor:
        """Decode the file again; refuse it if it is no longer the file that was checked."""
        path = self.paths[index]
        try:
            data = read_bytes(path)
        except UnreadableError as error:
            raise unreadable(path.name, error.reason, where=one_line(str(path))) from None
        if content_key(data) != self.keys[index]:
            raise DataError(
                "a file must stay as it was when the data set was loaded",
                where=one_line(str(path)),
                hint="Load the data set again.",
            )
        return decode_file(path.name, data, self.axes).values

    def subset(self, indices: Sequence[int]) -> OnDemand:
        """Return some of the files."""
        return OnDemand([self.paths[index] for index in indices], [self.keys[index] for index in indices], self.axes)


Pixels = InMemory | OnDemand
