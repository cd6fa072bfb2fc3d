from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from striate.errors import Cancelled, InputError
from striate.events import Events
from striate.features.mapping import nearest_rows
from striate.features.mapping import neighbours as module

RNG = np.random.default_rng(1)


def by_force(points, others, count, *, own=False):
    apart = cdist(points.astype(np.float64), others.astype(np.float64))
    if own:
        np.fill_diagonal(apart, np.inf)
    rows = np.argsort(apart, axis=1, kind="stable")[:, :count]
    return rows, np.take_along_axis(apart, rows, 1)


@pytest.mark.parametrize("block_values", [2**24, 700])
def test_they_are_those_of_all_distances(monkeypatch, block_values):
    monkeypatch.setattr(module, "BLOCK_VALUES", block_values)
    points = RNG.normal(3, 1, (150, 7)).astype(np.float32)

    rows, distances = nearest_rows(points, 12)

    expected, apart = by_force(points, points, 12, own=True)
    np.testing.assert_array_equal(rows, expected)
    np.testing.assert_allclose(distances, apart, rtol=1e-6)


def test_the_nearest_on_a_line_are_known_by_hand():
    points = np.array([[0.0], [1.0], [3.0], [7.0]], np.float32)
    neighbours, distances = nearest_rows(points, 2)
    assert neighbours.tolist() == [[1, 2], [0, 2], [1, 0], [2, 1]]
    assert distances.tolist() == [[1, 3], [1, 2], [2, 3], [4, 6]]


def test_equal_points_are_each_others_neighbours_and_never_their_own():
    neighbours, distances = nearest_rows(np.zeros((3, 2), np.float32), 10)
    assert [sorted(row) for row in neighbours.tolist()] == [[1, 2], [0, 2], [0, 1]]
    assert not distances.any()


def test_far_from_the_origin_float32_products_alone_would_be_wrong():
    points = (1000 + RNG.normal(0, 0.01, (200, 3))).astype(np.float32)

    rows, _ = nearest_rows(points, 5)

    np.testing.assert_array_equal(rows, by_force(points, points, 5, own=True)[0])


def test_among_others():
    points, others = (RNG.normal(0, 1, (n, 4)).astype(np.float32) for n in (9, 40))

    rows, distances = nearest_rows(points, 3, others=others)

    expected, apart = by_force(points, others, 3)
    np.testing.assert_array_equal(rows, expected)
    np.testing.assert_allclose(distances, apart, rtol=1e-6)


def test_of_copies_the_first_come_first_and_none_is_its_own():
    points = np.repeat(np.array([[0.0], [5.0]], np.float32), 3, axis=0)

    rows, distances = nearest_rows(points, 4)

    assert rows.tolist() == [[1, 2, 3, 4], [0, 2, 3, 4], [0, 1, 3, 4], [4, 5, 0, 1], [3, 5, 0, 1], [3, 4, 0, 1]]
    assert distances[0].tolist() == [0, 0, 5, 5]


def test_fewer_points_than_neighbours_give_all_there_are():
    assert nearest_rows(np.eye(3, dtype=np.float32), 9)[0].shape == (3, 2)


@pytest.mark.parametrize(
    ("points", "others"),
    [(np.zeros((1, 2), np.float32), None), (np.zeros((3, 2), np.float32), np.zeros((0, 2), np.float32))],
)
def test_nobody_to_be_near_to_is_refused(points, others):
    with pytest.raises(InputError, match="two points or more"):
        nearest_rows(points, 1, others=others)


def test_a_watcher_can_stop():
    class Stop(Events):
        def is_cancelled(self):
            return True

    with pytest.raises(Cancelled):
        nearest_rows(np.eye(5, dtype=np.float32), 2, events=Stop())
