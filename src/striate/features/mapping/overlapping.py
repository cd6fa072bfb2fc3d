"""Which classes mix in the space, pair by pair, and which of their points lie at the border."""

from __future__ import annotations

import numpy as np

from striate.features.space import Numbers
from striate.records import ClassOverlap

# Pairs that mix less are not named: one neighbour in a hundred.
LEAST = 0.01
MOST_PAIRS = 10
MOST_BORDER = 24


def overlapping_classes(neighbours: Numbers, labels: Numbers, rows: Numbers) -> tuple[ClassOverlap, ...]:
    """Return the pairs of classes that mix, most mixed first: at most 10, of which a hundredth of the neighbours cross over.

    Args:
        neighbours: (n, k), nearest first.
        labels: (n,) classes from 0.
        rows: (n,): the number of each point among all, by which those at the border are named.

    When it misleads:
        A small class beside a large one has mostly the large one's points around it when both are spread evenly: compare
        with `expected`.

    Example:
        >>> near = np.array([[1, 2], [0, 2], [3, 1], [2, 1]])
        >>> pair, = overlapping_classes(near, np.array([0, 0, 1, 1]), np.arange(4))
        >>> pair.first, pair.second, pair.share, pair.border.tolist()
        (0, 1, 0.5, [0, 1, 2, 3])
    """
    sizes = np.bincount(labels).astype(np.int64)
    around, own = labels[neighbours], labels[:, None]
    # Only pairs that are met are counted: of many classes most are not.
    met = np.minimum(around, own) * len(sizes) + np.maximum(around, own)
    pairs, crossing = np.unique(met[around != own], return_counts=True)
    first, second = np.divmod(pairs, len(sizes))
    both = sizes[first] + sizes[second]
    share = crossing / (both * neighbours.shape[1])
    expected = 2 * sizes[first] * sizes[second] / (both * max(len(labels) - 1, 1))
    mixed = np.flatnonzero(share >= LEAST)
    return tuple(
        ClassOverlap(
            first=int(first[pair]),
            second=int(second[pair]),
            share=float(share[pair]),
            expected=float(expected[pair]),
            border=rows[_border(around, labels, int(first[pair]), int(second[pair]))],
        )
        for pair in mixed[np.argsort(-share[mixed], kind="stable")][:MOST_PAIRS]
    )


def _border(around: Numbers, labels: Numbers, first: int, second: int) -> Numbers:
    """Return the points of either class with neighbours of the other, those with most first."""
    other = np.where(labels == first, second, np.where(labels == second, first, -1))
    others = (around == other[:, None]).sum(1)
    order = np.argsort(-others, kind="stable")[:MOST_BORDER]
    return np.asarray(order[others[order] > 0], np.int64)
