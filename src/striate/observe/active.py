"""When a value counts as active, also in layers that put nothing to zero."""

from __future__ import annotations

from torch import Tensor

# The median distance from the median of a normal distribution, in standard deviations.
_ROBUST = 1.4826
_MOST = 2**20
ABOVE_ZERO = "above zero (the layer ends in a ReLU or its like)"
ABOVE_USUAL = "more than a robust standard deviation (1.48 median distances) above the layer's own median over {over}"


def threshold(values: Tensor) -> float:
    """Return what a value of a layer that puts nothing to zero must exceed to be active: median + 1.4826 · MAD.

    One number for the whole layer: units of their own would all be active equally often. Of normal values 16 % are above it.
    Of more than 2²⁰ values, as many evenly spread ones are taken.

    Args:
        values: Any shape; not empty.

    When it misleads:
        It follows the layer: values that all grow alike are as sparse as before. If half of all values are the same number,
        everything above that is active.

    Source:
        Median absolute deviation: Hampel, JASA 1974. Differs: None; that activity begins there is ours.

    Example:
        >>> import torch
        >>> round(threshold(torch.tensor([-1.0, 0.0, 0.0, 1.0, 2.0])), 4)
        1.4826
    """
    flat = values.flatten().float()
    flat = flat[:: -(-len(flat) // _MOST)]
    middle = flat.median()
    return float(middle + _ROBUST * (flat - middle).abs().median())
