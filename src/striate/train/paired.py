"""Differences between two series that share their seeds."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev

# Student's t, two-sided 95 %, by degrees of freedom 1 … 30.
_T = (12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281, 2.2010, 2.1788, 2.1604, 2.1448, 2.1314,
      2.1199, 2.1098, 2.1009, 2.0930, 2.0860, 2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452,
      2.0423)  # fmt: skip
_NORMAL = 1.959964


def t_quantile(degrees: int) -> float:
    """Return the value that Student's t stays within, either way, with probability 95 %.

    Beyond 30 degrees of freedom by Fisher's expansion, right to four digits.

    Example:
        >>> t_quantile(4), round(t_quantile(100), 3)
        (2.7764, 1.984)
    """
    if degrees <= len(_T):
        return _T[degrees - 1]
    cube = _NORMAL**3
    return _NORMAL + (cube + _NORMAL) / (4 * degrees) + (5 * _NORMAL**5 + 16 * cube + 3 * _NORMAL) / (96 * degrees**2)


def mean_interval(values: Sequence[float]) -> tuple[float, tuple[float, float]]:
    """Return the mean of independent values and its 95 % interval; (mean, mean) for one value, which knows none.

    Example:
        >>> mean, (low, high) = mean_interval([1.0, 2.0, 3.0])
        >>> mean, round(high - mean, 3)   # 4.3027 · 1 / √3
        (2.0, 2.484)
    """
    mean = fmean(values)
    if len(values) < 2:
        return mean, (mean, mean)
    half = t_quantile(len(values) - 1) * stdev(values) / sqrt(len(values))
    return mean, (mean - half, mean + half)


def paired_difference(first: Sequence[float], second: Sequence[float]) -> tuple[float, tuple[float, float]]:
    """Return the mean of first − second, pair by pair, and its 95 % interval."""
    return mean_interval([one - other for one, other in zip(first, second, strict=True)])
