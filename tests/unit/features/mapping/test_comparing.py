from __future__ import annotations

import numpy as np
import pytest

from striate.features.mapping import compare_maps, nearest_rows, place_points, principal_axes
from striate.features.mapping import comparing as module
from striate.features.mapping.comparing import lone_groups
from striate.records import MapQuality, TriedMap

RNG = np.random.default_rng(7)


def tried(points, *, perplexity=30.0, seed=0):
    quality = MapQuality(neighbours=10, trustworthiness=1.0, continuity=1.0, recall=1.0, points=len(points))
    return TriedMap(
        perplexity=perplexity, seed=seed, rows=1000 + np.arange(len(points)), points=points.astype(np.float32),
        quality=quality, divergence=1.0, overlap=1.0, procrustes=0.0, is_reference=False,
    )  # fmt: skip


def clusters(labels):
    return np.array([[0, 0], [1, 0], [0, 1], [1, 1]])[labels] + RNG.normal(0, 0.02, (len(labels), 2))


def test_a_group_on_one_map_only_is_named():
    labels = np.repeat([0, 1, 2], 40)
    other = labels.copy()
    # The same points, but 15 of each class lie together far from the rest.
    alone = np.concatenate([np.arange(15), 40 + np.arange(15), 80 + np.arange(15)])
    other[alone] = 3
    maps = (tried(clusters(labels)), tried(clusters(labels), seed=1), tried(clusters(other), perplexity=10.0))

    (found,) = lone_groups(maps)

    assert found.perplexity == 10.0
    assert found.rows.tolist() == (1000 + alone).tolist()
    # Of a class of 40 it holds 15, and 30 others: 15 / 70.
    assert found.kept == pytest.approx(15 / 70)
    assert found.typical == pytest.approx(25 / 40)


def test_groups_on_all_maps_are_not_alone():
    labels = np.repeat([0, 1, 2], 40)

    assert lone_groups(tuple(tried(clusters(labels), seed=n) for n in range(3))) == ()


@pytest.mark.slow
def test_the_drawn_map_is_compared_with_others_that_differ():
    points = (RNG.normal(0, 1, (150, 6)) + 6 * np.eye(6)[np.arange(150) % 3]).astype(np.float32)
    axes = principal_axes(points).place(points)
    drawn = place_points(nearest_rows(points, 90), axes, perplexity=12.0)

    found, _ = compare_maps(points, axes, drawn)

    assert [(one.perplexity, one.seed, one.is_reference) for one in found] == [
        (12.0, 0, True), (4.0, 0, False), (36.0, 0, False), (12.0, 1, False), (12.0, 2, False),
    ]  # fmt: skip
    assert (found[0].overlap, found[0].procrustes) == (1.0, pytest.approx(0, abs=1e-9))
    for one in found[1:]:
        assert 0.1 < one.overlap < 1
        assert 0 < one.procrustes <= 1
        assert one.quality.trustworthiness > 0.8
    for first in range(4):
        for second in range(first + 1, 5):
            assert np.abs(found[first].points - found[second].points).max() > 0.05


@pytest.mark.slow
@pytest.mark.long
def test_of_many_points_a_part_is_compared_on_a_map_of_its_own():
    points = RNG.normal(0, 1, (90, 4)).astype(np.float32)
    axes = principal_axes(points).place(points)
    drawn = place_points(nearest_rows(points, 89), axes, perplexity=20.0)

    found, _ = compare_maps(points, axes, drawn, most=40)

    # Of 40 points 20 is too much: a third of the others at most.
    assert [(one.perplexity, one.is_reference) for one in found][:2] == [(13.0, True), (pytest.approx(13 / 3), False)]
    assert all(len(one.points) == len(one.rows) == 40 for one in found)
    assert len(set(found[0].rows.tolist())) == 40
    for one in found:
        # No turn fits better onto the map that is drawn: the product is symmetric, without negative eigenvalues.
        onto = drawn.points[one.rows]
        product = one.points.astype(np.float64).T @ (onto - onto.mean(0))
        assert product[0, 1] == pytest.approx(product[1, 0], abs=1e-4 * np.abs(product).max())
        assert np.linalg.eigvalsh(product).min() >= -1e-4


@pytest.mark.parametrize("count", [12, 18])
def test_of_few_points_only_other_starts_are_tried(monkeypatch, count):
    points = RNG.normal(0, 1, (count, 4)).astype(np.float32)
    axes = principal_axes(points).place(points)
    drawn = place_points(nearest_rows(points, count - 1), axes, perplexity=(count - 1) / 3)
    asked = []
    monkeypatch.setattr(
        module, "place_points", lambda *given, **how: asked.append(how["threads"]) or place_points(*given, **how)
    )

    found, _ = compare_maps(points, axes, drawn, threads=1)

    assert [(one.perplexity, one.seed) for one in found] == [((count - 1) / 3, seed) for seed in (0, 1, 2)]
    assert asked == [1, 1]
