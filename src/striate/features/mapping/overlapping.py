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
    classes = int(labels.max()) + 1
    sizes = np.bincount(labels, minlength=classes)
    around = labels[neighbours]
    votes = np.stack([(around == number).sum(1) for number in range(classes)], axis=1)
    crossing = np.stack([votes[labels == number].sum(0) for number in range(classes)])
    found = []
    for first in range(classes):
        for second in range(first + 1, classes):
            both = int(sizes[first] + sizes[second])
            if not sizes[first] or not sizes[second]:
                continue
            share = float(crossing[first, second] + crossing[second, first]) / (both * neighbours.shape[1])
            if share >= LEAST:
                expected = 2 * float(sizes[first]) * float(sizes[second]) / (both * max(len(labels) - 1, 1))
                border = _border(votes, labels, first, second)
                found.append(
                    ClassOverlap(first=first, second=second, share=share, expected=expected, border=rows[border])
                )
    return tuple(sorted(found, key=lambda pair: -pair.share)[:MOST_PAIRS])


def _border(votes: Numbers, labels: Numbers, first: int, second: int) -> Numbers:
    """Return the points of either class with neighbours of the other, those with most first."""
    others = np.where(labels == first, votes[:, second], np.where(labels == second, votes[:, first], 0))
    order = np.argsort(-others, kind="stable")[:MOST_BORDER]
    return np.asarray(order[others[order] > 0], np.int64)
