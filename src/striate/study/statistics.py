"""Paired differences, several at once, interactions, and what a study can see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import isnan, nan, sqrt

import numpy as np
from numpy.typing import NDArray

from striate.train.paired import mean_interval

# What a study is said to see: with this probability, at two-sided 5 %.
POWER = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One paired difference.

    Attributes:
        mean: First less second.
        interval: 95 %, by Student's t over the pairs; the mean itself for one pair, which knows none.
        p: Two-sided p-value of no difference; not a number where it cannot be told.
        pairs: How many.
    """

    mean: float
    interval: tuple[float, float]
    p: float
    pairs: int


def difference(first: Sequence[float], second: Sequence[float]) -> Difference:
    """Return the mean of first − second, pair by pair.

    Example:
        >>> found = difference([3.0, 4.0, 6.0], [1.0, 2.0, 2.0])
        >>> round(found.mean, 4), round(found.p, 4)   # t = 2.6667 ÷ (1.1547 ÷ √3) = 4, two degrees of freedom
        (2.6667, 0.0572)
    """
    from scipy.stats import t as student

    pairs = [one - other for one, other in zip(first, second, strict=True)]
    mean, interval = mean_interval(pairs)
    spread = float(np.std(pairs, ddof=1)) if len(pairs) > 1 else 0.0
    if spread == 0:
        # One pair, or pairs that agree to the last bit: no spread, no test.
        return Difference(mean=mean, interval=interval, p=1.0 if mean == 0 else nan, pairs=len(pairs))
    p = 2 * float(student.sf(abs(mean) * sqrt(len(pairs)) / spread, len(pairs) - 1))
    return Difference(mean=mean, interval=interval, p=p, pairs=len(pairs))


def holm(values: Sequence[float]) -> tuple[float, ...]:
    """Return p-values corrected for looking at several at once: the chance of any false alarm among them stays 5 %.

    Those that are not a number stay, and are not counted.

    Source:
        Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6, 1979.

    Example:
        >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
        [0.03, 0.06, 0.06]
    """
    known = sorted((p, place) for place, p in enumerate(values) if not isnan(p))
    found, least = list(values), 0.0
    for number, (p, place) in enumerate(known):
        least = max(least, min(1.0, (len(known) - number) * p))
        found[place] = least
    return tuple(found)


def pooled(spreads: Sequence[float]) -> float:
    """Return one standard deviation for several of as many values each; 0 for none.

    Example:
        >>> pooled([3.0, 4.0])   # √(25 / 2)
        3.5355339059327378
    """
    return sqrt(float(np.mean(np.square(spreads)))) if len(spreads) else 0.0


def detectable(spread: float, pairs: int) -> float:
    """Return the smallest difference that so many pairs show with 80 % probability, two-sided at 5 %.

    Args:
        spread: Standard deviation of paired differences.
        pairs: Seeds.

    Returns:
        In the unit of the spread; not a number for fewer than two pairs, or where nothing differs.

    Source:
        Power of the paired t test: the chance, over the spread that will be estimated, that a normal mean passes the limit.

    Example:
        >>> round(detectable(1.0, 10), 2)   # tables: 0.996 standard deviations
        1.0
    """
    from scipy.optimize import brentq
    from scipy.stats import chi2, norm
    from scipy.stats import t as student

    if pairs < 2 or spread == 0:
        return nan
    # Estimated spread over the true one, at even steps of its distribution.
    ratio = np.sqrt(chi2.ppf((np.arange(4000) + 0.5) / 4000, pairs - 1) / (pairs - 1))
    limit = float(student.ppf(0.975, pairs - 1)) * ratio

    def missed(shift: float) -> float:
        return POWER - float(np.mean(norm.sf(limit - shift) + norm.cdf(-limit - shift)))

    return float(brentq(missed, 0.0, 100.0)) * spread / sqrt(pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """Whether the effect of one factor depends on another.

    Attributes:
        factors: The two.
        f: F statistic.
        degrees: Of freedom, of the interaction and of what is left.
        p: Of no interaction, not corrected.
    """

    factors: tuple[str, str]
    f: float
    degrees: tuple[int, int]
    p: float


def interactions(
    names: Sequence[str], levels: Sequence[Sequence[str]], seeds: Sequence[int], scores: Sequence[float]
) -> tuple[Interaction, ...]:
    """Return a test of every two factors' interaction, seeds being blocks.

    Each is the F test of the model with seeds, all factors and all interactions of two against the same without that one;
    where cells are missing it is what those that are there can tell.

    Args:
        names: Of the factors.
        levels: Of each score, in the factors' order.
        seeds: Of each score.
        scores: One a training.

    Returns:
        One a pair of factors for which there is something left to test.
    """
    from scipy.stats import f as fisher

    y = np.asarray(scores, dtype=np.float64)
    columns = [_dummies([row[place] for row in levels]) for place in range(len(names))]
    blocks = [np.ones((len(y), 1)), _dummies([str(seed) for seed in seeds])]
    crossed = {pair: _crossed(columns[pair[0]], columns[pair[1]]) for pair in combinations(range(len(names)), 2)}
    whole, rank = _left_over(y, [*blocks, *columns, *crossed.values()])
    rest = len(y) - rank
    found = []
    for pair in crossed:
        less, lower = _left_over(y, [*blocks, *columns, *(one for other, one in crossed.items() if other != pair)])
        degrees = rank - lower
        if degrees < 1 or rest < 1:
            continue
        f = (max(less - whole, 0.0) / degrees) / (whole / rest) if whole > 0 else nan
        found.append(
            Interaction(
                factors=(names[pair[0]], names[pair[1]]),
                f=f,
                degrees=(degrees, rest),
                p=nan if isnan(f) else float(fisher.sf(f, degrees, rest)),
            )
        )
    return tuple(found)


def _dummies(values: Sequence[str]) -> NDArray[np.float64]:
    known = list(dict.fromkeys(values))[1:]
    return np.asarray([[float(value == one) for one in known] for value in values]).reshape(len(values), len(known))


def _crossed(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    return (first[:, :, None] * second[:, None, :]).reshape(len(first), -1)


def _left_over(y: NDArray[np.float64], parts: Sequence[NDArray[np.float64]]) -> tuple[float, int]:
    """Return the sum of squares a linear model leaves, and the rank of the model."""
    design = np.concatenate(parts, axis=1)
    solution, _, rank, _ = np.linalg.lstsq(design, y, rcond=None)
    return float(np.sum((y - design @ solution) ** 2)), int(rank)
