"""Singular values of a layer's weights, beside those of a random start."""

from __future__ import annotations

import torch
from torch import Tensor

from striate.explain.weights.random_filters import random_filters
from striate.records import Spectrum

# Up to so many values the matrix is decomposed itself; of larger ones its rows' products are, in double precision.
_DIRECT = 2**18
_COLUMNS = 2**20


def spectrum(weight: Tensor, generator: torch.Generator) -> Spectrum:
    """Return the singular values of filters (n, …) as rows of a matrix, and the effective rank.

    Effective rank is exp(H) of the singular values as shares of their sum (Roy and Vetterli, 2007): r equal values have r,
    one value alone has 1.

    Example:
        >>> found = spectrum(torch.eye(4), torch.Generator().manual_seed(0))
        >>> found.values.tolist(), round(found.effective_rank, 6)
        ([1.0, 1.0, 1.0, 1.0], 4.0)
    """
    flat = weight.flatten(1)
    learned = singular_values(flat)
    drawn = random_filters(tuple(flat.shape), generator)
    power = drawn.double().square().sum()
    drawn = drawn * float((flat.double().square().sum() / power).sqrt()) if power else drawn
    chance = singular_values(drawn)
    return Spectrum(
        values=learned.float().numpy(),
        random_values=chance.float().numpy(),
        effective_rank=effective_rank(learned),
        random_effective_rank=effective_rank(chance),
    )


def singular_values(flat: Tensor) -> Tensor:
    """Return the singular values of a matrix, falling, float64."""
    if flat.numel() <= _DIRECT:
        direct: Tensor = torch.linalg.svdvals(flat.double())
        return direct
    tall = flat if flat.shape[0] <= flat.shape[1] else flat.T
    products = torch.zeros(len(tall), len(tall), dtype=torch.float64)
    at_once = max(1, _COLUMNS // len(tall))
    for begin in range(0, tall.shape[1], at_once):
        part = tall[:, begin : begin + at_once].double()
        products += part @ part.T
    rooted: Tensor = torch.linalg.eigvalsh(products).clamp(min=0).sqrt().flip(0)
    return rooted


def effective_rank(values: Tensor) -> float:
    """Return exp of the entropy of singular values as shares; 0 if all are zero."""
    total = values.sum()
    if not float(total):
        return 0.0
    shares = values / total
    return float(torch.special.entr(shares).sum().exp())
