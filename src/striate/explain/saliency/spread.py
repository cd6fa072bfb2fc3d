"""How much of an image a map spreads over."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def half_share(saliency: NDArray[np.floating]) -> float:
    """Return the smallest share of the places that holds half of a map's magnitude, 0 … 0.5; 0 for a map of zeros.

    Args:
        saliency: (channels, axes…); summed over channels, signs kept, then magnitudes.

    When it misleads:
        A map on a small object is concentrated because the object is small.

    Source:
        The figure is ours; it is the point at which a Lorenz curve of the map, largest first, reaches one half.

    Example:
        >>> half_share(np.array([[3.0, -3.0, 0.0, 0.0]])), half_share(np.ones((1, 10)))
        (0.25, 0.5)
    """
    magnitude = np.sort(np.abs(saliency.sum(axis=0, dtype=np.float64)).ravel())[::-1]
    held = magnitude.cumsum()
    if not held.size or held[-1] <= 0:
        return 0.0
    # A hair below the half, so that rounding does not cost a place.
    return float(np.searchsorted(held, held[-1] / 2 * (1 - 1e-9)) + 1) / held.size
