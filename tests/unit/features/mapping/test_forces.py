from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import random_array

from striate.features.mapping import GridForces

RNG = np.random.default_rng(2)


def by_force(places):
    apart = places[:, None] - places[None]
    near = 1 / (1 + (apart**2).sum(2))
    return (near[..., None] ** 2 * apart).sum(1), near.sum() - len(places)


def wrong_by(found, exact):
    return np.sqrt(((found - exact) ** 2).sum() / (exact**2).sum())


# Grids as fine as they can be, and the finest that is laid; of the last few points that need none, and the first that do.
@pytest.mark.parametrize(
    ("count", "span", "limit"),
    [(700, 1e-4, 0.001), (700, 5, 0.001), (700, 30, 0.04), (700, 120, 0.04), (256, 30, 1e-12), (257, 30, 0.04)],
)
def test_they_are_the_sums_over_all_pairs(count, span, limit):
    places = RNG.uniform(0, span, (count, 2))

    forces, total = GridForces().repulsion(places)

    exact, pairs = by_force(places)
    assert wrong_by(forces, exact) < limit
    assert total == pytest.approx(pairs, rel=0.005)


def test_they_are_at_least_as_exact_as_those_of_the_library_on_its_finest_grid():
    from openTSNE import _tsne

    places = RNG.normal(0, 25, (900, 2))
    theirs = np.zeros_like(places)
    total = _tsne.estimate_negative_gradient_fft_2d(
        places, theirs, n_interpolation_points=3, min_num_intervals=50, ints_in_interval=1, dof=1.0
    )
    exact, _ = by_force(places)

    forces, _ = GridForces().repulsion(places)

    assert wrong_by(forces, exact) < wrong_by(-theirs * total, exact)


def test_kept_kernels_are_those_of_the_grid_at_hand():
    forces, narrow, wide = GridForces(), RNG.normal(0, 5, (300, 2)), RNG.normal(0, 40, (300, 2))
    first, _ = forces.repulsion(narrow)
    forces.repulsion(wide)

    again, _ = forces.repulsion(narrow)

    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize(("count", "limit"), [(40, 1e-5), (300, 0.02)])
def test_the_gradient_is_that_of_the_divergence(count, limit):
    # By differences of the divergence, which openTSNE's optimiser follows without its factor 4.
    places = RNG.normal(0, 2, (count, 2))
    affinities = random_array((count, count), density=0.3, rng=RNG).tocsr()
    affinities = affinities + affinities.T
    affinities.setdiag(0)
    affinities.eliminate_zeros()
    affinities /= affinities.sum()

    def divergence(at):
        near = 1 / (1 + ((at[:, None] - at[None]) ** 2).sum(2))
        np.fill_diagonal(near, 0)
        dense = affinities.toarray()
        held = dense > 0
        return (dense[held] * np.log(dense[held] / (near / near.sum())[held])).sum()

    _, gradient = GridForces()(places, affinities, 1.0)

    for row in (0, 7, 31):
        for axis in (0, 1):
            step = np.zeros_like(places)
            step[row, axis] = 1e-5
            slope = (divergence(places + step) - divergence(places - step)) / 2e-5
            assert 4 * gradient[row, axis] == pytest.approx(slope, rel=limit, abs=limit / 100)
