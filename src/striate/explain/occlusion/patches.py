"""Boxes cut out of a map, many at once, and boxes put into others.

Maps are worked on with the axes of space in front of the channels (channels last in memory), where all channels of a place lie
side by side: to cut is then to copy rows of channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

Places = NDArray[np.int64]


class Sheet:
    """A value for one image, ready to have boxes cut out of it.

    Args:
        value: (1, …).
        axes: Which of its axes are space, in ascending order.
        padding: Places to be added (before, behind) along each of these axes.
        fill: What is in the added places.

    Example:
        >>> sheet = Sheet(torch.arange(5.0).view(1, 1, 5), (2,), padding=((1, 0),))
        >>> sheet.cut(np.array([[0], [3]]), (3,)).tolist()
        [[[0.0, 0.0, 1.0]], [[2.0, 3.0, 4.0]]]
    """

    def __init__(
        self, value: Tensor, axes: tuple[int, ...], padding: Sequence[tuple[int, int]] = (), fill: float = 0.0
    ) -> None:
        self._order = (0, *axes, *(axis for axis in range(1, value.ndim) if axis not in axes))
        moved = value.permute(self._order)
        if any(map(any, padding)):
            pads = [(0, 0)] * (value.ndim - 1 - len(axes)) + list(reversed(padding))
            moved = functional.pad(moved, [number for pair in pads for number in pair], value=fill)
        self._lengths = tuple(moved.shape[1 : 1 + len(axes)])
        self._rest = tuple(moved.shape[1 + len(axes) :])
        self._rows = moved.reshape(prod(self._lengths), -1)

    def cut(self, starts: Places, size: tuple[int, ...]) -> Tensor:
        """Return the boxes (n, …) of a size that begin at `starts` (n, axes), in the order of the value's own axes."""
        rows = _numbers(starts, size, self._lengths)
        cut = self._rows.index_select(0, torch.from_numpy(rows).to(self._rows.device))
        return cut.view(len(starts), *size, *self._rest).permute(_back(self._order))


def put(into: Tensor, boxes: Tensor, axes: tuple[int, ...], starts: Places) -> None:
    """Write boxes (n, …) into maps (n, …), each at its own place along the axes of space; what stands over is left out.

    Example:
        >>> maps = torch.zeros(2, 1, 4)
        >>> put(maps, torch.ones(2, 1, 2), (2,), np.array([[1], [-1]]))
        >>> maps.tolist()
        [[[0.0, 1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0, 0.0]]]
    """
    size, room = [boxes.shape[axis] for axis in axes], [into.shape[axis] for axis in axes]
    if (starts == starts[0]).all():
        first = starts[0].tolist()
        there, here = [slice(None)] * into.ndim, [slice(None)] * into.ndim
        for axis, at, length, space in zip(axes, first, size, room, strict=True):
            there[axis] = slice(max(at, 0), min(at + length, space))
            here[axis] = slice(max(-at, 0), max(min(length, space - at), 0))
        into[tuple(there)] = boxes[tuple(here)]
        return
    order = (0, *axes, *(axis for axis in range(1, into.ndim) if axis not in axes))
    rows = into.permute(order).view(len(into) * prod(room), -1)
    source = boxes.permute(order).reshape(len(boxes) * prod(size), -1)
    numbers = _numbers(starts, tuple(size), tuple(room)) + np.repeat(np.arange(len(into)) * prod(room), prod(size))
    if (starts < 0).any() or (starts + size > room).any():
        fits = _fit(starts, tuple(size), tuple(room))
        numbers, source = numbers[fits], source[torch.from_numpy(fits).to(source.device)]
    rows.index_copy_(0, torch.from_numpy(numbers).to(rows.device), source)


def _numbers(starts: Places, size: tuple[int, ...], lengths: tuple[int, ...]) -> NDArray[np.int64]:
    """Return the numbers of the places in each box, flattened: places of a map are numbered row by row."""
    found = np.zeros((len(starts),) + (1,) * len(size), dtype=np.int64)
    for axis, length in enumerate(size):
        shape = [1] * len(size)
        shape[axis] = length
        along = starts[:, axis].reshape(-1, *(1,) * len(size)) + np.arange(length).reshape(shape)
        found = found * lengths[axis] + along
    return found.reshape(-1)


def _fit(starts: Places, size: tuple[int, ...], lengths: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return, for each place in each box, whether it lies on the map."""
    found = np.ones((len(starts), *size), dtype=np.bool_)
    for axis, length in enumerate(size):
        along = starts[:, axis, None] + np.arange(length)
        shape = [len(starts)] + [1] * len(size)
        shape[axis + 1] = length
        found &= ((along >= 0) & (along < lengths[axis])).reshape(shape)
    return found.reshape(-1)


def _back(order: Sequence[int]) -> list[int]:
    return [order.index(axis) for axis in range(len(order))]
