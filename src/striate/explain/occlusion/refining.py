"""Coarse before fine: which windows are looked at first, and which after it is known where something changes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from striate.explain.occlusion.routes import Numbers


def coarse(counts: tuple[int, ...], window: tuple[int, ...], stride: tuple[int, ...]) -> Numbers:
    """Return the numbers of windows that cover everything with as little overlap as the grid of places allows.

    Args:
        counts: Places along each axis; windows are numbered row by row.
        window: Sides.
        stride: Steps.

    Example:
        >>> coarse((1, 6), (2, 4), (1, 2)).tolist()      # every second, and the last
        [0, 2, 4, 5]
    """
    places = np.indices(counts)
    is_coarse = np.ones(counts, dtype=np.bool_)
    for along, count, every in zip(places, counts, _every(window, stride), strict=True):
        is_coarse &= (along % every == 0) | (along == count - 1)
    return np.asarray(np.flatnonzero(is_coarse), dtype=np.int64)


def finer(
    counts: tuple[int, ...],
    window: tuple[int, ...],
    stride: tuple[int, ...],
    changes: NDArray[np.floating],
    share: float,
) -> Numbers:
    """Return the numbers of a share of the windows that were not looked at: those nearest to the coarse ones that changed most.

    Args:
        counts: Places along each axis.
        window: Sides.
        stride: Steps.
        changes: (windows,), how much each changed; NaN where nobody looked.
        share: 0 … 1.
    """
    places = np.indices(counts)
    nearest = []
    for along, count, every in zip(places, counts, _every(window, stride), strict=True):
        below = along // every * every
        above = np.minimum(below + every, count - 1)
        nearest.append(np.where(along - below <= above - along, below, above))
    expected = changes.reshape(counts)[tuple(nearest)].reshape(-1)
    left = np.flatnonzero(np.isnan(changes))
    order = np.argsort(-expected[left], kind="stable")
    return np.asarray(left[order[: round(share * len(left))]], dtype=np.int64)


def _every(window: tuple[int, ...], stride: tuple[int, ...]) -> list[int]:
    return [side // step for side, step in zip(window, stride, strict=True)]
