"""How alike two sets of features of the same images are, whatever the order, direction or scale of their units."""

from __future__ import annotations

from torch import Tensor

from striate.errors import InputError


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
    one, other = _similarities(first), _similarities(second)
    own = _independence(one, one) * _independence(other, other)
    return float(_independence(one, other) / own.sqrt()) if own > 0 else float("nan")


def _similarities(features: Tensor) -> Tensor:
    """Return the inner products of all pairs, float64 (n, n), those of an image with itself put to 0."""
    rows = features.double().flatten(1)
    # Independence does not change with the mean, rounding does.
    rows = rows - rows.mean(0)
    found = rows @ rows.T
    return found.fill_diagonal_(0.0)


def _independence(one: Tensor, other: Tensor) -> Tensor:
    """Return the unbiased estimate of the Hilbert-Schmidt independence criterion (Song et al., JMLR 2012, equation 5)."""
    n = len(one)
    trace = (one * other).sum()
    sums = one.sum() * other.sum() / ((n - 1) * (n - 2))
    mixed = 2 / (n - 2) * (one.sum(0) @ other.sum(0))
    return (trace + sums - mixed) / (n * (n - 3))
