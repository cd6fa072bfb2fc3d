"""Units that answer to the same images."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

# Share of their strongest images that two units must have in common.
SHARED = 0.8
# Distinct images compared at once; bounds memory to units × this.
_BLOCK = 4096
Samples = npt.NDArray[np.int64]


def twins(
    samples: Samples, fired: npt.NDArray[np.bool_], *, images: int, shared: float = SHARED
) -> tuple[tuple[int, int, float], ...]:
    """Return the pairs of units that have more than `shared` of their strongest images in common.

    A unit that fired on few images is nobody's twin: the share is taken of k, not of what it fired
    on. If k is more than a quarter of all images, any two units have images in common by chance,
    and no pair is returned.

    Args:
        samples: (units, k): the strongest images of each unit.
        fired: (units, k): which of them the unit fired on.
        images: Images seen in all.
        shared: Share above which two units are twins, 0 … 1.

    Example:
        >>> twins(np.array([[0, 1], [1, 0], [2, 3]]), np.ones((3, 2), np.bool_), images=100)
        ((0, 1, 1.0),)
    """
    if samples.shape[1] * 4 > images or not fired.any():
        return ()
    common = np.zeros((len(samples), len(samples)), np.float32)
    known, column = np.unique(samples[fired], return_inverse=True)
    rows = np.nonzero(fired)[0]
    for start in range(0, len(known), _BLOCK):
        inside = (column >= start) & (column < start + _BLOCK)
        has = np.zeros((len(samples), min(_BLOCK, len(known) - start)), np.float32)
        has[rows[inside], column[inside] - start] = 1
        common += has @ has.T
    share: Any = common / samples.shape[1]
    first, second = np.nonzero(np.triu(share > shared, 1))
    return tuple((int(a), int(b), float(share[a, b])) for a, b in zip(first, second, strict=True))
