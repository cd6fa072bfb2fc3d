"""What a set of images has in common, beside what sets drawn at random have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

DRAWS = 999
Numbers = npt.NDArray[np.float64]
Interval = tuple[float, float]


def directions(features: npt.NDArray[np.floating], centre: Numbers) -> Numbers:
    """Return features as directions from a centre, of length 1; zero where they lie on it."""
    away = np.asarray(features, np.float64) - centre
    length = np.linalg.norm(away, axis=-1, keepdims=True)
    return np.asarray(away / np.where(length > 0, length, 1))


def coherence(directed: Numbers) -> Numbers:
    """Return the mean cosine between all pairs of each set, (sets,), of directions (sets, images, features).

    Example:
        >>> coherence(np.array([[[1.0, 0.0], [1.0, 0.0]], [[1.0, 0.0], [-1.0, 0.0]]])).tolist()
        [1.0, -1.0]
    """
    count = directed.shape[1]
    together = (directed.sum(1) ** 2).sum(-1)
    alone = (directed**2).sum((1, 2))
    return np.asarray((together - alone) / (count * (count - 1)))


def chance_coherence(directed: Numbers, size: int, *, seed: int) -> Interval:
    """Return the 2.5 % and 97.5 % quantile of the coherence of random sets, (images, features) given."""
    draw = np.random.default_rng(seed)
    found = [
        float(coherence(directed[draw.choice(len(directed), size, replace=False)][None])[0]) for _ in range(DRAWS)
    ]  # fmt: skip
    return _interval(np.array(found))


def entropy_bits(counts: npt.NDArray[np.int64]) -> Numbers:
    """Return the entropy of each row of counts, bits.

    Example:
        >>> entropy_bits(np.array([[4, 4, 0], [8, 0, 0]])).tolist()
        [1.0, 0.0]
    """
    total = counts.sum(-1, keepdims=True)
    share = counts / np.where(total > 0, total, 1)
    logs = np.log2(np.where(share > 0, share, 1))
    return np.asarray(np.abs(-(share * logs).sum(-1)))


def chance_entropy_bits(counts: npt.NDArray[np.int64], size: int, *, seed: int) -> Interval:
    """Return the 2.5 % and 97.5 % quantile of the entropy of random sets, drawn without putting back from class counts."""
    draw = np.random.default_rng(seed)
    return _interval(entropy_bits(draw.multivariate_hypergeometric(counts, size, size=DRAWS, method="marginals")))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TwoGroups:
    """Points divided in two.

    Attributes:
        left: Share of the spread that is left within the groups, 0 … 1.
        p: Share of clouds of one normal distribution with that little left, these points among them.
        groups: (points,) int64, 0 or 1; 0 is the first point's.
    """

    left: float
    p: float
    groups: npt.NDArray[np.int64]


def two_groups(points: Numbers, *, seed: int, draws: int = 199, axes: int = 10) -> TwoGroups | None:
    """Return whether points fall into two groups more than one normal cloud of their shape does; None without spread.

    The points (n, features) are laid on their first principal axes. The measure is what 2-means leaves within its groups; it is
    taken of clouds of the normal distribution with the same spread along each axis in the same way.

    When it misleads:
        It tells two groups from *one normal cloud*: points along a curve, or with long tails, are no normal cloud either.
        Three groups are found as two.

    Source:
        Liu, Hayes, Nobel and Marron, "Statistical Significance of Clustering for High-Dimension, Low-Sample Size Data", JASA 2008
        (SigClust). Differs: the null's spread is the sample's along at most ten axes, not a thresholded one along all; 2-means
        begins from the signs along the first two axes.

    Example:
        >>> draw = np.random.default_rng(0)
        >>> cloud = draw.normal(size=(40, 3))
        >>> two_groups(cloud, seed=0).p > 0.05, two_groups(cloud + 9 * (np.arange(40) % 2)[:, None], seed=0).p
        (True, 0.005)
    """
    centred = points - points.mean(0)
    left, size, _ = np.linalg.svd(centred, full_matrices=False)
    kept = size[: min(axes, max(len(points) // 4, 1))]
    kept = kept[kept > 1e-6 * max(float(size[0]), 1e-300)]
    if not len(kept):
        return None
    own, groups = _divided((left[:, : len(kept)] * kept)[None])
    draw = np.random.default_rng(seed)
    clouds = draw.normal(size=(draws, len(points), len(kept))) * kept / np.sqrt(len(points) - 1)
    null, _ = _divided(clouds - clouds.mean(1, keepdims=True))
    p = (1 + int((null <= own[0]).sum())) / (draws + 1)
    return TwoGroups(left=float(own[0]), p=p, groups=groups[0] ^ groups[0, 0])


def _divided(clouds: Numbers, rounds: int = 12) -> tuple[Numbers, npt.NDArray[np.int64]]:
    """Return the share left within the best two groups of each cloud (clouds, points, axes), and the groups."""
    total = (clouds**2).sum((1, 2))
    best = np.full(len(clouds), np.inf)
    found = np.zeros(clouds.shape[:2], np.int64)
    for axis in range(min(2, clouds.shape[2])):
        groups = clouds[:, :, axis] > 0
        for _ in range(rounds):
            means = [_mean(clouds, groups == side) for side in (False, True)]
            apart = [((clouds - mean[:, None]) ** 2).sum(2) for mean in means]
            groups = apart[1] < apart[0]
        within = sum(
            (((clouds - _mean(clouds, groups == side)[:, None]) ** 2).sum(2) * (groups == side)).sum(1)
            for side in (False, True)
        )
        share = np.asarray(within) / np.where(total > 0, total, 1)
        better = share < best
        best[better], found[better] = share[better], groups[better]
    return best, found


def _mean(clouds: Numbers, chosen: npt.NDArray[np.bool_]) -> Numbers:
    count = np.maximum(chosen.sum(1), 1)
    return np.asarray((clouds * chosen[:, :, None]).sum(1) / count[:, None])


def _interval(values: Numbers) -> Interval:
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)
