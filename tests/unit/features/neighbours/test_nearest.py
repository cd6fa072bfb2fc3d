"""`Nearest` and `distances`: against a plain search by NumPy in float64, on ordinary and on awkward rows."""

import numpy as np
import pytest

from striate.errors import InputError, ShapeError
from striate.features.neighbours.nearest import Nearest, distances


def plain(rows, query, metric, count, ids):
    rows, query = rows.astype(np.float64), query.astype(np.float64)
    if metric == "l2":
        far = [float(np.linalg.norm(row - query)) for row in rows]
    else:
        far = []
        for row in rows:
            lengths = np.linalg.norm(row) * np.linalg.norm(query)
            far.append(1.0 if lengths == 0 else float(1 - np.dot(row, query) / lengths))
    return sorted(zip(far, ids, strict=True))[:count]


def through(rows, queries, metric, count, ids, block):
    kept = Nearest(queries, metric, count)
    for start in range(0, len(rows), block):
        kept.add(rows[start : start + block], lambda places, at=start: [ids[at + place] for place in places])
    return kept.found


def agrees(found, wanted):
    assert [name for name, _ in found] == [name for _, name in wanted]
    assert [far for _, far in found] == pytest.approx([far for far, _ in wanted], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("metric", ["cosine", "l2"])
@pytest.mark.parametrize("scale", [1.0, 1e-20, 1e15, 1e25])
def test_the_nearest_are_those_of_a_plain_search(metric, scale):
    draw = np.random.default_rng(3)
    rows = (draw.normal(size=(500, 24)) * scale).astype(np.float32)
    queries = (draw.normal(size=(5, 24)) * scale).astype(np.float32)
    ids = [f"r{number:03}" for number in draw.permutation(500)]

    found = through(rows, queries, metric, 12, ids, block=64)

    for one, query in zip(found, queries, strict=True):
        agrees(one, plain(rows, query, metric, 12, ids))


@pytest.mark.parametrize("metric", ["cosine", "l2"])
def test_of_equal_rows_the_smaller_ids_are_nearer_wherever_they_stand(metric):
    draw = np.random.default_rng(0)
    rows = np.repeat(draw.normal(size=(4, 37)).astype(np.float32), 50, axis=0)[draw.permutation(200)]
    ids = [f"r{number:03}" for number in draw.permutation(200)]
    query = rows[0]

    [found] = through(rows, query[None], metric, 20, ids, block=7)

    assert [name for name, _ in found] == sorted(
        name for name, row in zip(ids, rows, strict=True) if np.array_equal(row, query)
    )[:20]
    assert len({far for _, far in found}) == 1


def test_what_differs_in_the_last_place_only_is_told_apart_though_products_in_float32_are_not():
    rows = np.tile(np.float32(1000.0), (64, 128))
    rows[np.arange(64), np.arange(64)] += np.linspace(0, 0.03, 64).astype(np.float32)
    query = np.full(128, 1000.0, np.float32)
    ids = [f"r{number:02}" for number in range(64)]

    [found] = through(rows, query[None], "l2", 10, ids, block=64)

    agrees(found, plain(rows, query, "l2", 10, ids))


@pytest.mark.parametrize("block", [1, 13, 1000])
def test_the_answer_does_not_depend_on_the_blocks(block):
    draw = np.random.default_rng(5)
    rows = draw.normal(size=(300, 19)).astype(np.float32)
    ids = [f"r{number:03}" for number in range(300)]

    assert through(rows, rows[:3], "cosine", 9, ids, block) == through(rows, rows[:3], "cosine", 9, ids, 300)


def test_a_row_of_zeros_has_the_cosine_0_with_everything():
    rows = np.array([[0, 0], [-1, 0], [1, 1], [0, 0]], np.float32)

    [found] = through(rows, np.array([[1.0, 0.0]]), "cosine", 4, ["d", "b", "c", "a"], block=4)

    assert [name for name, _ in found] == ["c", "a", "d", "b"]
    assert [far for _, far in found] == pytest.approx([1 - 0.5**0.5, 1, 1, 2])


def test_a_distance_by_hand():
    assert distances(np.array([[1.0, 2.0]]), np.array([4.0, 6.0]), "l2").tolist() == [5.0]
    assert distances(np.array([[2.0, 0.0]]), np.array([0.0, 3.0]), "cosine").tolist() == [1.0]


@pytest.mark.parametrize(
    ("queries", "metric", "count", "error", "words"),
    [
        (np.array([[np.nan, 1.0]]), "l2", 1, InputError, "finite"),
        (np.array([[0.0, 0.0]]), "cosine", 1, InputError, "direction"),
        (np.array([1.0, 0.0]), "l2", 1, ShapeError, "table"),
        (np.array([[1.0, 0.0]]), "l2", 0, InputError, "at least one"),
    ],
)
def test_what_has_no_nearest_is_refused(queries, metric, count, error, words):
    with pytest.raises(error, match=words):
        Nearest(queries, metric, count)


def test_zeros_may_be_asked_about_under_l2():
    [found] = through(np.array([[3.0, 4.0]], np.float32), np.zeros((1, 2)), "l2", 5, ["a"], block=1)

    assert found == [("a", 5.0)]
