"""Paired differences, several at once, interactions, and what a study can see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import inf, isnan, nan, sqrt
from statistics import stdev

import numpy as np
from numpy.typing import NDArray

from striate.train.paired import mean_interval

# The chance of any false alarm among all comparisons, by Holm.
ALPHA = 0.05
# What a study is said to see: with this probability.
POWER = 0.8
# Differences of float64 values that agree up to so many roundings of the largest value are the same one.
_ROUNDINGS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One paired difference.

    Attributes:
        mean: First less second.
        interval: 95 %, by Student's t over the pairs; the mean itself where no spread was measured.
        p: Two-sided p-value of no difference; not a number where it cannot be told.
        pairs: How many.
    """

    mean: float
    interval: tuple[float, float]
    p: float
    pairs: int

    @property
    def has_spread(self) -> bool:
        """Whether the pairs differ from each other: one pair, or pairs that all agree, know nothing of chance."""
        return self.interval[0] < self.interval[1]


def difference(first: Sequence[float], second: Sequence[float], *, largest: float = inf) -> Difference:
    """Return the mean of first − second, pair by pair.

    Pairs that all differ by the same, up to rounding, measured no spread: a t test cannot tell them from chance, and p is not a
    number, or 1 if none differs at all. Shares of few samples agree by chance often enough, so that this is no certainty.

    Args:
        first: One value a pair.
        second: The other of each pair, in the same unit.
        largest: What no difference can pass, 1 for shares: the interval is cut there.

    Example:
        >>> found = difference([3.0, 4.0, 6.0], [1.0, 2.0, 2.0])
        >>> round(found.mean, 4), round(found.p, 4)   # t = 2.6667 ÷ (1.1547 ÷ √3) = 4, two degrees of freedom
        (2.6667, 0.0572)
    """
    from scipy.stats import t as student

    pairs = [one - other for one, other in zip(first, second, strict=True)]
    mean, (low, high) = mean_interval(pairs)
    spread = paired_spread(first, second)
    if spread == 0:
        is_none = abs(mean) <= _rounding(first, second)
        return Difference(mean=mean, interval=(mean, mean), p=1.0 if is_none else nan, pairs=len(pairs))
    p = 2 * float(student.sf(abs(mean) * sqrt(len(pairs)) / spread, len(pairs) - 1))
    return Difference(mean=mean, interval=(max(low, -largest), min(high, largest)), p=p, pairs=len(pairs))


def paired_spread(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the standard deviation of first − second, pair by pair; 0 for one pair, and where only rounding differs.

    Example:
        >>> paired_spread([0.3, 0.2], [0.2, 0.1])   # 0.09999999999999998 and 0.1
        0.0
    """
    pairs = [one - other for one, other in zip(first, second, strict=True)]
    if len(pairs) < 2 or max(pairs) - min(pairs) <= _rounding(first, second):
        return 0.0
    return stdev(pairs)


def _rounding(*values: Sequence[float]) -> float:
    return _ROUNDINGS * float(np.finfo(np.float64).eps) * max(abs(one) for part in values for one in part)


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


def detectable(spread: float, pairs: int, comparisons: int = 1) -> float:
    """Return the smallest difference that so many pairs show with 80 % probability, looking at several at once.

    The level is that of Holm's first step, two-sided 5 % over the number of comparisons: the one that a single difference among
    equal cells has to pass. Where several differ, Holm's later steps are easier, and somewhat smaller ones are seen.

    Args:
        spread: Standard deviation of paired differences.
        pairs: Seeds.
        comparisons: How many differences are looked at together, at least 1.

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
    quantile = float(student.isf(ALPHA / comparisons / 2, pairs - 1))
    limit = quantile * ratio

    def missed(shift: float) -> float:
        return POWER - float(np.mean(norm.sf(limit - shift) + norm.cdf(-limit - shift)))

    # Four in five estimated spreads are below 1.3 times the true one, whatever the number of pairs.
    return float(brentq(missed, 0.0, 2 * quantile + 10)) * spread / sqrt(pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """Whether the effect of one factor depends on another.

    Attributes:
        factors: The two.
        f: F statistic; not a number where the model leaves nothing over to measure it by.
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
    # What is left of scores that are the same for every seed is rounding, which measures no chance.
    is_measured = whole > len(y) * _rounding(scores) ** 2
    found = []
    for pair in crossed:
        less, lower = _left_over(y, [*blocks, *columns, *(one for other, one in crossed.items() if other != pair)])
        degrees = rank - lower
        if degrees < 1 or rest < 1:
            continue
        f = (max(less - whole, 0.0) / degrees) / (whole / rest) if is_measured else nan
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
