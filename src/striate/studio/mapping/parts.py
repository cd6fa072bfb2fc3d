"""Arrays of a page in files of at most 2 MB: what is larger goes on in the next one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from striate.report.arrays import ArrayStore

MOST_BYTES = 1_900_000


def in_parts(arrays: ArrayStore, *, most_bytes: int = MOST_BYTES) -> tuple[bytes, ...]:
    """Return arrays as files in the safetensors layout, each of at most so many bytes of values.

    An array that does not fit is cut along its first axis; the pieces have its name, one a file, in their order.

    Example:
        >>> store = ArrayStore()
        >>> _ = store.numbers("a", np.arange(5))
        >>> [len(part) > 0 for part in in_parts(store, most_bytes=8)]
        [True, True, True]
    """
    parts: list[ArrayStore] = [ArrayStore()]
    room = most_bytes
    for name, values in arrays.arrays.items():
        for piece in _pieces(values, room, most_bytes):
            if piece.nbytes > room or name in parts[-1].arrays:
                parts.append(ArrayStore())
                room = most_bytes
            parts[-1].arrays[name] = piece
            if name in arrays.scales:
                parts[-1].scales[name] = arrays.scales[name]
            room -= piece.nbytes
    return tuple(part.to_safetensors() for part in parts)


def _pieces(values: NDArray[np.generic], room: int, most_bytes: int) -> Iterator[NDArray[np.generic]]:
    """Yield an array whole where it fits into a file, else cut along its first axis, beginning in what is left of this one."""
    if values.nbytes <= most_bytes or values.ndim == 0:
        yield values
        return
    each = max(1, values.nbytes // len(values))
    first = room // each
    if first:
        yield values[:first]
    step = max(1, most_bytes // each)
    for start in range(first, len(values), step):
        yield np.ascontiguousarray(values[start : start + step])
