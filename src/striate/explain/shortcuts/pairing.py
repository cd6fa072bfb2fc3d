"""Who gets whose pixels: pairs of a recipient and a donor, by their classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pairs = NDArray[np.int64]


def from_class(labels: NDArray[np.integer], target: int, count: int, rng: np.random.Generator) -> Pairs:
    """Return pairs (m, 2) of a recipient of another class and a donor of a class, each recipient once.

    Args:
        labels: (n,) classes.
        target: The donors' class.
        count: Pairs wanted; fewer if there are fewer recipients.
        rng: Decides.

    Example:
        >>> from_class(np.array([0, 1, 1]), 1, 9, np.random.default_rng(0))[:, 0].tolist()
        [0]
    """
    recipients = rng.permutation(np.flatnonzero(labels != target))[:count]
    donors = np.resize(rng.permutation(np.flatnonzero(labels == target)), len(recipients))
    return np.stack([recipients, donors], axis=1).astype(np.int64)


def within_class(labels: NDArray[np.integer], target: int, count: int, rng: np.random.Generator) -> Pairs:
    """Return pairs (m, 2) of a recipient and a donor of one class, never the same image, each recipient once.

    Example:
        >>> sorted(within_class(np.array([0, 1, 1]), 1, 9, np.random.default_rng(0)).tolist())
        [[1, 2], [2, 1]]
    """
    own = rng.permutation(np.flatnonzero(labels == target))
    if len(own) < 2:
        return np.zeros((0, 2), dtype=np.int64)
    return np.stack([own, np.roll(own, 1)], axis=1)[:count].astype(np.int64)


def from_others(labels: NDArray[np.integer], rng: np.random.Generator) -> Pairs:
    """Return a pair (n, 2) for each image: itself and a donor of another class, every other class as likely."""
    classes = np.unique(labels)
    pairs = []
    for row, label in enumerate(labels):
        target = rng.choice(classes[classes != label])
        pairs.append((row, rng.choice(np.flatnonzero(labels == target))))
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)
