"""How far from all others a vector must be to be like none of them."""

from __future__ import annotations

import numpy as np

from striate.features.mapping.tsne import Near

FAR = 0.99


def far_limit(near: Near, count: int) -> float:
    """Return the distance to the nearest other that 99 % of the first points keep among themselves.

    Args:
        near: Rows and distances (n, k) of each point's nearest others, nearest first.
        count: So many points, the first, are asked about; only they count as others.

    Example:
        >>> rows, distances = np.array([[1], [0], [1]]), np.array([[1], [1], [5]], np.float32)
        >>> far_limit((rows, distances), 2)
        1.0
    """
    others, distances = near[0][:count], near[1][:count]
    # Who has new points alone around is at least as far from the old ones as from the last of these.
    apart = np.where(others < count, distances, distances[:, -1:]).min(1)
    return float(np.quantile(apart, FAR))
