"""How alike two sets of features of the same images are, whatever the order, direction or scale of their units."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import InputError

Rows = NDArray[np.floating]
Matrix = NDArray[np.float64]
# Below this share of its size a feature's variation is rounding.
_NOTHING = 1e-12


def linear_cka(first: Tensor, second: Tensor) -> float:
    """Return linear centred kernel alignment, from unbiased estimates.

    Args:
        first: Features (n, d), a row an image; n at least 4.
        second: Features (n, e) of the same images in the same order.

    Returns:
        1 for features that are the same up to turning, scale and shift; near 0, also a little below, for unrelated ones. "Not a
        number" if one of the two does not tell images apart at all.

    Raises:
        InputError: Fewer than 4 images, or another number of them.

    When it misleads:
        It follows the directions in which features vary most: a small class that is lost changes it little. A head can read
        features that have a low value here as well as those at the start; it says how far they moved, not whether for the worse.

    Source:
        Kornblith et al., "Similarity of Neural Network Representations Revisited", ICML 2019, section 3; unbiased as in Nguyen
        et al., "Do Wide and Deep Networks Learn the Same Things?", ICLR 2021, equation 3. Differs: one batch, no mean over
        several. The biased estimate of the former nears 1 for any features wider than the batch.

    Example:
        >>> import torch
        >>> features = torch.tensor([[0.0, 1.0], [2.0, 0.0], [1.0, 5.0], [3.0, 3.0], [2.0, 8.0]])
        >>> turned = features @ torch.tensor([[0.0, -2.0], [2.0, 0.0]]) + 7
        >>> round(linear_cka(features, turned), 6)
        1.0
    """
    count = len(first)
    if count < 4 or len(second) != count:
        raise InputError("features must be of the same 4 or more images", got=(count, len(second)))
    one, other = similarities(_rows(first)), similarities(_rows(second))
    own = dependence(one, one) * dependence(other, other)
    return dependence(one, other) / math.sqrt(own) if own > 0 else math.nan


def similarities(rows: Rows) -> Matrix:
    """Return the inner products of all pairs of images, (n, n), those of an image with itself put to 0.

    Centred first, and divided by the largest value: for precision alone, the similarity does not change. Features whose
    variation is rounding have none.
    """
    centred = rows.astype(np.float64) - rows.mean(0, dtype=np.float64)
    size = float(np.abs(centred).max(initial=0.0))
    if size <= _NOTHING * max(1.0, float(np.abs(rows).max(initial=0.0))):
        return np.zeros((len(rows), len(rows)))
    products: Matrix = (centred / size) @ (centred / size).T
    np.fill_diagonal(products, 0.0)
    return products


def dependence(one: Matrix, other: Matrix) -> float:
    """Return the unbiased Hilbert-Schmidt independence criterion of two matrices of `similarities`, times n(n − 3).

    Source:
        Song et al., "Feature Selection via Dependence Maximization", JMLR 2012, equation 5.
    """
    n = len(one)
    sums = one.sum(0), other.sum(0)
    together = float((one * other).sum())
    return (
        together + float(sums[0].sum() * sums[1].sum()) / ((n - 1) * (n - 2)) - 2 / (n - 2) * float(sums[0] @ sums[1])
    )


def _rows(features: Tensor) -> Rows:
    return features.detach().cpu().double().flatten(1).numpy()
