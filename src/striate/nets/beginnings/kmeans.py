"""k-means on whitened patches."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor

from striate.errors import DataError, Quoted
from striate.nets.beginnings.beginning import register
from striate.nets.beginnings.fitted import Fitted
from striate.nets.beginnings.patches import of_equal_contrast, whitening

PER_FILTER = 10


@register
class KMeans(Fitted):
    """First-layer filters are centroids of whitened training patches; `kmeans:deep` goes on layer by layer.

    Patches get equal contrast and are whitened (ZCA); k-means runs on their directions, one cluster for each filter, and its
    centroids are made of length 1. A filter is the centroid led back through the whitening, so that it answers to plain pixels as
    the centroid does to whitened ones. Ten patches are needed for each filter. Signs are as they come out; as many filters as
    asked can be made, more than the patches have dimensions too. Scale: as strong as He, see `Fitted`.

    When it misleads:
        Clusters of deeper layers describe what random or clustered layers below pass on, not what the task needs. Filters for
        few, similar images repeat each other.

    Source:
        Coates, Lee and Ng, "An Analysis of Single-Layer Networks in Unsupervised Feature Learning", AISTATS 2011; Coates and Ng,
        "Learning Feature Representations with K-means", 2012, section 3. Differs: Lloyd's steps on unit vectors (scikit-learn)
        instead of damped ones on the sphere.
    """

    name = "kmeans"

    def needed(self, filters: int, width: int) -> int:
        del width
        return PER_FILTER * filters

    def filters(self, rows: Tensor, number: int, seed: int) -> tuple[Tensor, str]:
        even = of_equal_contrast(rows) if rows.shape[1] > _FEW else rows
        white = whitening(even)
        return centroids(white(even), number, seed) @ white.matrix, f"{number} centroids of whitened patches"


_FEW = 4  # in so few values there is no contrast apart from the pattern itself


def centroids(rows: Tensor, number: int, seed: int) -> Tensor:
    """Return unit centroids (number, d) of the directions of rows (n, d).

    Raises:
        DataError: Fewer different directions than centroids.
    """
    from sklearn.cluster import KMeans as Clusters
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    length = rows.norm(dim=1, keepdim=True)
    directions = (rows / length.clamp(min=1e-24))[length[:, 0] > 1e-12 * length.max()]
    try:
        # One thread: sums in another order would give other last bits.
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)
            found = Clusters(number, n_init=1, max_iter=100, random_state=seed).fit(directions.numpy())
    except (ConvergenceWarning, ValueError) as cause:
        raise DataError(
            f"there must be at least {number} different patches for {number} filters",
            got=Quoted(str(cause).splitlines()[0]),
            hint="Give more or other images, or begin another way.",
        ) from cause
    centres = torch.from_numpy(found.cluster_centers_)
    unit: Tensor = centres / centres.norm(dim=1, keepdim=True).clamp(min=1e-24)
    return unit
