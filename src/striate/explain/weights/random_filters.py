"""Filters as at the start of training, to hold learned ones against."""

from __future__ import annotations

from math import prod

import numpy as np
import torch
from torch import Tensor

from striate.explain.detail import fine_detail

RANDOM_COUNT = 20_000
FEWEST = 1_000
CHUNK_VALUES = 2**22
_MOST_VALUES = 2**24


def random_filters(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Return filters (n, c, kernel…) drawn as at the start of training, He normal.

    Example:
        >>> drawn = random_filters((4000, 2, 5), torch.Generator().manual_seed(0))
        >>> round(drawn.std().item(), 2)  # √(2 / 10)
        0.45
    """
    std = (2.0 / prod(shape[1:])) ** 0.5
    return torch.empty(shape).normal_(0.0, std, generator=generator)


def random_count(shape: tuple[int, ...]) -> int:
    """Return how many random filters (c, kernel…) a band rests on: 20,000, or fewer, but 1,000, of long ones."""
    return max(FEWEST, min(RANDOM_COUNT, _MOST_VALUES // prod(shape)))


def detail_band(shape: tuple[int, ...], generator: torch.Generator) -> tuple[float, float]:
    """Return the 5 % and 95 % quantile of fine detail over random filters of a shape (c, kernel…)."""
    at_once = max(1, CHUNK_VALUES // prod(shape))
    number = random_count(shape)
    shares = []
    for begin in range(0, number, at_once):
        drawn = random_filters((min(at_once, number - begin), *shape), generator)
        shares.append(fine_detail(drawn, with_mean=True))
    low, high = np.quantile(torch.cat(shares).numpy(), [0.05, 0.95])
    return float(low), float(high)
