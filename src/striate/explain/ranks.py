"""Rank correlation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def rank_correlation(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """Return Spearman's correlation of two arrays of one shape; equal values share their mean rank.

    Returns:
        −1 … 1; 0 if one of them is constant.

    Example:
        >>> rank_correlation(np.array([1.0, 2.0, 3.0]), np.array([10.0, 30.0, 20.0]))
        0.5
    """
    first, second = (found - found.mean() for found in (ranks(one), ranks(other)))
    norm = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / norm if norm > 0 else 0.0


def ranks(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the ranks of an array's values in reading order, from 1; equal values share their mean rank.

    Example:
        >>> ranks(np.array([3.0, 1.0, 3.0])).tolist()
        [2.5, 1.0, 2.5]
    """
    _, place, counts = np.unique(values.ravel(), return_inverse=True, return_counts=True)
    last = counts.cumsum()
    found: NDArray[np.float64] = (last - (counts - 1) / 2)[place.ravel()]
    return found
