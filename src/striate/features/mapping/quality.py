"""How well a map keeps who is near whom: trustworthiness, continuity and recall of neighbours, exactly, in blocks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from striate.errors import InputError
from striate.features.mapping.neighbours import BLOCK_VALUES, nearest_rows
from striate.features.space import NEIGHBOURS, Numbers, Points, drawn_rows
from striate.records import MapQuality

# Of more points, so many are judged, each against all: the measures are means over points.
MOST_JUDGED = 5000


def map_quality(
    points: Points,
    maps: Sequence[Points],
    *,
    neighbours: int = NEIGHBOURS,
    most: int = MOST_JUDGED,
    seed: int = 0,
) -> tuple[MapQuality, ...]:
    """Return how well each of several maps of the same points keeps their neighbourhoods.

    Trustworthiness asks of every point's k nearest on the map how far down they are in the space's order; continuity asks
    the same with map and space exchanged; recall counts how many of the k nearest are the same.

    Args:
        points: (n, f): the space.
        maps: (n, 2) each.
        neighbours: k; less than half of the points.
        most: Points judged; of more, so many are drawn by the seed. Each is judged against all n.
        seed: Of that draw.

    Raises:
        InputError: Not enough points for so many neighbours (n must exceed 2 k).

    When it misleads:
        High values say that neighbours are kept, not that distances between groups mean anything. Of equally near points
        (copies) any may count as neighbour: recall is then lower than the map deserves, the two others are not.

    Cost:
        m · n · (f + 2 · maps) multiply-accumulates and the sorting of m rows of n, for the space and each map, in
        blocks of 128 MiB.

    Source:
        Venna and Kaski, "Neighborhood preservation in nonlinear projection methods", ICANN 2001, equations 1 and 2.

    Example:
        >>> line = np.arange(12, dtype=np.float32)[:, None]
        >>> same = np.hstack([line, 0 * line])
        >>> found, = map_quality(line, [same], neighbours=3)
        >>> found.trustworthiness, found.continuity
        (1.0, 1.0)
    """
    count = len(points)
    if neighbours < 1 or count <= 2 * neighbours:
        raise InputError(f"a map must have more than {2 * neighbours} points to be judged", got=count)
    judged = drawn_rows(count, most, seed)
    near = _near(points, judged, neighbours)
    near_on_maps = [_near(drawn, judged, neighbours) for drawn in maps]
    beyond = _places_beyond(points, judged, near_on_maps)
    scale = 2 / (len(judged) * neighbours * (2 * count - 3 * neighbours - 1))
    return tuple(
        MapQuality(
            neighbours=neighbours,
            trustworthiness=1 - scale * false,
            continuity=1 - scale * _places_beyond(drawn, judged, [near])[0],
            recall=float(np.mean((near[:, :, None] == shown[:, None, :]).any(2))),
            points=len(judged),
        )
        for drawn, shown, false in zip(maps, near_on_maps, beyond, strict=True)
    )


def neighbourhood_overlap(first: Numbers, second: Numbers) -> float:
    """Return the mean share of each point's neighbours that both lists (n, k) hold.

    Example:
        >>> neighbourhood_overlap(np.array([[1, 2], [0, 2]]), np.array([[2, 3], [0, 2]]))
        0.75
    """
    return float((first[:, :, None] == second[:, None, :]).any(2).mean())


def _near(points: Points, judged: Numbers, neighbours: int) -> Numbers:
    if len(judged) == len(points):
        return nearest_rows(points, neighbours)[0]
    # A point is its own nearest; among copies it may be any of the first.
    found, _ = nearest_rows(points[judged], neighbours + 1, others=points)
    is_own = found == judged[:, None]
    is_own[~is_own.any(1), -1] = True
    kept: Numbers = found[~is_own].reshape(len(judged), neighbours)
    return kept


def _places_beyond(points: Points, judged: Numbers, lists: Sequence[Numbers]) -> list[float]:
    """Return for each list of neighbours how many places beyond the k-th they are in the order of the points, summed."""
    centred = np.ascontiguousarray(points - points.mean(0, dtype=np.float64), np.float32)
    there = torch.from_numpy(centred)
    halves = there.square().sum(1) / 2
    sums = [0.0] * len(lists)
    step = max(1, BLOCK_VALUES // len(points))
    for top in range(0, len(judged), step):
        rows = torch.from_numpy(judged[top : top + step])
        ranks = torch.addmm(halves, there[rows], there.T, alpha=-1.0)
        # The point itself is nobody's neighbour and must not count as nearer than anybody.
        ranks[torch.arange(len(rows)), rows] = torch.inf
        # One sorting serves all lists, and is faster than to count for each of their neighbours who is nearer.
        distances = ranks.numpy()
        in_order = np.sort(distances, axis=1)
        for number, near in enumerate(lists):
            asked = np.take_along_axis(distances, near[top : top + step], 1)
            places = np.stack([np.searchsorted(row, one) for row, one in zip(in_order, asked, strict=True)])
            sums[number] += float(np.maximum(places + 1 - near.shape[1], 0).sum())
    return sums
