from __future__ import annotations

import numpy as np
import pytest
import scipy.spatial

from striate.features.mapping import principal_axes, procrustes, turned

RNG = np.random.default_rng(4)


def test_procrustes_is_scipys_disparity():
    first, second = RNG.normal(0, 1, (30, 2)), RNG.normal(2, 5, (30, 2))

    assert procrustes(first, second) == pytest.approx(scipy.spatial.procrustes(first, second)[2], abs=1e-12)


def test_a_turned_and_mirrored_picture_comes_back():
    before = turned(RNG.normal(0, 3, (25, 2)))[0]
    angle = 2.1
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ np.diag([1, -1])

    found, scale = turned(7 * before @ turn + 3, before)

    np.testing.assert_allclose(found, before, atol=1e-5)
    assert scale == pytest.approx(7, rel=1e-5)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_turned_and_mirrored_picture_is_turned_back(sign):
    first = turned(RNG.normal(size=(50, 2)).astype(np.float32), None)[0]
    turn = np.array([[np.cos(2), -np.sin(2)], [np.sin(2), np.cos(2)]]) @ np.diag([1, sign])
    moved = (5 * first @ turn + (3, -8)).astype(np.float32)
    np.testing.assert_allclose(turned(moved, first)[0], turned(first, None)[0], atol=1e-5)  # float32


def test_the_turn_is_the_best_there_is():
    one, other = RNG.normal(size=(2, 30, 2)).astype(np.float32)
    found = turned(other, one)[0].astype(np.float64)
    target = one - one.mean(0)
    # SciPy's disparity also sets the best scale; with unit norms that is 1 − (sum of products)².
    product = (found / np.linalg.norm(found) * target / np.linalg.norm(target)).sum()
    np.testing.assert_allclose(1 - product**2, scipy.spatial.procrustes(one, other)[2], atol=1e-6)


def test_points_fill_the_square_and_do_not_leave_it():
    found = turned(RNG.normal(100, 30, (50, 2)).astype(np.float32), None)[0]
    assert np.abs(found).max() == 1
    np.testing.assert_allclose(found.mean(0), 0, atol=1e-6)


def test_points_that_are_all_the_same_stay_at_the_centre():
    assert not turned(np.ones((5, 2), np.float32), None)[0].any()


def test_one_place_has_no_shape():
    assert procrustes(np.ones((5, 2)), RNG.normal(0, 1, (5, 2))) == 1.0


@pytest.mark.parametrize("shape", [(60, 8), (8, 60)])
def test_principal_axes_are_scikit_learns(shape):
    from sklearn.decomposition import PCA

    points = (RNG.normal(0, 1, shape) * np.arange(1, shape[1] + 1)).astype(np.float32)
    theirs = PCA(n_components=4, svd_solver="full").fit(points.astype(np.float64))

    found = principal_axes(points, 4)

    np.testing.assert_allclose(found.shares, theirs.explained_variance_ratio_, rtol=1e-6)
    np.testing.assert_allclose(np.abs(found.place(points)), np.abs(theirs.transform(points)), atol=1e-3)
    for axis in found.axes:
        assert axis[np.abs(axis).argmax()] > 0


def test_beyond_the_exact_size_axes_are_nearly_those(monkeypatch):
    from striate.features.mapping import principal as module

    points = (RNG.normal(0, 1, (80, 30)) * np.linspace(10, 0.1, 30)).astype(np.float32)
    exact = principal_axes(points, 3)
    monkeypatch.setattr(module, "_MOST_EXACT", 20)

    found = principal_axes(points, 3)

    np.testing.assert_allclose(np.abs((found.axes * exact.axes).sum(1)), 1, atol=1e-3)


def test_points_that_are_all_the_same_have_no_shares():
    found = principal_axes(np.ones((5, 3), np.float32))

    assert found.shares.tolist() == [0, 0, 0]
