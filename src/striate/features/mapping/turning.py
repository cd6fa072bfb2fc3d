"""Turning one picture of points onto another, and how much then still differs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from striate.features.space import Points

Plane = npt.NDArray[np.float64]


def turned(points: Points | Plane, onto: Points | Plane | None = None) -> tuple[Points, float]:
    """Return points centred, turned and mirrored to fit others, scaled into −1 … 1; and the scale.

    Args:
        points: (n, 2).
        onto: (n, 2) of the same samples; nothing is turned if left out. Nothing is stretched: only the scale changes.

    Returns:
        The points, and the number they were divided by.

    Source:
        Schönemann, "A generalized solution of the orthogonal Procrustes problem", Psychometrika 1966.

    Example:
        >>> square = np.array([[0, 0], [0, 2], [2, 2], [2, 0]], np.float32)
        >>> quarter = square @ np.array([[0, 1], [-1, 0]], np.float32)
        >>> turned(quarter, square)[0].tolist()
        [[-1.0, -1.0], [-1.0, 1.0], [1.0, 1.0], [1.0, -1.0]]
    """
    centred = _centred(points)
    if onto is not None:
        left, _, right = np.linalg.svd(centred.T @ _centred(onto))
        centred = centred @ (left @ right)
    farthest = float(np.abs(centred).max())
    scale = farthest if farthest > 0 else 1.0
    return np.array(centred / scale, dtype=np.float32), scale


def procrustes(points: Points | Plane, onto: Points | Plane) -> float:
    """Return the share of the spread of `onto` that the best turn, mirroring and scale of the points leaves, 0 … 1.

    The same whichever of the two is turned; SciPy's `spatial.procrustes` calls it disparity. 1 where one of them is a single
    place.

    Example:
        >>> square = np.array([[0, 0], [0, 2], [2, 2], [2, 0]], np.float32)
        >>> procrustes(3 * square + 5, square) < 1e-9
        True
    """
    first, second = _centred(points), _centred(onto)
    spread = float(np.linalg.norm(first) * np.linalg.norm(second))
    if spread == 0:
        return 1.0
    kept = float(np.linalg.svd(first.T @ second, compute_uv=False).sum()) / spread
    return float(np.clip(1 - kept**2, 0.0, 1.0))


def _centred(points: Points | Plane) -> Plane:
    exact = np.array(points, dtype=np.float64)
    exact -= exact.mean(0)
    return exact
