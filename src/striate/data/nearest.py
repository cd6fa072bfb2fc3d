"""Who is alike: exact cosines between rows, in blocks, so that memory stays bounded however many samples there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]

# Rows and columns of one block of products: 1,024 × 8,192 float32 are 32 MiB.
BLOCK_ROWS = 1024
BLOCK_COLUMNS = 8192
NONE = -2.0
"""Similarity to nobody: below every cosine."""


def unit_rows(values: npt.NDArray[np.floating]) -> Rows:
    """Return rows (n, f) brought to length 1; a row of zeros, which has no direction, stays.

    Example:
        >>> unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
        [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    exact = np.asarray(values, np.float64)
    lengths = np.linalg.norm(exact, axis=1, keepdims=True)
    return np.where(lengths > 0, exact / np.where(lengths > 0, lengths, 1.0), 0.0).astype(np.float32)


def nearest_of(
    rows: Rows,
    others: Rows,
    *,
    keys: tuple[Numbers, Numbers] | None = None,
    want: Literal["same", "different"] = "different",
) -> tuple[Numbers, Rows]:
    """Return for each row the most similar of the others, and their cosine, exactly.

    Args:
        rows: (n, f), of length 1.
        others: (m, f), of length 1.
        keys: A number for each row and each of the others; with `want` they say which pairs count.
        want: "same": only others with the row's own key; "different": only those with another.

    Returns:
        Positions (n,) in the others, −1 where none counts, and cosines (n,), `NONE` there. Of equal ones the first.

    Example:
        >>> points = unit_rows(np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]))
        >>> nearest_of(points[:1], points[1:])[0].tolist()
        [0]
    """
    place = np.full(len(rows), -1, np.int64)
    cosine = np.full(len(rows), NONE, np.float32)
    for top in range(0, len(rows), BLOCK_ROWS):
        down = slice(top, top + BLOCK_ROWS)
        for left in range(0, len(others), BLOCK_COLUMNS):
            across = slice(left, left + BLOCK_COLUMNS)
            products = rows[down] @ others[across].T
            if keys is not None:
                is_same = keys[0][down, None] == keys[1][None, across]
                products[is_same != (want == "same")] = NONE
            best = products.argmax(1)
            found = products[np.arange(len(best)), best]
            is_better = found > cosine[down]
            place[down] = np.where(is_better, best + left, place[down])
            cosine[down] = np.where(is_better, found, cosine[down])
    return place, cosine


def pairs_above(rows: Rows, least: float) -> Iterator[tuple[Numbers, Numbers, Rows]]:
    """Yield all pairs of rows whose cosine is at least so much, block by block: first, second, cosine; first < second.

    Example:
        >>> points = unit_rows(np.array([[1.0, 0.0], [1.0, 0.01], [0.0, 1.0]]))
        >>> [(first.tolist(), second.tolist()) for first, second, _ in pairs_above(points, 0.99)]
        [([0], [1])]
    """
    for top in range(0, len(rows), BLOCK_ROWS):
        for left in range(top, len(rows), BLOCK_ROWS):
            products = rows[top : top + BLOCK_ROWS] @ rows[left : left + BLOCK_ROWS].T
            first, second = np.nonzero(products >= least)
            is_pair = first + top < second + left
            first, second = first[is_pair], second[is_pair]
            if len(first):
                yield (first + top).astype(np.int64), (second + left).astype(np.int64), products[first, second]


def clusters(count: int, pairs: Iterator[tuple[Numbers, Numbers, Rows]]) -> Numbers:
    """Return for each of `count` positions the number of its cluster: those linked by pairs, also through others.

    Pairs are taken in as they come and none is kept, so that a million equal images need no memory for their pairs.

    Example:
        >>> one = np.array([0]), np.array([2]), np.array([1.0], np.float32)
        >>> clusters(3, iter([one])).tolist()
        [0, 1, 0]
    """
    root = np.arange(count, dtype=np.int64)
    for first, second, _ in pairs:
        here, there = root[first], root[second]
        while (is_apart := here != there).any():
            here, there = here[is_apart], there[is_apart]
            np.minimum.at(root, np.maximum(here, there), np.minimum(here, there))
            while not np.array_equal(shorter := root[root], root):
                root = shorter
            here, there = root[here], root[there]
    return np.unique(root, return_inverse=True)[1].astype(np.int64)
