"""The same points mapped by other perplexities and from other starts, so that nobody trusts an accident."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt

from striate.events import SILENT, Events
from striate.features.mapping.neighbours import nearest_rows
from striate.features.mapping.quality import map_quality, neighbourhood_overlap
from striate.features.mapping.tsne import REACH, Placed, place_points, reach
from striate.features.mapping.turning import procrustes, turned
from striate.features.space import NEIGHBOURS, Points, drawn_rows
from striate.records import LoneGroup, TriedMap

Members = npt.NDArray[np.bool_]
# Of more points, so many are drawn for the comparison.
MOST_COMPARED = 2000
# Below this a group of one map is not found again on another (Hennig: "dissolved").
DISSOLVED = 0.5
_FACTOR = 3.0
_FEWEST_GROUP = 10


def compare_maps(
    points: Points,
    axes: Points,
    drawn: Placed,
    *,
    most: int = MOST_COMPARED,
    threads: int = 0,
    events: Events = SILENT,
) -> tuple[tuple[TriedMap, ...], tuple[LoneGroup, ...]]:
    """Return maps by a third and three times the perplexity, and from two other starts, beside the one drawn.

    Of more points than `most` a part is compared: it gets a map of its own by the settings of the drawn one, as reference. All
    are turned onto the drawn one.

    Args:
        points: (n, f): the space, as it is compared.
        axes: (n, a): principal axes, for the start.
        drawn: The map that is shown.
        most: Points compared.
        threads: As for `place_points`.
        events: Hears "placing the points" for each; may cancel.

    Returns:
        The maps, the reference first; and groups that are on one of them only: those whose best Jaccard overlap with any
        group of each other map is below 0.5.

    When it misleads:
        Agreement of all maps is no proof of a group in the data: they all come from the same neighbours. `separation_of`
        looks at the space itself.

    Source:
        Wattenberg, Viégas and Johnson, "How to Use t-SNE Effectively", Distill 2016; Hennig, "Cluster-wise assessment of
        cluster stability", Computational Statistics & Data Analysis 2007 (Jaccard, 0.5); groups by HDBSCAN (Campello et
        al., PAKDD 2013) on the plane.

    Cost:
        Four maps of at most 2,000 points, or five.
    """
    count = len(points)
    rows = drawn_rows(count, most, drawn.seed)
    some, start = points[rows], axes[rows]
    widest = (len(rows) - 1) / REACH
    usual = min(drawn.perplexity, widest)
    perplexities = _others(usual, widest)
    near_in_space = nearest_rows(some, reach(max([usual, *perplexities])))
    settings = [(one, drawn.seed) for one in perplexities] + [(usual, drawn.seed + n) for n in (1, 2)]
    maps = [drawn] if count <= most else []
    if not maps:
        settings.insert(0, (usual, drawn.seed))
    for perplexity, seed in settings:
        maps.append(
            place_points(
                near_in_space, start,
                perplexity=perplexity, seed=seed, is_random=seed != drawn.seed, threads=threads, events=events,
            )
        )  # fmt: skip
    shown = [turned(one.points, drawn.points[rows])[0] for one in maps]
    k = min(NEIGHBOURS, (len(rows) - 1) // 2)
    qualities = map_quality(some, shown, neighbours=k)
    near = [nearest_rows(one, k)[0] for one in shown]
    tried = tuple(
        TriedMap(
            perplexity=one.perplexity,
            seed=one.seed,
            rows=rows,
            points=picture,
            quality=quality,
            divergence=one.divergence,
            overlap=neighbourhood_overlap(near[0], own),
            procrustes=procrustes(picture, shown[0]),
            is_reference=number == 0,
        )
        for number, (one, picture, quality, own) in enumerate(zip(maps, shown, qualities, near, strict=True))
    )
    return tried, lone_groups(tried)


def lone_groups(tried: tuple[TriedMap, ...]) -> tuple[LoneGroup, ...]:
    """Return the groups that only one of the maps shows.

    Args:
        tried: Maps of the same points.
    """
    groups = [_groups(one.points) for one in tried]
    best: dict[tuple[int, int], float] = {}
    for first, second in combinations(range(len(tried)), 2):
        overlaps = np.array([[_jaccard(one, other) for other in groups[second]] for one in groups[first]])
        if not overlaps.size:
            continue
        for own, axis, number in ((first, 1, overlaps.shape[0]), (second, 0, overlaps.shape[1])):
            found = overlaps.max(axis)
            for group in range(number):
                key = own, group
                best[key] = max(best.get(key, 0.0), float(found[group]))
    lone = []
    for number, one in enumerate(tried):
        kept = [best.get((number, group), 0.0) for group in range(len(groups[number]))]
        lone += [
            LoneGroup(
                perplexity=one.perplexity, seed=one.seed, rows=one.rows[np.flatnonzero(members)],
                kept=share, typical=float(np.median(kept)),
            )
            for members, share in zip(groups[number], kept, strict=True)
            if share < DISSOLVED
        ]  # fmt: skip
    return tuple(lone)


def _others(perplexity: float, widest: float) -> list[float]:
    """Return a third and three times the perplexity, where they can be and differ clearly from it."""
    wanted = (perplexity / _FACTOR, min(perplexity * _FACTOR, widest))
    return [one for one in wanted if 2 <= one <= widest and not 0.67 < one / perplexity < 1.5]


def _groups(picture: Points) -> list[Members]:
    """Return the members (n,) of each group that HDBSCAN finds on the plane; one group of all is none."""
    from sklearn.cluster import HDBSCAN

    smallest = max(_FEWEST_GROUP, len(picture) // 100)
    if len(picture) < 2 * smallest:
        return []
    found = HDBSCAN(min_cluster_size=smallest, copy=True).fit_predict(picture)
    return [found == number for number in range(int(found.max()) + 1)]


def _jaccard(first: Members, second: Members) -> float:
    return float((first & second).sum() / max((first | second).sum(), 1))
