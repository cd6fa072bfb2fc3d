"""Which units tell chosen samples from the rest: the probability of a larger value, with an interval for all units together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from striate.errors import InputError, Quoted
from striate.records.differing import DifferingUnits

Ranks = npt.NDArray[np.uint16]
_Floats = npt.NDArray[np.float64]

# Twice a rank must fit into 16 bits.
MOST_SAMPLES = 32_767
# Values ranked at once: sorting them takes several times their bytes.
_BLOCK_VALUES = 2**21
_HALVINGS = 60


def doubled_ranks(values: npt.NDArray[np.float32]) -> Ranks:
    """Return twice the rank of each value among those of its unit, equal values sharing the mean of their ranks.

    Ranks do not depend on what is chosen, so that they are made once for many questions; twice, so that means of two are whole
    numbers.

    Args:
        values: (n, units) finite, one a sample and unit.

    Raises:
        InputError: More than 32,767 samples.

    Example:
        >>> doubled_ranks(np.array([[5.0], [1.0], [5.0]], np.float32)).ravel().tolist()
        [5, 2, 5]
    """
    from scipy.stats import rankdata

    count, units = values.shape
    if count > MOST_SAMPLES:
        raise InputError(f"samples must be at most {MOST_SAMPLES:,} to be ranked", got=count)
    found = np.empty((count, units), np.uint16)
    step = max(1, _BLOCK_VALUES // max(count, 1))
    for first in range(0, units, step):
        found[:, first : first + step] = 2 * rankdata(values[:, first : first + step], axis=0)
    return found


def differing_units(doubled: Ranks, chosen: npt.NDArray[np.bool_], *, sure: float = 0.95) -> DifferingUnits:
    """Return how each unit's values tell the chosen samples from the rest.

    The effect is the probability that a chosen sample has the larger value than another one, ties half: the area under the ROC
    curve, the Mann-Whitney statistic over its largest value. It asks nothing of how values are distributed. The intervals hold
    for all units given together (Bonferroni): looked at alone, each would be surer than asked.

    Args:
        doubled: (n, units) as `doubled_ranks` gives them.
        chosen: (n,) which samples.
        sure: Probability that all the intervals hold the true share.

    Raises:
        InputError: Nothing chosen, or everything.

    When it misleads:
        Samples chosen on a map that was drawn from these values differ in them because they were chosen so: an interval tells
        that the difference is no accident of this sample, not that the group is real. Copies and near-copies among the samples
        make intervals too narrow.

    Source:
        Mann and Whitney, Annals of Mathematical Statistics 1947; interval: Newcombe, "Confidence intervals for an effect size
        measure based on the Mann-Whitney statistic. Part 2", Statistics in Medicine 2006, method 5. It leaves 0.5 out exactly
        where the Mann-Whitney test without its correction for ties rejects, and holds also where the share is 0 or 1.

    Cost:
        The ranks of the chosen are added up: 2,000 samples of 20,000 units take some milliseconds.

    Example:
        >>> values = np.array([[1, 4], [2, 3], [3, 2], [4, 1]], np.float32)
        >>> found = differing_units(doubled_ranks(values), np.array([False, False, True, True]))
        >>> found.share.tolist(), found.differs.tolist()
        ([1.0, 0.0], [False, False])
    """
    from scipy.stats import norm

    count, units = doubled.shape
    here = int(chosen.sum())
    if not 0 < here < count:
        raise InputError(
            "a choice must leave samples on both sides",
            got=Quoted("all of them" if here else "none"),
            hint="Choose some of the samples.",
        )
    rest = count - here
    sums = doubled[chosen].sum(0, dtype=np.int64)
    share = (sums / 2 - here * (here + 1) / 2) / (here * rest)
    level = 1 - (1 - sure) / units
    width = float(norm.isf((1 - level) / 2))
    low = _bound(share, here, rest, width)
    high = 1 - _bound(1 - share, here, rest, width)
    return DifferingUnits(
        share=share,
        low=low,
        high=high,
        differs=(low > 0.5) | (high < 0.5),
        level=level,
        chosen=here,
        others=rest,
    )


def _bound(share: _Floats, here: int, rest: int, width: float) -> _Floats:
    """Return the smallest true share from which the one found is at most `width` standard errors away."""
    low, high = np.zeros_like(share), share.copy()
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        is_far = share - middle > width * np.sqrt(_variance(middle, here, rest))
        low, high = np.where(is_far, middle, low), np.where(is_far, high, middle)
    return high


def _variance(share: _Floats, here: int, rest: int) -> _Floats:
    """Return the variance of the share found if the true one is `share`: Hanley and McNeil's, with both sides alike in size."""
    spread = (1 - share) / (2 - share) + share / (1 + share)
    return np.asarray(share * (1 - share) * (1 + ((here + rest) / 2 - 1) * spread) / (here * rest))
