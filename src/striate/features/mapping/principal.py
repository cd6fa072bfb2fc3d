"""The principal axes of vectors: those along which they differ most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from striate.features.space import Points

AXES = 50
# Above so many features and so many points, axes are found from random projections.
_MOST_EXACT = 4096


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Principal:
    """Principal axes, most telling first.

    Attributes:
        centre: (f,) float64: the mean.
        axes: (k, f) float64 of length 1; of each, the largest number is positive.
        shares: (k,) float64: of the variance, 0 … 1.
    """

    centre: npt.NDArray[np.float64]
    axes: npt.NDArray[np.float64]
    shares: npt.NDArray[np.float64]

    def place(self, points: Points) -> Points:
        """Return points (n, f) along the axes, (n, k) float32."""
        return np.array((points - self.centre) @ self.axes.T, dtype=np.float32)


def principal_axes(points: Points, count: int = AXES, *, seed: int = 0) -> Principal:
    """Return the first principal axes.

    Up to 4,096 features or points they are exact, from the covariance or the products of the points; beyond, from random
    projections drawn by the seed (scikit-learn's randomised solver).

    Args:
        points: (n, f), at least 2.
        count: Axes wanted; no more than n − 1 and f are found.
        seed: Of random projections, where they are needed.

    Example:
        >>> line = np.array([[0.0, 0.0], [1.0, 2.0], [2.0, 4.0]], np.float32)
        >>> found = principal_axes(line)
        >>> found.axes[0].round(3).tolist(), found.shares.round(3).tolist()
        ([0.447, 0.894], [1.0, 0.0])
    """
    number, features = points.shape
    count = min(count, number - 1, features)
    centre = points.mean(0, dtype=np.float64)
    centred = points.astype(np.float64)
    centred -= centre
    total = float(np.vdot(centred, centred))
    if min(number, features) > _MOST_EXACT:
        from sklearn.utils.extmath import randomized_svd

        _, sizes, axes = randomized_svd(centred, count, random_state=seed)
    elif features <= number:
        squares, vectors = np.linalg.eigh(centred.T @ centred)
        sizes, axes = np.sqrt(np.maximum(squares[::-1][:count], 0)), vectors[:, ::-1][:, :count].T
    else:
        squares, vectors = np.linalg.eigh(centred @ centred.T)
        sizes = np.sqrt(np.maximum(squares[::-1][:count], 0))
        axes = (vectors[:, ::-1][:, :count].T @ centred) / np.maximum(sizes, 1e-300)[:, None]
        axes[sizes <= 1e-12 * max(float(sizes.max(initial=0)), 1e-300)] = 0
    signs = np.sign(np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], 1))
    shares = sizes**2 / total if total > 0 else np.zeros(count)
    return Principal(centre=centre, axes=axes * np.where(signs == 0, 1, signs), shares=shares)
