"""Blocks against one product of everything; clusters against a search by hand."""

import numpy as np
import pytest

from striate.data import load_data, nearest
from striate.data.grey import grey_rows
from striate.data.nearest import NONE, clusters, nearest_of, pairs_above, unit_rows


@pytest.fixture
def rows(monkeypatch):
    monkeypatch.setattr(nearest, "BLOCK_ROWS", 7)
    monkeypatch.setattr(nearest, "BLOCK_COLUMNS", 5)
    return unit_rows(np.random.default_rng(0).normal(size=(40, 6)))


def test_the_nearest_is_scikit_learns(rows):
    from sklearn.neighbors import NearestNeighbors

    distance, place = NearestNeighbors(n_neighbors=1, metric="cosine").fit(rows[20:]).kneighbors(rows[:20])
    found, cosine = nearest_of(rows[:20], rows[20:])

    assert found.tolist() == place[:, 0].tolist()
    assert np.allclose(cosine, 1 - distance[:, 0], atol=1e-6)


@pytest.mark.parametrize("want", ["same", "different"])
def test_only_pairs_that_count_are_looked_at(rows, want):
    keys = np.arange(40) % 3
    products = rows @ rows.T
    counts = (keys[:, None] == keys[None]) == (want == "same")
    found, cosine = nearest_of(rows, rows, keys=(keys, keys), want=want)

    assert found.tolist() == np.where(counts, products, -9).argmax(1).tolist()
    assert np.allclose(cosine, np.where(counts, products, -9).max(1), atol=1e-6)


def test_where_nobody_counts_there_is_nobody(rows):
    found, cosine = nearest_of(rows[:2], rows, keys=(np.zeros(2, int), np.zeros(40, int)), want="different")

    assert found.tolist() == [-1, -1]
    assert cosine.tolist() == [NONE, NONE]


def test_pairs_are_each_found_once(rows):
    products = rows @ rows.T
    expected = {(i, j) for i in range(40) for j in range(i + 1, 40) if products[i, j] >= 0.6}
    found = [
        pair
        for first, second, _ in pairs_above(rows, 0.6)
        for pair in zip(first.tolist(), second.tolist(), strict=True)
    ]

    assert expected
    assert len(found) == len(set(found))
    assert set(found) == expected


@pytest.mark.parametrize("seed", range(10))
def test_clusters_are_scipys_connected_components(seed):
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    draw = np.random.default_rng(seed)
    first, second = draw.integers(0, 50, (2, 35))
    theirs = connected_components(coo_array((np.ones(35), (first, second)), shape=(50, 50)), directed=False)[1]
    blocks = [(first[a : a + 9], second[a : a + 9], np.ones(9, np.float32)) for a in range(0, 35, 9)]
    ours = clusters(50, iter(blocks))

    assert (ours[:, None] == ours[None]).tolist() == (theirs[:, None] == theirs[None]).tolist()


def test_grey_rows_are_correlations_of_the_small_pictures():
    images = np.random.default_rng(0).integers(0, 256, (3, 3, 64, 64)).astype(np.uint8)
    data = load_data((images, ["a", "b", "b"]))
    small = images.astype(float).mean(1).reshape(3, 32, 2, 32, 2).mean((2, 4)).reshape(3, -1)
    rows = grey_rows(data, (0, 1, 2))

    assert np.allclose(rows @ rows.T, np.corrcoef(small), atol=1e-5)


def test_an_image_of_one_brightness_is_like_no_other():
    images = np.stack([np.full((9, 7), 200), np.full((9, 7), 200), np.eye(9, 7) * 255]).astype(np.uint8)

    assert np.abs(grey_rows(load_data((images, ["a", "b", "b"])), (0, 1, 2))[:2]).max() == 0
