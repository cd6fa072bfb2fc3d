"""What each output of a pooling reads, as places on the flattened input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """The windows of a pooling.

    Attributes:
        places: (windows, taps) int64: where on the flattened input each tap stands, in reading order.
        is_read: (windows, taps) bool: whether the tap is there, and not on padding.
        counted: (windows,) float64: taps of the window with padding: what an average divides by.
    """

    places: Tensor
    is_read: Tensor
    counted: Tensor


def sliding(size: Sequence[int], made: Sequence[int], arguments: Mapping[str, Any]) -> Windows:
    """Return the windows of a recorded pooling with kernel, stride, padding, dilation and ceil mode.

    Args:
        size: Sizes of the input's axes of space.
        made: Sizes of the output's.
        arguments: As recorded ("kernel_size", "stride", …).

    Example:
        >>> found = sliding((4,), (2,), {"kernel_size": 3, "stride": 2, "padding": 1})
        >>> found.places.tolist(), found.is_read.tolist(), found.counted.tolist()
        ([[0, 0, 1], [1, 2, 3]], [[False, True, True], [True, True, True]], [3.0, 3.0])
    """
    axes = len(size)
    kernel = each(arguments["kernel_size"], axes)
    stride = each(arguments["stride"], axes) if arguments.get("stride") else kernel
    padding, dilation = each(arguments["padding"], axes), each(arguments.get("dilation", 1), axes)
    taps, counts = [], []
    for length, count, side, step, pad, spread in zip(size, made, kernel, stride, padding, dilation, strict=True):
        first = torch.arange(count) * step - pad
        taps.append(first[:, None] + torch.arange(side) * spread)
        # A window that ceil mode added may reach beyond the padding as well: nobody counts that part.
        counts.append((first + side).clamp(max=length + pad) - first)
    return _combined(size, taps, [(tap >= 0) & (tap < n) for tap, n in zip(taps, size, strict=True)], counts)


def adaptive(size: Sequence[int], made: Sequence[int]) -> Windows:
    """Return the windows of adaptive pooling: from ⌊i·n/m⌋ to ⌈(i + 1)·n/m⌉; to size 1, the whole map.

    Example:
        >>> found = adaptive((5,), (2,))
        >>> found.places.tolist(), found.counted.tolist()
        ([[0, 1, 2], [2, 3, 4]], [3.0, 3.0])
    """
    taps, read, counts = [], [], []
    for length, count in zip(size, made, strict=True):
        place = torch.arange(count)
        first, end = place * length // count, -(-(place + 1) * length // count)
        steps = torch.arange(int((end - first).max()))
        taps.append(first[:, None] + steps)
        read.append(steps < (end - first)[:, None])
        counts.append(end - first)
    return _combined(size, taps, read, counts)


def each(value: Any, axes: int) -> tuple[int, ...]:  # noqa: ANN401 - an int, or a list of one or of all
    """Return one number for each axis."""
    values = tuple(value) if isinstance(value, list | tuple) else (value,)
    return values * axes if len(values) == 1 else values


def _combined(size: Sequence[int], taps: list[Tensor], read: list[Tensor], counts: list[Tensor]) -> Windows:
    """Return the windows over all axes from those of each axis."""
    places, is_read = torch.zeros(1, 1, dtype=torch.int64), torch.ones(1, 1, dtype=torch.bool)
    counted = torch.ones(1, dtype=torch.float64)
    for length, tap, inside, count in zip(size, taps, read, counts, strict=True):
        rows, columns = len(places) * len(tap), places.shape[1] * tap.shape[1]
        here = tap.clamp(0, length - 1)
        places = (places[:, None, :, None] * length + here[None, :, None, :]).reshape(rows, columns)
        is_read = (is_read[:, None, :, None] & inside[None, :, None, :]).reshape(rows, columns)
        counted = (counted[:, None] * count[None, :]).flatten()
    return Windows(places=places, is_read=is_read, counted=counted)
