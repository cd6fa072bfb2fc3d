"""Units that answer to the same images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

# Share of their strongest images that two units must have in common.
SHARED = 0.8
# Of copies: share of their strongest images, and correlation of their answers to images of one class. In the fault bench's
# development part no pair of a healthy network has both, and every planted copy has.
COPIED_SHARE, COPIED_CORRELATION = 0.95, 0.99
# Distinct images compared at once; bounds memory to units × this.
_BLOCK = 4096
Samples = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.floating[Any]]


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


def copies(
    pairs: Sequence[tuple[int, int, float]], responses: Numbers, groups: npt.NDArray[np.int64] | None
) -> tuple[tuple[int, int, float], ...]:
    """Return those of the twins that say the same, as (unit, unit, correlation).

    Units of one class share its images by nature, most of all next to the answer and where a class has few. What tells a copy
    from such a unit is how they answer to single images of a class: so the correlation is taken within classes.

    Args:
        pairs: What `twins` returns.
        responses: (images, units): each unit's mean over each image.
        groups: (images,): the images' classes; None if there are none.

    Example:
        >>> responses = np.array([[0.0, 1.0, 0.1], [0.2, 1.2, 0.0], [5.0, 6.0, 5.0], [5.2, 6.2, 5.1]])
        >>> copies([(0, 1, 1.0), (0, 2, 1.0)], responses, np.array([0, 0, 1, 1]))
        ((0, 1, 1.0),)
    """
    near = [(first, second) for first, second, share in pairs if share >= COPIED_SHARE]
    if not near or len(responses) < 3:
        return ()
    found = likeness(responses, groups)
    told = [(first, second, round(float(found[first, second]), 6)) for first, second in near]
    return tuple(pair for pair in told if pair[2] >= COPIED_CORRELATION)


def likeness(responses: Numbers, groups: npt.NDArray[np.int64] | None = None) -> Numbers:
    """Return the correlations (units, units) of units' answers (images, units), 0 where a unit always says the same.

    Args:
        responses: Each unit's mean over each image.
        groups: (images,): with them, each group's mean is taken off first: correlations within groups.

    Example:
        >>> likeness(np.array([[0.0, 0.0, 1.0], [1.0, 2.0, 1.0]])).round(6).tolist()
        [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    """
    values = np.asarray(responses, np.float64)
    away = values.copy()
    for group in [None] if groups is None else np.unique(groups):
        own = slice(None) if groups is None else groups == group
        away[own] -= values[own].mean(0)
    length = np.linalg.norm(away, axis=0)
    # What is left of a unit that always says the same is rounding.
    is_moving = length > 1e-6 * np.linalg.norm(values, axis=0)
    unit = np.where(is_moving, away / np.where(is_moving, length, 1), 0)
    return np.asarray(unit.T @ unit)
