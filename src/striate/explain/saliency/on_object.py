"""Whether a map lies on the object, given a mask: pointing game and energy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from striate.errors import InputError, Quoted, ShapeError
from striate.graph import times


def pointing_hit(saliency: NDArray[np.floating], mask: NDArray[np.bool_], *, tolerance_px: int = 0) -> bool:
    """Return whether the largest value of a map lies on a mask, or within so many pixels of it.

    Args:
        saliency: (channels, axes…), signed; summed over channels.
        mask: bool (axes…): the object.
        tolerance_px: How far off counts as a hit, Euclidean; the paper takes 15 at 224 pixels.

    Raises:
        ShapeError: A mask of another size.
        InputError: An empty mask; a negative tolerance.

    When it misleads:
        One pixel decides. A large object is hit by chance as often as it covers the image.

    Source:
        Zhang et al., "Top-down Neural Attention by Excitation Backprop", ECCV 2016, sec. 4.1. Differs: of several largest
        values the first counts.

    Example:
        >>> pointing_hit(np.array([[[0.0, 2.0], [1.0, 0.0]]]), np.array([[False, True], [False, False]]))
        True
    """
    if tolerance_px < 0:
        raise InputError("tolerance_px must be at least 0", got=tolerance_px)
    total = _summed(saliency, mask)
    place = np.array(np.unravel_index(int(total.argmax()), total.shape))
    away = ((np.argwhere(mask) - place) ** 2).sum(axis=1)
    return bool(away.min() <= tolerance_px**2)


def energy_on_object(saliency: NDArray[np.floating], mask: NDArray[np.bool_]) -> float | None:
    """Return the share of a map's positive values that lies on a mask, 0 … 1; None if nothing is above zero.

    Args:
        saliency: (channels, axes…), signed; summed over channels, and what is below zero left out.
        mask: bool (axes…): the object.

    Raises:
        ShapeError: A mask of another size.
        InputError: An empty mask.

    When it misleads:
        An object that covers half of the image gets half of any map: hold it against the mask's share.

    Source:
        Wang et al., "Score-CAM", CVPR workshops 2020, sec. 4.3. Differs: the map is not scaled to 0 … 1 beforehand.

    Example:
        >>> energy_on_object(np.array([[[3.0, 1.0, -5.0]]]), np.array([[True, False, False]]))
        0.75
    """
    positive = np.maximum(_summed(saliency, mask), 0)
    total = float(positive.sum())
    return float(positive[mask].sum()) / total if total > 0 else None


def _summed(saliency: NDArray[np.floating], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    if saliency.shape[1:] != mask.shape:
        raise ShapeError(
            f"a mask must have the sides of its map, {times(saliency.shape[1:])}", got=Quoted(times(mask.shape))
        )
    if not mask.any():
        raise InputError("a mask must cover something", got=Quoted("nothing"))
    found: NDArray[np.float64] = saliency.sum(axis=0, dtype=np.float64)
    return found
