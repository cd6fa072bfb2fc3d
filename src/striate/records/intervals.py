"""Between which values a share lies that was found in so many trials."""

from __future__ import annotations

from math import sqrt

NORMAL_95 = 1.959963984540054  # 97.5 % quantile of the standard normal distribution


def wilson(share: float, count: int, z: float = NORMAL_95) -> tuple[float, float]:
    """Return Wilson's interval of a share found in `count` independent trials; 0 … 1 if nothing was tried.

    Args:
        share: 0 … 1.
        count: Trials.
        z: Quantile of the standard normal distribution at the upper end; the default makes it a 95 % interval.

    Source:
        Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 1927.

    Example:
        >>> low, high = wilson(0.9, 100)
        >>> round(low, 3), round(high, 3), wilson(0.0, 0)
        (0.826, 0.945, (0.0, 1.0))
    """
    if not count:
        return 0.0, 1.0
    square = z * z
    centre = (share + square / (2 * count)) / (1 + square / count)
    half = z / (1 + square / count) * sqrt(share * (1 - share) / count + square / (4 * count**2))
    return max(centre - half, 0.0), min(centre + half, 1.0)
