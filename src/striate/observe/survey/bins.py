"""Counts of values by size, from which quantiles are read with a stated error."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

# Eight bins between a power of two and the next, from 2⁻¹⁶ to 2¹⁶, for either sign; between them one for what is smaller.
LOW, HIGH, PARTS = -16, 16, 8
_SIDE = (HIGH - LOW) * PARTS
BINS = 2 * _SIDE + 1
# A bin is at most an eighth of its lower edge wide, and its middle stands for all of it.
ERROR = 1 / (2 * PARTS)
SMALLEST = 2.0**LOW
# A float32 read as an integer: the exponent, and the first three digits behind the point.
_SHIFT = 20
_FIRST = (127 + LOW) * PARTS

Quantiles = npt.NDArray[np.float32]


def bins_of(values: Tensor) -> Tensor:
    """Return the bin of every value, int64, 0 … `BINS` − 1, rising with the value.

    Values beyond ±65,536 are in the outermost bins, those within ±1.5e-5 in the middle one.

    Example:
        >>> bins_of(torch.tensor([-1e9, -1.0, 0.0, 1e-9, 1.0, 1.2, 1e9])).tolist()
        [0, 127, 256, 256, 385, 386, 512]
    """
    bits = values.float().contiguous().view(torch.int32)
    place = ((bits & 0x7FFFFFFF) >> _SHIFT).sub_(_FIRST - 1).clamp_(0, _SIDE)
    return torch.where(bits < 0, _SIDE - place, _SIDE + place).to(torch.int64)


def middles() -> npt.NDArray[np.float64]:
    """Return the value that stands for each bin."""
    octave, part = np.divmod(np.arange(_SIDE), PARTS)
    above = 2.0 ** (LOW + octave) * (1 + (part + 0.5) / PARTS)
    return np.concatenate([-above[::-1], [0.0], above])


def quantiles(counts: npt.NDArray[np.int64], shares: tuple[float, ...]) -> Quantiles:
    """Return quantiles of each row's values, (rows, shares) float32; NaN for rows without values.

    The quantile at share s is that of the value whose rank is ⌈s·n⌉, at least the first.

    When it misleads:
        It is off by at most 6.25 % of itself, or by 1.5e-5 if that is more; not at all is it right beyond ±65,536.

    Example:
        >>> counts = np.zeros((1, BINS), np.int64)
        >>> counts[0, bins_of(torch.tensor([0.0, 0.0, 1.0, 4.0]))] = [2, 2, 1, 1]
        >>> quantiles(counts, (0.5, 0.75, 1.0)).tolist()
        [[0.0, 1.0625, 4.25]]
    """
    below = counts.cumsum(1)
    total = below[:, -1:]
    ranks = np.maximum(np.ceil(np.array(shares)[None] * total - 1e-9), 1)
    place = np.stack([(below < rank[:, None]).sum(1) for rank in ranks.T], 1)
    found = middles()[place.clip(0, BINS - 1)]
    return np.where(total > 0, found, np.nan).astype(np.float32)
