"""The vectors of a store block by block, so that a store of any size needs the memory of one block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from striate.features.store.asking import without_error
from striate.features.store.store import VectorStore, as_array, told
from striate.records.vectors import VectorLayer

# Numbers in a block: 16 MiB of float32.
_NUMBERS = 4 * 2**20
_LEAST, _MOST = 64, 8192


def block_rows(size: int) -> int:
    """Return how many vectors of a size make a block.

    Example:
        >>> block_rows(512), block_rows(65_536)
        (8192, 64)
    """
    return max(_LEAST, min(_MOST, _NUMBERS // size))


def vector_blocks(
    store: VectorStore, layer: VectorLayer, columns: Sequence[str], where: str = ""
) -> Iterator[tuple[npt.NDArray[np.float32], Any]]:
    """Yield blocks of the vectors of a layer, (n, size) float32, and a pyarrow.Table of columns of the same n rows.

    Rows without a vector are left out.

    Args:
        store: The store, at the version it was opened or refreshed.
        layer: One of its layers.
        columns: What is wanted of the rows.
        where: SQL over the columns.

    Raises:
        UnknownNameError: A column the store has not.
        InputError: SQL that does not read.
        StorageError: The store cannot be read any more.
    """
    import pyarrow as pa

    asked = without_error(where)
    with told(store.address):
        for batch in store.scan([*columns, layer.column], asked).to_batches(block_rows(layer.size)):
            if len(batch):
                rows = pa.Table.from_batches([batch])
                yield as_array(rows[layer.column], layer.size), rows.select(list(columns))
