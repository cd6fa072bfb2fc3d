"""Where the window stands, images with it filled, and the means over the windows of a pixel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import InputError, Quoted
from striate.graph import times

# Maps of this many outputs are made together: in float64 they take some room of their own.
_MAPS_AT_ONCE = 32
Pixels: TypeAlias = int | tuple[int, ...]


def positions(shape: tuple[int, ...], window_px: Pixels, stride_px: Pixels) -> tuple[int, ...]:
    """Return how many positions a window has along each axis (rows, columns): their product is the passes.

    The first window stands at index 0; the last is the first that reaches the border, where it is
    cut. That is ceil((length − window) / stride) + 1 along each axis.

    Args:
        shape: Of the image, channels first: (c, height, width) or (c, depth, height, width).
            (channels, length) is taken as one row.
        window_px: Side of the window, or one number for each axis. Input pixels.
        stride_px: Step, or one for each axis. Input pixels.

    Raises:
        InputError: A window larger than the image, a stride above the window, or below 1.

    Example:
        >>> positions((1, 28, 28), 7, 3), positions((3, 224, 224), 16, 16), positions((1, 8, 28, 28), (2, 7, 7), 2)
        ((8, 8), (14, 14), (4, 12, 12))
    """
    window, stride = both(shape, window_px, stride_px)
    return tuple(
        -(-(length - side) // step) + 1 for length, side, step in zip(space(shape), window, stride, strict=True)
    )


def both(shape: tuple[int, ...], window_px: Pixels, stride_px: Pixels) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return window and stride along each axis (height, width), checked against the image."""
    sides = space(shape)
    is_line = len(shape) == 2
    window = _along(window_px, len(sides), is_line=is_line)
    stride = _along(stride_px, len(sides), is_line=is_line)
    if min(window + stride) < 1:
        raise InputError("window_px and stride_px must be at least 1", got=(window_px, stride_px))
    if any(side > length for side, length in zip(window, sides, strict=True)):
        raise InputError("window_px must fit into the image", got=Quoted(f"{times(window)} on {times(sides)}"))
    if any(step > side for step, side in zip(stride, window, strict=True)):
        raise InputError(
            "stride_px must be at most window_px, or pixels stay uncovered",
            got=Quoted(f"stride {times(stride)}, window {times(window)}"),
        )
    return window, stride


def starts_of(counts: tuple[int, ...], stride: tuple[int, ...]) -> NDArray[np.int64]:
    """Return where each window begins, (windows, axes), row by row.

    Example:
        >>> starts_of((1, 3), (4, 2)).tolist()
        [[0, 0], [0, 2], [0, 4]]
    """
    places = np.indices(counts).reshape(len(counts), -1).T
    return np.asarray(places * np.array(stride), dtype=np.int64)


def covered(image: Tensor, fill: Tensor, starts: NDArray[np.int64], window: tuple[int, ...]) -> Tensor:
    """Return one copy of an image (c, …) for each window, with the window filled.

    Args:
        image: (c, …), axes of space behind the channels.
        fill: What the windows show: as large as the image, or of size 1 along any axis.
        starts: (n, axes), where each begins.
        window: Its sides.
    """
    inside = torch.ones((), dtype=torch.bool, device=image.device)
    for axis, side in enumerate(window):
        places = torch.arange(image.shape[1 + axis], device=image.device)
        first = torch.from_numpy(starts[:, axis].copy()).to(image.device)[:, None]
        along = (places >= first) & (places < first + side)
        inside = inside & along.view(len(starts), 1, *(-1 if other == axis else 1 for other in range(len(window))))
    return torch.where(inside, fill, image)


def mean_over_windows(
    grid: NDArray[np.floating],
    size: tuple[int, ...],
    window: tuple[int, ...],
    stride: tuple[int, ...],
    looked: NDArray[np.bool_] | None = None,
) -> NDArray[np.float32]:
    """Return, for each pixel, the mean of a grid (rows, columns, k) over the windows that cover it.

    Windows that were not looked at do not count; a pixel that no other covers is NaN. So is one under a window that was looked
    at and is NaN.

    Args:
        grid: (rows, columns, k).
        size: Sides of the image.
        window: Sides of the window.
        stride: Its steps.
        looked: (rows, columns), which windows were looked at; None: those with a number.

    Returns:
        float32 (k, height, width).

    Example:
        >>> grid = np.array([[[1.0], [3.0]]])     # a window of 2 at 0 and at 1, in a row of 3
        >>> mean_over_windows(grid, (1, 3), (1, 2), (1, 1)).tolist()
        [[[1.0, 2.0, 3.0]]]
    """
    *places, outputs = grid.shape
    covers = [_covering(*one) for one in zip(size, places, window, stride, strict=True)]
    shares = [covering / covering.sum(1, keepdims=True) for covering in covers]
    is_seen = ~np.isnan(grid).all(-1) if looked is None else looked
    seen = None if is_seen.all() else _averaged(is_seen[None], shares) @ shares[-1].T
    last = shares[-1].T.astype(np.float32)
    maps = np.empty((outputs, *size), dtype=np.float32)
    for begin in range(0, outputs, _MAPS_AT_ONCE):
        part = np.where(is_seen, np.moveaxis(grid[..., begin : begin + _MAPS_AT_ONCE], -1, 0), 0)
        is_none = np.isnan(part)
        # A thousand maps are 200 MB: the axis that makes them large is averaged where they will lie.
        np.matmul(
            _averaged(np.where(is_none, 0, part), shares).astype(np.float32), last, out=maps[begin : begin + len(part)]
        )
        if is_none.any():
            maps[begin : begin + len(part)][_averaged(is_none, shares) @ shares[-1].T > 0] = np.nan
    if seen is not None:
        with np.errstate(invalid="ignore"):  # nothing over nothing is NaN
            maps /= seen
    return maps


def _averaged(grids: NDArray[Any], shares: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return grids (n, rows, columns) averaged over the windows that cover each pixel, along all axes but the last."""
    found = np.asarray(grids, dtype=np.float64)
    for axis, share in enumerate(shares[:-1], start=1):
        found = np.moveaxis(np.moveaxis(found, axis, -1) @ share.T, -1, axis)
    return found


def _covering(length: int, places: int, side: int, step: int) -> NDArray[np.float64]:
    """Return, for each pixel of a line, which windows cover it: (length, places), 0 or 1."""
    past = np.arange(length)[:, None] - np.arange(places) * step
    return ((past >= 0) & (past < side)).astype(np.float64)


def space(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the sides of an image of this shape, channels first; a line is one row."""
    return (1, shape[-1]) if len(shape) == 2 else shape[1:]


def _along(value: Pixels, axes: int, *, is_line: bool) -> tuple[int, ...]:
    if isinstance(value, int):
        return (1, value) if is_line else (value,) * axes
    if len(value) != axes:
        raise InputError(f"a window must have one number, or one for each of {axes} axes", got=value)
    return value
