"""Where the window stands, what it is filled with, and the means over the windows of a pixel."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import InputError, Quoted, unknown_name
from striate.explain.answers import channelwise
from striate.nets import Network

# One of FILLS, or a value of the network's input, after preprocessing.
Fill: TypeAlias = str | float | int
Pixels: TypeAlias = int | tuple[int, int]
FILLS = ("background", "grey", "mean")


def positions(shape: tuple[int, ...], window_px: Pixels, stride_px: Pixels) -> tuple[int, int]:
    """Return how many rows and columns of positions a window has: their product is the passes.

    The first window stands at index 0; the last is the first that reaches the border, where it is
    cut. That is ceil((length − window) / stride) + 1 along each axis.

    Args:
        shape: Of the image; the last two numbers are height and width. (channels, length) is taken
            as one row.
        window_px: Side of the window, or (height, width). Input pixels.
        stride_px: Step, or (down, right). Input pixels.

    Raises:
        InputError: A window larger than the image, a stride above the window, or below 1.

    Example:
        >>> positions((1, 28, 28), 7, 3), positions((3, 224, 224), 16, 16)
        ((8, 8), (14, 14))
    """
    window, stride = both(shape, window_px, stride_px)
    rows, columns = (
        -(-(length - side) // step) + 1 for length, side, step in zip(_plane(shape), window, stride, strict=True)
    )
    return rows, columns


def both(shape: tuple[int, ...], window_px: Pixels, stride_px: Pixels) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return window and stride as (height, width), checked against the image."""
    height, width = _plane(shape)
    is_line = len(shape) == 2
    window = _pair(window_px, is_line=is_line)
    stride = _pair(stride_px, is_line=is_line)
    if min(window + stride) < 1:
        raise InputError("window_px and stride_px must be at least 1", got=(window_px, stride_px))
    if window[0] > height or window[1] > width:
        raise InputError(
            "window_px must fit into the image",
            got=Quoted(f"{window[0]}×{window[1]} on {height}×{width}"),
        )
    if stride[0] > window[0] or stride[1] > window[1]:
        raise InputError(
            "stride_px must be at most window_px, or pixels stay uncovered",
            got=Quoted(f"stride {stride[0]}×{stride[1]}, window {window[0]}×{window[1]}"),
        )
    return window, stride


def fill_values(network: Network, image: Tensor, fill: Fill) -> Tensor:
    """Return the value (c, 1, 1) that stands in for what is covered in an image (c, h, w).

    "background" is the commonest value of a one-channel image (of equally common ones the lowest),
    and otherwise "mean", the channel mean of the preprocessing, which is 0. "grey" is 0.5 on the
    stored scale.
    """
    if isinstance(fill, str) and fill not in FILLS:
        raise unknown_name("fill", fill, list(FILLS))
    plane = image.new_zeros((len(image), 1, 1))
    if not isinstance(fill, str):
        return plane + float(fill)
    if fill == "grey":
        mean, std = channelwise(network, image[None])
        return plane + ((0.5 - mean) / std)[0]
    if fill == "background" and image.shape[0] == 1:
        values, counts = np.unique(image.cpu().numpy(), return_counts=True)
        return plane + float(values[counts.argmax()])
    return plane


def covered(image: Tensor, value: Tensor, tops: Tensor, lefts: Tensor, window: tuple[int, int]) -> Tensor:
    """Return one copy of an image (c, h, w) for each window, with the window filled."""
    rows = torch.arange(image.shape[-2], device=image.device)
    columns = torch.arange(image.shape[-1], device=image.device)
    tall = (rows >= tops[:, None]) & (rows < tops[:, None] + window[0])
    wide = (columns >= lefts[:, None]) & (columns < lefts[:, None] + window[1])
    inside = tall[:, None, :, None] & wide[:, None, None, :]
    return torch.where(inside, value, image)


def mean_over_windows(
    grid: NDArray[np.floating],
    size: tuple[int, int],
    window: tuple[int, int],
    stride: tuple[int, int],
) -> NDArray[np.float32]:
    """Return, for each pixel, the mean of a grid (rows, columns, k) over the windows that cover it.

    The windows that cover a pixel are a block of the grid; its sum is read from an integral image.

    Returns:
        float32 (k, height, width); the sums are float64.

    Example:
        >>> grid = np.array([[[1.0], [3.0]]])     # a window of 2 at 0 and at 1, in a row of 3
        >>> mean_over_windows(grid, (1, 3), (1, 2), (1, 1)).tolist()
        [[[1.0, 2.0, 3.0]]]
    """
    rows, columns, outputs = grid.shape
    sums = np.zeros((outputs, rows + 1, columns + 1))
    sums[:, 1:, 1:] = np.moveaxis(grid, -1, 0).astype(np.float64).cumsum(1).cumsum(2)
    top, bottom = _covering(size[0], rows, window[0], stride[0])
    left, right = _covering(size[1], columns, window[1], stride[1])
    count = (bottom - top)[:, None] * (right - left)[None, :]
    maps = np.empty((outputs, *size), dtype=np.float32)
    for output, corner in enumerate(sums):  # one at a time: a thousand maps take their own room, not four times it
        down = corner[bottom] - corner[top]
        maps[output] = (down[:, right] - down[:, left]) / count
    return maps


def _covering(length: int, places: int, side: int, step: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first window that covers each pixel of a line, and the one after the last."""
    at = np.arange(length)
    first = np.maximum(0, -((side - 1 - at) // step))
    last = np.minimum(places - 1, at // step)
    return first, last + 1


def _plane(shape: tuple[int, ...]) -> tuple[int, int]:
    return (1, shape[-1]) if len(shape) == 2 else (shape[-2], shape[-1])


def _pair(value: Pixels, *, is_line: bool) -> tuple[int, int]:
    if not isinstance(value, int):
        return value
    return (1, value) if is_line else (value, value)
