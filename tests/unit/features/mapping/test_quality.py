from __future__ import annotations

import numpy as np
import pytest

from striate.errors import InputError
from striate.features.mapping import map_quality, nearest_rows
from striate.features.mapping import quality as module
from striate.features.mapping.quality import neighbourhood_overlap

RNG = np.random.default_rng(3)
SPACE = RNG.normal(0, 1, (400, 12)).astype(np.float32)
PLANE = SPACE[:, :2] + RNG.normal(0, 0.3, (400, 2)).astype(np.float32)


@pytest.mark.parametrize("block_values", [2**24, 5000])
@pytest.mark.parametrize("k", [3, 10])
def test_trustworthiness_and_continuity_are_scikit_learns(monkeypatch, block_values, k):
    from sklearn.manifold import trustworthiness

    monkeypatch.setattr(module, "BLOCK_VALUES", block_values)

    (found,) = map_quality(SPACE, [PLANE], neighbours=k)

    assert found.trustworthiness == pytest.approx(trustworthiness(SPACE, PLANE, n_neighbors=k), abs=1e-6)
    assert found.continuity == pytest.approx(trustworthiness(PLANE, SPACE, n_neighbors=k), abs=1e-6)


def test_recall_counts_the_neighbours_that_stay():
    (found,) = map_quality(SPACE, [PLANE], neighbours=5)

    near, shown = nearest_rows(SPACE, 5)[0].tolist(), nearest_rows(PLANE, 5)[0].tolist()
    kept = sum(len(set(a) & set(b)) for a, b in zip(near, shown, strict=True))
    assert found.recall == pytest.approx(kept / (5 * 400))
    assert 0 < found.recall < 0.5


def test_several_maps_are_judged_in_their_order():
    found = map_quality(SPACE, [PLANE, SPACE[:, :2]], neighbours=5)

    assert [one.trustworthiness for one in found] == [
        map_quality(SPACE, [one], neighbours=5)[0].trustworthiness for one in (PLANE, SPACE[:, :2])
    ]
    assert found[0] != found[1]


def test_of_many_points_a_part_is_judged_against_all():
    whole, part = (map_quality(SPACE, [PLANE], neighbours=5, most=most)[0] for most in (400, 200))

    assert (whole.points, part.points) == (400, 200)
    for name in ("trustworthiness", "continuity", "recall"):
        assert getattr(part, name) == pytest.approx(getattr(whole, name), abs=0.03)
        assert getattr(part, name) != getattr(whole, name)


def test_copies_are_nobodys_false_neighbours():
    copies = np.repeat(RNG.normal(0, 1, (20, 3)).astype(np.float32), 4, axis=0)

    (found,) = map_quality(copies, [copies[:, :2]], neighbours=3)

    assert found.trustworthiness == 1.0
    assert found.continuity == 1.0


def test_too_few_points_are_refused():
    with pytest.raises(InputError, match="more than 20 points"):
        map_quality(SPACE[:20], [PLANE[:20]], neighbours=10)


def test_overlap_of_neighbourhoods():
    first = np.array([[1, 2, 3], [0, 2, 3]])

    assert neighbourhood_overlap(first, np.array([[3, 4, 5], [0, 2, 3]])) == pytest.approx((1 + 3) / 6)
