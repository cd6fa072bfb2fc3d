"""Points in the plane for samples in a space: t-SNE, and turning one picture to fit another."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from striate.features.space import Points, nearest

COMPONENTS = 50
# Iterations with attractions exaggerated, and without. On 1,000 digits the neighbourhoods are kept
# as well as after the 250 and 500 that are usual (trustworthiness 0.96), in two thirds of the time.
EARLY, LATE = 150, 350
_MOST_PERPLEXITY = 30.0


def perplexity_for(count: int) -> float:
    """Return the perplexity for a number of samples: 30, or a third of the others if that is less.

    Example:
        >>> perplexity_for(1000), perplexity_for(31)
        (30.0, 10.0)
    """
    return min(_MOST_PERPLEXITY, (count - 1) / 3)


def place(points: Points, *, seed: int) -> Points:
    """Return (n, 2) points by t-SNE: PCA to 50 axes, exact neighbours, start from the first two.

    One thread, since the order of sums over several would change the last digits, and those the
    picture. Barnes-Hut forces: for some thousand samples they take a fifth of the time of
    interpolated ones.

    Args:
        points: (n, f), at least 10 samples.
        seed: Of PCA's random projections and of the start's jitter. NumPy's global random state is
            not touched.

    When it misleads:
        Distances between groups, and their sizes, mean nothing; only who is near whom does.

    Source:
        van der Maaten and Hinton, "Visualizing Data using t-SNE", JMLR 2008; Kobak and Berens, "The
        art of using t-SNE for single-cell transcriptomics", Nature Communications 2019 (start from
        PCA). Differs: 500 iterations.

    Cost:
        About 1.5 s for 1,000 samples, growing like n log n.
    """
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    axes = _principal(points, seed)
    perplexity = perplexity_for(len(points))
    neighbours, distances = nearest(axes, max(int(3 * perplexity), 1))
    affinities = PerplexityBasedNN(
        knn_index=PrecomputedNeighbors(neighbours, distances), perplexity=perplexity, n_jobs=1
    )
    embedding = TSNEEmbedding(
        _start(axes, seed), affinities, negative_gradient_method="bh", n_jobs=1, random_state=seed
    )
    embedding.optimize(n_iter=EARLY, exaggeration=12, momentum=0.5, inplace=True)
    embedding.optimize(n_iter=LATE, exaggeration=1, momentum=0.8, inplace=True)
    return np.array(embedding, dtype=np.float32)


def fitted(points: Points, before: Points | None) -> Points:
    """Return points centred, turned and mirrored to fit `before`, and scaled into −1 … 1.

    Args:
        points: (n, 2).
        before: (n, 2) of the same samples, or None for the first picture. Nothing is stretched:
            only the scale changes.

    Source:
        Schönemann, "A generalized solution of the orthogonal Procrustes problem", Psychometrika
        1966.

    Example:
        >>> square = np.array([[0, 0], [0, 2], [2, 2], [2, 0]], np.float32)
        >>> turned = square @ np.array([[0, 1], [-1, 0]], np.float32)
        >>> fitted(turned, fitted(square, None)).tolist()
        [[-1.0, -1.0], [-1.0, 1.0], [1.0, 1.0], [1.0, -1.0]]
    """
    centred = points.astype(np.float64) - points.astype(np.float64).mean(0)
    if before is not None:
        target = before.astype(np.float64) - before.astype(np.float64).mean(0)
        left, _, right = np.linalg.svd(centred.T @ target)
        centred = centred @ (left @ right)
    farthest = np.abs(centred).max()
    return np.array(centred / (farthest if farthest > 0 else 1), dtype=np.float32)


def _principal(points: Points, seed: int) -> Points:
    from sklearn.decomposition import PCA

    count = min(COMPONENTS, len(points) - 1, points.shape[1])
    return np.array(PCA(n_components=count, random_state=seed).fit_transform(points), dtype=np.float32)


def _start(axes: Points, seed: int) -> npt.NDArray[np.float64]:
    """Return the first two axes, small, with a jitter far smaller that parts equal samples."""
    start = np.zeros((len(axes), 2))
    start[:, : min(2, axes.shape[1])] = axes[:, :2]
    start *= 1e-4 / max(float(start[:, 0].std()), 1e-30)
    return start + np.random.default_rng(seed).normal(scale=1e-6, size=start.shape)
