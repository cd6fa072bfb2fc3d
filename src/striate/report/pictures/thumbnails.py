"""Stored small pictures brought to one size, as a figure draws them."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
import numpy.typing as npt

from striate.data.decoding import ImageError, decode
from striate.page.wire import Scale
from striate.report.pictures.shrinking import shrunk

Pictures = npt.NDArray[np.uint8]

# What surrounds a picture that is not square: visible on white and on black.
_AROUND = 128


def to_pictures(stored: Sequence[bytes], most_px: int) -> tuple[Pictures, Scale, list[int]]:
    """Return small pictures of one size, how they are drawn, and which could be read.

    All have the size of the largest, at most `most_px` a side; smaller ones stand in its middle. If one has colours, all are
    told in colours.

    Args:
        stored: JPEG or PNG, as in a store.
        most_px: Longer side.

    Returns:
        (m, h, w) or (m, h, w, 3) uint8; the scale; for each picture its index in `stored`. What cannot be decoded is left out.

    Example:
        >>> small, large = b"P5 1 1 255 " + bytes([9]), b"P5 3 1 255 " + bytes([1, 2, 3])
        >>> pictures, scale, kept = to_pictures([small, b"broken", large], 32)
        >>> pictures.tolist(), scale.kind, kept
        ([[[0, 9, 0]], [[1, 2, 3]]], 'grey', [0, 2])
    """
    decoded: list[Pictures] = []
    kept: list[int] = []
    for place, data in enumerate(stored):
        try:
            planes = decode(data).numpy()
        except ImageError:
            continue
        picture = planes[0] if planes.shape[0] == 1 else np.ascontiguousarray(planes.transpose(1, 2, 0))
        decoded.append(shrunk(picture, most_px))
        kept.append(place)
    is_colour = any(picture.ndim == 3 for picture in decoded)
    sides = [max((picture.shape[axis] for picture in decoded), default=1) for axis in (0, 1)]
    scale = Scale(kind="colour" if is_colour else "grey", low=0, high=255, unit="the stored pictures, as they are")
    shape = (len(decoded), *sides, *([3] if is_colour else []))
    # Black is "no ink" on a map of one channel.
    whole = np.full(shape, _AROUND if is_colour else 0, np.uint8)
    for place, picture in enumerate(decoded):
        height, width = picture.shape[:2]
        top, left = (sides[0] - height) // 2, (sides[1] - width) // 2
        inner = picture[..., None] if is_colour and picture.ndim == 2 else picture
        whole[place, top : top + height, left : left + width] = inner
    return whole, scale, kept


def spread_evenly(points: npt.NDArray[np.floating], most: int, first: Sequence[int] = ()) -> list[int]:
    """Return which points get a picture where not all can: evenly over the map, however dense it is there.

    The plane is divided into about as many cells as there are pictures; each cell gives one point, then a second, and so on.

    Args:
        points: (n, 2); NaN for a point without a place.
        most: Pictures.
        first: Points that must have one, at most `most` of them.

    Returns:
        Indices in rising order.

    Example:
        >>> crowded = np.array([[0.0, 0.0], [0.01, 0.0], [0.0, 0.01], [1.0, 1.0]])
        >>> spread_evenly(crowded, 2), spread_evenly(crowded, 3, first=[2])
        ([0, 3], [0, 2, 3])
    """
    chosen = list(dict.fromkeys(first))[:most]
    placed = np.flatnonzero(np.isfinite(points).all(1))
    if not len(placed) or len(chosen) == most:
        return sorted(chosen)
    inside = points[placed].astype(np.float64)
    low, high = inside.min(0), inside.max(0)
    across = max(1, ceil(most**0.5))
    cells = ((inside - low) / np.maximum(high - low, 1e-12) * across).astype(np.int64).clip(0, across - 1)
    cell = cells[:, 0] * across + cells[:, 1]
    order = np.argsort(cell, kind="stable")
    starts = np.searchsorted(cell[order], cell[order])
    rank = np.empty(len(placed), np.int64)
    rank[order] = np.arange(len(placed)) - starts
    # A permutation of the cells, so that a last, partial round is spread as well.
    turn = np.random.default_rng(0).permutation(across**2)[cell]
    taken = set(chosen)
    for row in placed[np.lexsort((turn, rank))]:
        if len(chosen) == most:
            break
        if int(row) not in taken:
            chosen.append(int(row))
    return sorted(chosen)
