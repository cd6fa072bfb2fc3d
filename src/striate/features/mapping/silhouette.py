"""Silhouettes: how much nearer each point is to its own class than to the next."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from striate.features.mapping.neighbours import BLOCK_VALUES
from striate.features.space import Numbers, Points, drawn_rows

Reals = npt.NDArray[np.float64]
# Of more points, so many are judged, each against all.
MOST_JUDGED = 5000


def silhouettes(
    points: Points, labels: Numbers, *, shuffled: Numbers | None = None, most: int = MOST_JUDGED, seed: int = 0
) -> tuple[Reals, Reals]:
    """Return the silhouette of each point, and the mean of them for other labellings of the same points.

    (b − a) / max(a, b): a is the mean distance to the others of its class, b that to the nearest other class. 0 for a point
    alone in its class.

    Args:
        points: (n, f).
        labels: (n,) classes from 0, at least two of them.
        shuffled: (s, n): other labellings, to see what chance gives; distances are computed once for all.
        most: Points judged; of more, so many are drawn by the seed. Each is judged against all n, exactly.
        seed: Of that draw.

    Returns:
        (m,) of the points judged, in their order, and (s,) means.

    Cost:
        m · n · (f + s + 1) multiply-accumulates, in blocks of 128 MiB; a block's sums over classes are less than another.

    Source:
        Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis", Journal of
        Computational and Applied Mathematics 1987.

    Example:
        >>> line = np.array([[0.0], [1.0], [9.0], [10.0]], np.float32)
        >>> silhouettes(line, np.array([0, 0, 1, 1]))[0].round(2).tolist()
        [0.89, 0.88, 0.88, 0.89]
    """
    judged = drawn_rows(len(points), most, seed)
    labellings = np.vstack([labels[None], *([] if shuffled is None else [shuffled])])
    classes = int(labels.max()) + 1
    there = torch.from_numpy(np.ascontiguousarray(points - points.mean(0, dtype=np.float64), np.float32))
    squares = there.square().sum(1)
    found = np.empty((len(labellings), len(judged)))
    step = max(1, BLOCK_VALUES // len(points))
    for top in range(0, len(judged), step):
        here = judged[top : top + step]
        rows = torch.from_numpy(here)
        apart = torch.addmm(squares[:, None], there, there[rows].T, alpha=-2.0)
        apart.add_(squares[rows]).clamp_min_(0).sqrt_()
        apart[rows, torch.arange(len(rows))] = 0
        for number, labelling in enumerate(labellings):
            sums, counts = _sums(apart.numpy(), labelling, classes)
            found[number, top : top + step] = _silhouettes(sums, counts, labelling[here])
    return found[0], found[1:].mean(1)


def _sums(apart: npt.NDArray[np.float32], labels: Numbers, classes: int) -> tuple[Reals, Reals]:
    """Return the sums (b, classes) of distances (n, b) to the points of each class, and how many points each has."""
    from scipy.sparse import csr_matrix

    count = len(labels)
    members = csr_matrix((np.ones(count, np.float32), (labels, np.arange(count))), (classes, count))
    return np.asarray((members @ apart).T, np.float64), np.bincount(labels, minlength=classes).astype(np.float64)


def _silhouettes(sums: Reals, counts: Reals, own: Numbers) -> Reals:
    rows = np.arange(len(own))
    is_alone = counts[own] <= 1
    within = sums[rows, own] / np.maximum(counts[own] - 1, 1)
    between = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
    between[rows, own] = np.inf
    nearest = between.min(1)
    larger = np.maximum(within, nearest)
    return np.where(is_alone | (larger <= 0), 0.0, (nearest - within) / np.where(larger > 0, larger, 1.0))
