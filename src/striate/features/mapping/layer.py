"""`map_layer`: one layer's vectors on the plane, and everything that is measured of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from striate.errors import InputError
from striate.events import SILENT, Events
from striate.features.mapping.comparing import MOST_COMPARED, compare_maps
from striate.features.mapping.far import far_limit
from striate.features.mapping.measured import LOF_NEIGHBOURS, measured
from striate.features.mapping.neighbours import nearest_rows
from striate.features.mapping.principal import AXES, principal_axes
from striate.features.mapping.separation import Known, PixelScore
from striate.features.mapping.tsne import (
    FEWEST,
    NEW_NEIGHBOURS,
    REACH,
    Near,
    Placed,
    place_new,
    place_points,
    reach,
    usual_perplexity,
)
from striate.features.mapping.turning import turned
from striate.features.space import Points, directions
from striate.numbers import percent, plural
from striate.records import MappedLayer

# Above so many multiply-accumulates (n² · f), neighbours for the map are sought along the principal axes alone.
MOST_MACS = 1e13
# Of each point, so many are kept for whoever shows the map.
KEPT_NEIGHBOURS = 5
_SHARES_TOLD = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class MapSettings:
    """How maps are made.

    Attributes:
        perplexity: 0 takes the usual one for the size: 30, or a third of the other points if that is less.
        seed: Of the start's jitter, of samples that are judged, of the bootstrap.
        is_compared: Whether other perplexities and starts are tried beside.
        most_compared: Points of that comparison.
        threads: Of the forces; all of torch's if 0. Pictures do not depend on it.
    """

    perplexity: float = 0.0
    seed: int = 0
    is_compared: bool = True
    most_compared: int = MOST_COMPARED
    threads: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kept:
    """A map that is there already: its points are the first rows.

    Attributes:
        layer: As it was.
        count: Points it was made with, those placed later left out.
    """

    layer: MappedLayer
    count: int


def map_layer(
    name: str,
    vectors: Points,
    known: Known | None,
    *,
    pixels: PixelScore | None = None,
    onto: Points | Kept | None = None,
    settings: MapSettings | None = None,
    events: Events = SILENT,
) -> tuple[MappedLayer, npt.NDArray[np.uint8]]:
    """Return one layer's map, PCA beside it, and what was measured in the space.

    Vectors are compared by angle, after their mean is taken off (`directions`). The map is t-SNE by the exact neighbours of
    the whole space; where that would take more than 10¹³ multiply-accumulates, of the first 50 principal axes.

    Args:
        name: Of the layer.
        vectors: (n, f) finite.
        known: What is known of the points; None for nothing.
        pixels: Of their pictures, to compare with; None without pictures.
        onto: (n, 2): the map of the layer before, onto which this one is turned. Or a map of the first rows that is there
            already: only the others are placed.
        settings: How.
        events: Hears tasks; may cancel.

    Returns:
        The layer, and (n,) 1 for each new point that is farther from the map's points than 99 % of these are from each other.

    Raises:
        InputError: Fewer than two vectors; numbers that are not finite; a perplexity that so few points cannot have.
        Cancelled: The watcher asked to stop.
    """
    how = settings or MapSettings()
    _check(name, vectors)
    space = directions(vectors)
    principal = principal_axes(space, AXES, seed=how.seed)
    axes = principal.place(space)
    pca, _ = turned(_two(axes), None)
    layer = MappedLayer(
        layer=name,
        size=vectors.shape[1],
        points=pca,
        perplexity=0.0,
        seed=how.seed,
        divergence=0.0,
        quality=None,
        pca=pca,
        pca_shares=tuple(principal.shares[:_SHARES_TOLD].tolist()),
        pca_quality=None,
    )
    if not space.any():
        told = f"All {len(space)} vectors of {name} are the same: there is nothing to map or to measure."
        return replace(layer, unmeasured=(told,)), np.zeros(len(space), np.uint8)
    perplexity = how.perplexity or usual_perplexity(len(space))
    points, words = _ground(space, axes, principal.shares)
    near = nearest_rows(points, max(reach(perplexity), LOF_NEIGHBOURS), events=events)
    layer, far = _placed(layer, _Space(points=points, axes=axes, near=near), onto, how, events)
    if points is axes:
        told = f"Neighbours in the whole space: they would take too long, so they were sought along {words}."
        layer = replace(layer, unmeasured=(*layer.unmeasured, told))
    layer = replace(layer, placed_by=words, neighbours=near[0][:, :KEPT_NEIGHBOURS])
    return measured(layer, space, near, known, pixels=pixels, seed=how.seed), far


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Space:
    """The points where neighbours were sought: the space or its principal axes, those axes, and the neighbours."""

    points: Points
    axes: Points
    near: Near


def _placed(
    layer: MappedLayer, ground: _Space, onto: Points | Kept | None, how: MapSettings, events: Events
) -> tuple[MappedLayer, npt.NDArray[np.uint8]]:
    """Return the layer with its points, and which new ones are far from all."""
    count = len(ground.points)
    if isinstance(onto, Kept):
        return _continued(layer, ground, onto, how)
    if count < FEWEST:
        told = f"No t-SNE of {plural(count, 'point')}: it must have at least {FEWEST}; PCA is drawn in its place."
        return replace(layer, unmeasured=(told,)), np.zeros(count, np.uint8)
    placed = place_points(
        ground.near,
        ground.axes,
        perplexity=how.perplexity or usual_perplexity(count),
        seed=how.seed,
        threads=how.threads,
        events=events,
    )
    points, scale = turned(placed.points, onto)
    layer = replace(
        layer,
        points=points,
        perplexity=placed.perplexity,
        divergence=placed.divergence,
        scale=scale,
    )
    if how.is_compared:
        layer = _compared(layer, ground, placed, how, events)
    return layer, np.zeros(count, np.uint8)


def _continued(
    layer: MappedLayer, ground: _Space, kept: Kept, how: MapSettings
) -> tuple[MappedLayer, npt.NDArray[np.uint8]]:
    """Return the layer with the old points where they were and the new ones placed among them."""
    old, settled = kept.layer, len(kept.layer.points)
    reference = old.points[: kept.count].astype(np.float64) * old.scale
    here = ground.points
    far = np.zeros(len(here), np.uint8)
    points = old.points
    if len(here) > settled:
        near = nearest_rows(here[settled:], NEW_NEIGHBOURS, others=here[: kept.count])
        placed = place_new(near, reference, threads=how.threads)
        points = np.vstack([points, (placed / old.scale).astype(np.float32)])
        far[settled:] = near[1][:, 0] > far_limit(ground.near, kept.count)
    return replace(
        layer,
        points=points,
        perplexity=old.perplexity,
        seed=old.seed,
        divergence=old.divergence,
        tried=old.tried,
        lone=old.lone,
        scale=old.scale,
    ), far


def _compared(layer: MappedLayer, ground: _Space, placed: Placed, how: MapSettings, events: Events) -> MappedLayer:
    if len(ground.points) < 4 * REACH:
        told = f"No other maps were tried: {plural(len(ground.points), 'point')} leave no room for another perplexity."
        return replace(layer, unmeasured=(*layer.unmeasured, told))
    # The drawn picture, not t-SNE's own plane: the others are turned onto what is seen.
    shown = replace(placed, points=layer.points.astype(np.float64))
    tried, lone = compare_maps(
        ground.points, ground.axes, shown, most=how.most_compared, threads=how.threads, events=events
    )
    return replace(layer, tried=tried, lone=lone)


def _ground(space: Points, axes: Points, shares: npt.NDArray[np.float64]) -> tuple[Points, str]:
    if len(space) ** 2 * space.shape[1] <= MOST_MACS or space.shape[1] <= AXES:
        return space, f"all {plural(space.shape[1], 'feature')}"
    told = percent(float(shares.sum()), 0)
    return axes, f"{axes.shape[1]} principal axes, which hold {told} of the variance"


def _two(axes: Points) -> Points:
    if axes.shape[1] >= 2:
        return axes[:, :2]
    return np.hstack([axes, np.zeros((len(axes), 2 - axes.shape[1]), np.float32)])


def _check(name: str, vectors: Points) -> None:
    if vectors.ndim != 2 or len(vectors) < 2 or not vectors.shape[1]:
        raise InputError("a map must have at least two vectors", got=vectors.shape, where=name)
    if not np.isfinite(vectors).all():
        wrong = int((~np.isfinite(vectors).all(1)).sum())
        raise InputError(
            "vectors must be finite numbers",
            got=f"others in {plural(wrong, 'row')}",
            where=name,
            hint="Extract them again, or look at the weights: striate load.",
        )
