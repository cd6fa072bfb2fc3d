"""Cells whose seeds lie far apart: some of their trainings learned, others did not."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median, stdev

import numpy as np

from striate.study.results import CellResult

# A spread of more than so many times the median cell's is far.
FAR = 4.0
# Of fewer cells the median is hardly better known than the spread beside it; of two, none can ever be far.
LEAST_CELLS = 5
_DRAWS = 20_000


def far_apart(cells: Sequence[CellResult]) -> list[float | None]:
    """Return how many times as far apart as in the median cell each cell's seeds lie, where that is far; else None.

    Spreads are standard deviations of at least two scores. Of fewer than `LEAST_CELLS` that have one, none is told.

    Misleads:
        Equal cells are told too, now and then: `chance_of_far` says how often. With two seeds a cell, that is one study in six
        or seven.
    """
    spreads = [stdev(row.scores) if len(row.scores) > 1 else None for row in cells]
    known = [one for one in spreads if one is not None]
    if len(known) < LEAST_CELLS:
        return [None] * len(spreads)
    usual = median(known)
    return [one / usual if one is not None and one > FAR * usual > 0 else None for one in spreads]


def chance_of_far(cells: int, seeds: int) -> float:
    """Return in what share of studies some cell is far by chance alone: all scores from one normal distribution.

    By drawing 20,000 such studies, always the same: right to about 0.003 where it is largest. With three seeds 0.016 of 5 cells
    and 0.007 of 12; with two seeds 0.14 and 0.17; with five below 0.001.

    Args:
        cells: With a spread, at least 1.
        seeds: Of each, at least 2.
    """
    spreads = np.sqrt(np.random.default_rng(0).chisquare(seeds - 1, (_DRAWS, cells)))
    return float(np.mean(spreads.max(1) > FAR * np.median(spreads, axis=1)))
