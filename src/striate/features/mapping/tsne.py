"""t-SNE of points whose neighbours are known, and of new points on a map that is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from striate.errors import InputError
from striate.events import SILENT, Events, Task
from striate.features.mapping.forces import GridForces
from striate.features.mapping.neighbours import Distances
from striate.features.space import Numbers, Points

Plane = npt.NDArray[np.float64]
Near = tuple[Numbers, Distances]

# Iterations with attractions exaggerated, and without: openTSNE's own, and 100 more, since they cost less here.
EARLY, LATE = 250, 600
FEWEST = 4
# Of a t-SNE, neighbours for each unit of perplexity.
REACH = 3
_USUAL = 30.0
_STEP = 50
# Of new points: openTSNE's transform.
_NEW_PERPLEXITY, NEW_NEIGHBOURS, _NEW_STEPS = 5.0, 25, 250


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """Points in the plane.

    Attributes:
        points: (n, 2) float64, in t-SNE's own units: points nearer than about 1 attract each other's neighbours.
        divergence: Kullback-Leibler divergence reached.
        perplexity: Used.
        seed: Used.
    """

    points: Plane
    divergence: float
    perplexity: float
    seed: int


def usual_perplexity(count: int) -> float:
    """Return the perplexity for so many points: 30, or a third of the others if that is less.

    Example:
        >>> usual_perplexity(20_000), usual_perplexity(31)
        (30.0, 10.0)
    """
    return min(_USUAL, (count - 1) / REACH)


def reach(perplexity: float) -> int:
    """Return how many neighbours a map by this perplexity needs.

    Example:
        >>> reach(30.0)
        90
    """
    return max(int(REACH * perplexity), 1)


def place_points(
    near: Near,
    start: Points,
    *,
    perplexity: float,
    seed: int = 0,
    is_random: bool = False,
    threads: int = 0,
    events: Events = SILENT,
) -> Placed:
    """Return points in the plane by t-SNE.

    Args:
        near: (n, k) neighbours, nearest first, and their distances, as `nearest_rows` finds them; k at least three times the
            perplexity, or n − 1.
        start: (n, a): principal axes, of which the first two are the start.
        perplexity: Effective number of neighbours, at most (n − 1) / 3.
        seed: Of the start's jitter, or of the start.
        is_random: Start from random places in place of the principal axes: another start is what makes another map.
        threads: For the forces; all of torch's if 0. The result is the same.
        events: Hears "placing the points" by the step; may cancel.

    Raises:
        InputError: Fewer than 4 points; a perplexity that so few cannot have.
        Cancelled: The watcher asked to stop.

    When it misleads:
        t-SNE finds groups also where there are none; distances between groups and their sizes mean nothing. See
        `compare_maps` for what stays when perplexity and start change.

    Source:
        van der Maaten and Hinton, "Visualizing Data using t-SNE", JMLR 2008; Kobak and Berens, "The art of using t-SNE for
        single-cell transcriptomics", Nature Communications 2019 (start from PCA); Belkina et al., Nature Communications 2019
        (rate n / exaggeration). openTSNE's optimiser and its rates; differs: the forces (see `GridForces`), exact
        neighbours, 100 more steps.

    Cost:
        850 steps, see `GridForces`: three quarters of a minute for 20,000 points on two cores.
    """
    neighbours, distances = near
    count = len(neighbours)
    if count < FEWEST:
        raise InputError(f"a t-SNE must have at least {FEWEST} points", got=count)
    if not 1 <= perplexity <= (count - 1) / REACH:
        raise InputError(
            f"a perplexity must be within 1 and a third of the other points, {(count - 1) / REACH:.3g}", got=perplexity
        )
    from openTSNE import TSNEEmbedding

    workers = threads or _threads()
    needed = reach(perplexity)
    affinities = affinities_of(neighbours[:, :needed], distances[:, :needed], perplexity, workers)
    embedding = TSNEEmbedding(
        start_places(start, seed, is_random=is_random),
        affinities,
        negative_gradient_method=GridForces(),
        n_jobs=workers,
        random_state=seed,
    )
    task = Task("placing the points", total=EARLY + LATE, unit="step", events=events)
    for steps, exaggeration in ((EARLY, 12), (LATE, 1)):
        for _ in range(steps // _STEP):
            embedding.optimize(n_iter=_STEP, exaggeration=exaggeration, momentum=0.8, inplace=True)
            task.advance(_STEP)
    return Placed(
        points=np.array(embedding, dtype=np.float64),
        divergence=float(embedding.kl_divergence),
        perplexity=float(perplexity),
        seed=seed,
    )


def place_new(near: Near, reference: Plane, *, threads: int = 0) -> Plane:
    """Return new points on a map that is there; its points do not move, and new ones do not see each other.

    Each begins at the median of its nearest and moves by its affinities to them.

    Args:
        near: (m, k): for each new point the nearest of the map's points, nearest first, and their distances; 25 are enough.
        reference: (n, 2): the map, in t-SNE's own units.
        threads: All of torch's if 0.

    When it misleads:
        Every point gets a place, also one that is like nothing on the map: compare its distances with those among the map's
        own points.

    Source:
        Poličar, Stražar and Zupan, "Embedding to reference t-SNE space addresses batch effects in single-cell
        classification", Machine Learning 2021; openTSNE's `transform` with its defaults.
    """
    from openTSNE import PartialTSNEEmbedding
    from openTSNE.affinity import joint_probabilities_nn

    workers = threads or _threads()
    neighbours, distances = near[0][:, :NEW_NEIGHBOURS], near[1][:, :NEW_NEIGHBOURS]
    perplexity = min(_NEW_PERPLEXITY, max(neighbours.shape[1] / REACH, 1.0))
    affinities = joint_probabilities_nn(
        neighbours, distances, [perplexity], symmetrize=False, normalization="point-wise",
        n_reference_samples=len(reference), n_jobs=workers,
    )  # fmt: skip
    start = np.median(reference[neighbours], axis=1)
    if neighbours.shape[1] == 1:
        return np.asarray(start)
    old = np.ascontiguousarray(reference, np.float64).view(_Reference)
    new = PartialTSNEEmbedding(
        np.ascontiguousarray(start), old, affinities, negative_gradient_method="bh", n_jobs=workers
    )
    new.optimize(n_iter=_NEW_STEPS, learning_rate=0.1, exaggeration=1.5, momentum=0.8, max_grad_norm=0.25, inplace=True)
    return np.array(new, dtype=np.float64)


class _Reference(np.ndarray):
    """A map as openTSNE's optimiser asks for one: without the grid that only its own interpolation needs."""

    interp_coeffs = None
    box_x_lower_bounds = None


def affinities_of(neighbours: Numbers, distances: Distances, perplexity: float, threads: int) -> Any:  # noqa: ANN401
    """Return openTSNE's affinities of points to their neighbours (n, k), of which it needs `reach(perplexity)`."""
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    return PerplexityBasedNN(
        knn_index=PrecomputedNeighbors(neighbours, distances.astype(np.float64)),
        perplexity=perplexity,
        n_jobs=threads,
    )


def start_places(axes: Points, seed: int, *, is_random: bool = False) -> Plane:
    """Return the first two axes, small, with a jitter far smaller that parts equal points; or random places."""
    generator = np.random.default_rng(seed)
    if is_random:
        return generator.normal(scale=1e-4, size=(len(axes), 2))
    start = np.zeros((len(axes), 2))
    start[:, : min(2, axes.shape[1])] = axes[:, :2]
    start *= 1e-4 / max(float(start[:, 0].std()), 1e-30)
    return start + generator.normal(scale=1e-6, size=start.shape)


def _threads() -> int:
    import torch

    return torch.get_num_threads()
