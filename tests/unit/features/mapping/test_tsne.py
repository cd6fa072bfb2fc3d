from __future__ import annotations

import numpy as np
import pytest

from striate.errors import InputError
from striate.features import directions
from striate.features.mapping import nearest_rows, place_new, place_points, principal_axes
from striate.features.mapping.tsne import usual_perplexity

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def space(digits):
    return directions(np.stack([digits.read(i).flatten().numpy() for i in range(0, 5000, 20)]))


@pytest.fixture(scope="module")
def truth(digits):
    return digits.targets().numpy()[::20]


@pytest.fixture(scope="module")
def placed(space):
    return mapped(space)


def mapped(space, **how):
    return place_points(
        nearest_rows(space, 60), principal_axes(space).place(space), **({"perplexity": 20.0, "seed": 0} | how)
    )


def test_the_map_is_as_good_as_the_librarys_own(space, placed):
    from openTSNE import TSNE
    from sklearn.manifold import trustworthiness

    theirs = np.array(TSNE(perplexity=20, neighbors="exact", random_state=0, n_jobs=2).fit(space.astype(np.float64)))

    ours = trustworthiness(space, placed.points, n_neighbors=10)
    assert ours > trustworthiness(space, theirs, n_neighbors=10) - 0.005
    assert ours > 0.85


def test_the_number_of_threads_does_not_change_a_bit(space, placed):
    np.testing.assert_array_equal(mapped(space, threads=1).points, placed.points)


def test_another_start_makes_another_map_and_the_random_state_is_not_touched(space, placed):
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - the state that must stay

    other = mapped(space[::4], perplexity=10.0, seed=3, is_random=True)
    principal = mapped(space[::4], perplexity=10.0, seed=3)

    assert np.abs(other.points - principal.points).max() > 0.1
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_new_points_go_to_their_class_and_old_ones_stay(space, truth):
    is_old = np.arange(250) % 5 > 0
    old, new = space[is_old], space[~is_old]
    reference = mapped(old).points
    kept = reference.copy()

    found = place_new(nearest_rows(new, 25, others=old), reference)

    np.testing.assert_array_equal(reference, kept)
    near = nearest_rows(found.astype(np.float32), 5, others=reference.astype(np.float32))[0]
    votes = np.array([np.bincount(truth[is_old][row]).argmax() for row in near])
    in_space = nearest_rows(new, 5, others=old)[0]
    best = np.array([np.bincount(truth[is_old][row]).argmax() for row in in_space])
    assert (votes == truth[~is_old]).mean() > (best == truth[~is_old]).mean() - 0.1


def test_a_point_of_the_map_comes_back_to_its_place(space, placed):
    near, apart = nearest_rows(space[:40], 25, others=space)

    found = place_new((near, apart), placed.points)

    span = np.ptp(placed.points, axis=0).max()
    assert np.median(np.linalg.norm(found - placed.points[:40], axis=1)) < 0.05 * span


@pytest.mark.parametrize("perplexity", [0.5, 20.1])
def test_a_perplexity_so_few_points_cannot_have_is_refused(space, perplexity):
    some = space[:61]

    with pytest.raises(InputError, match="a third of the other points, 20"):
        place_points(nearest_rows(some, 60), some, perplexity=perplexity)


def test_three_points_are_no_tsne(space):
    with pytest.raises(InputError, match="at least 4 points"):
        place_points(nearest_rows(space[:3], 2), space[:3], perplexity=1.0)


def test_copies_are_placed_on_each_other_and_their_groups_apart():
    copies = np.repeat(np.eye(4, dtype=np.float32), 10, axis=0)

    found = place_points(nearest_rows(copies, 39), copies, perplexity=usual_perplexity(40))

    # Nothing tells copies apart: the divergence is least where each ten are one point.
    groups = found.points.reshape(4, 10, 2)
    middles = groups.mean(1)
    assert np.abs(groups - middles[:, None]).max() < 0.01
    assert np.linalg.norm(middles[:, None] - middles, axis=2)[~np.eye(4, dtype=bool)].min() > 1
