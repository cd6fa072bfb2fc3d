"""How much of what a window reads is padding, and which of its taps read nothing else.

These are one layer's own reads, as its work goes by them. `analyse.borders` has the padding in receptive fields, in
pixels of the input, which a 1×1 convolution inherits although it reads no padding itself.
"""

from __future__ import annotations

from math import prod

from striate.graph import Shape
from striate.kinds import Window


def padding_share(window: Window, read: Shape, made: Shape) -> float:
    """Return the share of all reads of a window, over all its places, that fall on padding.

    Example:
        >>> padding_share(Window((3,), (1,), ((1, 1),), (1,)), (1, 8, 2), (1, 8, 2))   # 2 of 6 reads
        0.33333333333333337
    """
    return 1 - prod(sum(_reads(window, axis, read, made)) / (made[2 + axis] * k) for axis, k in _kernels(window))


def dead_share(window: Window, read: Shape, made: Shape) -> float:
    """Return the share of a window's taps that read padding at every place: weights no value ever meets.

    Example:
        >>> dead_share(Window((5, 5), (1, 1), ((2, 2), (2, 2)), (1, 1)), (1, 8, 2, 2), (1, 8, 2, 2))
        0.64
    """
    return 1 - prod(sum(n > 0 for n in _reads(window, axis, read, made)) / k for axis, k in _kernels(window))


def _kernels(window: Window) -> list[tuple[int, int]]:
    return list(enumerate(window.kernel))


def _reads(window: Window, axis: int, read: Shape, made: Shape) -> list[int]:
    """Return at how many places each tap along one axis reads a real value."""
    length, places, stride = read[2 + axis], made[2 + axis], window.stride[axis]
    counts = []
    for tap in range(window.kernel[axis]):
        offset = tap * window.dilation[axis] - window.padding[axis][0]
        first = max(0, -(offset // stride)) if offset < 0 else 0
        last = min(places - 1, (length - 1 - offset) // stride)
        counts.append(max(0, last - first + 1))
    return counts
