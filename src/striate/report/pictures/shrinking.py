"""Bringing pictures down to what a page can show: inputs by averaging, maps by their largest magnitude, sign kept."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

# Longest sides on the page, in pixels: of a thumbnail on the map, a patch, a small picture, a large one, a channel's map.
THUMBNAIL, PATCH, SMALL, LARGE, CHANNEL = 32, 42, 84, 168, 56


def shrunk(picture: NDArray[np.uint8], most: int) -> NDArray[np.uint8]:
    """Return a picture (h, w) or (h, w, 3) with no side longer than `most`, areas averaged; smaller ones as they are.

    Example:
        >>> shrunk(np.array([[0, 100], [100, 200]], np.uint8), 1).tolist()
        [[100]]
    """
    height, width = picture.shape[:2]
    if max(height, width) <= most:
        return picture
    plane = torch.from_numpy(np.ascontiguousarray(picture)).float()
    planes = plane.movedim(-1, 0) if plane.ndim == 3 else plane[None]
    small = functional.adaptive_avg_pool2d(planes[None], _sides(height, width, most))[0].round().to(torch.uint8)
    out: NDArray[np.uint8] = (small.movedim(0, -1) if plane.ndim == 3 else small[0]).numpy()
    return out


def strongest(maps: NDArray[np.floating], most: int) -> NDArray[np.float32]:
    """Return maps (n, h, w) with no side longer than `most`: of each cell the value of largest magnitude.

    Example:
        >>> strongest(np.array([[[1.0, -3.0], [0.0, 2.0]]]), 1).tolist()
        [[[-3.0]]]
    """
    height, width = maps.shape[1:]
    values = torch.from_numpy(np.ascontiguousarray(maps)).float()
    if max(height, width) > most:
        sides = _sides(height, width, most)
        high = functional.adaptive_max_pool2d(values[None], sides)[0]
        low = -functional.adaptive_max_pool2d(-values[None], sides)[0]
        values = torch.where(high >= -low, high, low)
    return np.asarray(values.numpy(), dtype=np.float32)


def _sides(height: int, width: int, most: int) -> tuple[int, int]:
    longest = max(height, width)
    return max(1, round(height * most / longest)), max(1, round(width * most / longest))
