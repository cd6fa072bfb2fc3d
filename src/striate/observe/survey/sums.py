"""Sums that do not depend on the order in which their parts come."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


class Sums:
    """Running sums in twice the digits of float64.

    What an addition in float64 rounds away is kept beside the sum, so that parts which were summed apart and in another order
    give the same float64 in the end: to 2⁻¹⁰⁰ of the largest sum on the way.

    Args:
        shape: Of the numbers that are summed, each for itself.

    Source:
        Knuth, "The Art of Computer Programming", volume 2, 4.2.2, theorem B (the rounding error of an addition); Dekker, "A
        Floating-Point Technique for Extending the Available Precision", Numerische Mathematik 1971.

    Example:
        >>> sums = Sums((1,))
        >>> for number in (1e16, 1.0, -1e16):
        ...     sums.add(np.array([number]))
        >>> sums.values.tolist()
        [1.0]
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._high = np.zeros(shape)
        self._low = np.zeros(shape)

    def add(self, part: Numbers, at: npt.NDArray[np.int64] | None = None) -> None:
        """Add numbers, or to the rows `at` alone, each of which is named once."""
        rows = slice(None) if at is None else at
        self._put(rows, part, np.zeros_like(part))

    @property
    def values(self) -> Numbers:
        """The sums."""
        return self._high + self._low

    def arrays(self) -> tuple[Numbers, Numbers]:
        """Return what has to be kept to go on later."""
        return self._high, self._low

    @classmethod
    def of(cls, high: Numbers, low: Numbers) -> Sums:
        """Return the sums that `arrays` gave."""
        found = cls(())
        found._high, found._low = high.copy(), low.copy()
        return found

    def _put(self, rows: slice | npt.NDArray[np.int64], high: Numbers, low: Numbers) -> None:
        total, lost = _exactly(self._high[rows], high)
        rest, lost_again = _exactly(self._low[rows], low)
        total, lost = _exactly(total, lost + rest)
        self._high[rows], self._low[rows] = total, lost + lost_again


def _exactly(a: Numbers, b: Numbers) -> tuple[Numbers, Numbers]:
    """Return the rounded sum and what the rounding lost."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)
