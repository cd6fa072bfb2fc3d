"""One more vector on a map that is there: who is nearest to it, where it goes, and whether it is like anything on the map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from striate.errors import InputError, Quoted
from striate.features.mapping.far import far_limit
from striate.features.mapping.layer import KEPT_NEIGHBOURS
from striate.features.mapping.neighbours import nearest_rows
from striate.features.mapping.tsne import NEW_NEIGHBOURS, place_new
from striate.features.space import Points, directions
from striate.records import MappedLayer


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """Where a vector goes on the map of others.

    Attributes:
        place: (x, y) on the map's plane, y upwards; it may lie beyond −1 … 1.
        nearest: Rows of the nearest of the map's points by the vectors, nearest first, at most 5.
        distance: To the nearest, between directions of length 1: 0 … 2.
        limit: What 99 % of the map's points keep to their own nearest.
    """

    place: tuple[float, float]
    nearest: tuple[int, ...]
    distance: float
    limit: float

    @property
    def is_far(self) -> bool:
        """Whether it is like nothing on the map."""
        return self.distance > self.limit


def add_to_map(
    layer: MappedLayer, vectors: Points, one: Points, *, limit: float | None = None, threads: int = 0
) -> Added:
    """Return where a vector goes among those a map was made of; none of them moves.

    It begins at the median of its 25 nearest and is moved by what draws it to them, as new rows of a store are by `map_store`.

    Args:
        layer: The map.
        vectors: (n, f) it was made of, in the order of its points.
        one: (f,) the vector.
        limit: That of an earlier answer about the same map: it does not depend on the vector, and takes most of the time.
        threads: As for `place_new`.

    Raises:
        InputError: A vector of another length, or that is not finite; a map whose vectors are all the same.

    When it misleads:
        Every vector gets a place. Ask `is_far` whether it means anything.
    """
    if one.shape != vectors.shape[1:] or not np.isfinite(one).all():
        raise InputError(
            f"a vector must be {vectors.shape[1]} finite numbers to be placed", got=one.shape, where=layer.layer
        )
    space = directions(vectors)
    here = directions(one[None], centre=vectors.mean(0, dtype=np.float64))
    if not space.any():
        raise InputError("a map must have vectors that differ", got=Quoted("equal ones"), where=layer.layer)
    near = nearest_rows(here, NEW_NEIGHBOURS, others=space)
    rows, distances = near[0][0], near[1][0]
    if layer.perplexity > 0:
        x, y = (place_new(near, layer.points.astype(np.float64) * layer.scale, threads=threads) / layer.scale)[0]
    else:
        # No t-SNE was made of so few points: beside the nearest is as near as can be said.
        x, y = layer.points[rows[0]]
    return Added(
        place=(float(x), float(y)),
        nearest=tuple(int(row) for row in rows[:KEPT_NEIGHBOURS]),
        distance=float(distances[0]),
        limit=far_limit(nearest_rows(space, 1), len(space)) if limit is None else limit,
    )
