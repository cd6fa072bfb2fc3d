"""How alike two networks see the same images: unbiased linear CKA with its interval, and the best match of each unit."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from striate.errors import InputError, Quoted
from striate.train.cka import Rows, dependence, similarities
from striate.train.paired import t_quantile

Interval = tuple[float, float]
# A similarity without interval needs 4 images; the jackknife leaves one out.
LEAST_IMAGES = 5


def cka_interval(first: Rows, second: Rows) -> tuple[float, Interval] | None:
    """Return the unbiased linear CKA of two networks' features of the same images, with its interval; see `linear_cka`.

    Args:
        first: (n, features) of one network; at least 5 images.
        second: (n, features) of the other, rows in the same order; another number of features is allowed.

    Returns:
        The similarity, −1 … 1: 1 for features that are equal up to a rotation and one scale, about 0 for unrelated ones; and
        its 95 % interval, jackknife over images. None where one of them does not vary over the images.

    Raises:
        InputError: Numbers of rows that differ, or fewer than 5.

    When it misleads:
        It sees what most of the variance is in: a few strong features decide. Two networks with one common strong direction
        are alike by it though all else differs. Features of images that are nearly the same vary little, and its interval
        is then wide.

    Source:
        Kornblith et al., "Similarity of Neural Network Representations Revisited", ICML 2019, sec. 3, with the unbiased
        estimator of HSIC (Song et al., JMLR 2012, eq. 5) as Nguyen et al., ICLR 2021, use it. Differs: all images at once
        instead of means over batches; the interval is ours.

    Cost:
        Two n × n matrices in double precision; no loop over images.

    Example:
        >>> rows = np.random.default_rng(0).normal(size=(20, 3))
        >>> found = cka_interval(rows, -2 * rows[:, ::-1])
        >>> found is not None and round(found[0], 6)
        1.0
    """
    if len(first) != len(second) or len(first) < LEAST_IMAGES:
        raise InputError(
            f"features must be of the same images, {LEAST_IMAGES} at least",
            got=Quoted(f"{len(first)} and {len(second)} rows"),
        )
    one, other = similarities(first), similarities(second)
    pairs = ((one, other), (one, one), (other, other))
    whole = [dependence(*pair) for pair in pairs]
    if min(whole[1], whole[2]) <= 0:
        return None
    value = whole[0] / sqrt(whole[1] * whole[2])
    cross, own, others = (_without_each(*pair) for pair in pairs)
    scale = own * others
    # Without one image nothing may be left that varies; that image then says nothing of the spread.
    known = scale > 0
    parts = cross[known] / np.sqrt(scale[known])
    if len(parts) < 2:
        return value, (-1.0, 1.0)
    error = sqrt((len(parts) - 1) / len(parts) * float(((parts - parts.mean()) ** 2).sum()))
    half = t_quantile(len(parts) - 1) * error
    return value, (max(-1.0, value - half), min(1.0, value + half))


def _without_each(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what `dependence` is when each image in turn is left out, (n,)."""
    m = len(one) - 1
    product = one * other
    first, second = one.sum(0), other.sum(0)
    shared = product.sum(0)
    together = product.sum() - 2 * shared
    whole = (first.sum() - 2 * first) * (second.sum() - 2 * second)
    # Sums of the other rows, each short of its entry for the image left out.
    crossed = first @ second - first * second - other @ first - one @ second + shared
    parts: NDArray[np.float64] = together + whole / ((m - 1) * (m - 2)) - 2 / (m - 2) * crossed
    return parts


def best_matches(units: Rows, others: Rows) -> NDArray[np.float64]:
    """Return for each unit that varies the largest |correlation| with one of the others, over the same images.

    Args:
        units: (n, units): activations of one network.
        others: (n, others): of another.

    Returns:
        (varying units,) 0 … 1; empty where none varies.

    Example:
        >>> best_matches(np.array([[0.0, 1], [1, 1], [2, 1]]), np.array([[5.0, 0], [3, 1], [1, 0]])).round(6).tolist()
        [1.0]
    """
    if len(units) != len(others):
        raise InputError("units must have seen the same images", got=Quoted(f"{len(units)} and {len(others)} rows"))
    one, other = _standard(units), _standard(others)
    if not one.shape[1] or not other.shape[1]:
        return np.zeros(one.shape[1])
    best: NDArray[np.float64] = np.minimum(np.abs(one.T @ other).max(1), 1.0)
    return best


def _standard(rows: Rows) -> NDArray[np.float64]:
    """Return columns of mean 0 and length 1, without those that do not vary."""
    centred = rows.astype(np.float64) - rows.mean(0, dtype=np.float64)
    lengths = np.linalg.norm(centred, axis=0)
    varies = lengths > 1e-6 * np.linalg.norm(rows.astype(np.float64), axis=0)
    standard: NDArray[np.float64] = centred[:, varies] / lengths[varies]
    return standard
