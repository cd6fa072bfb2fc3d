"""Places of an image: windows and border strips, and what their pixels say by themselves."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.records.shortcuts import Box

# Sides of the window, its step and a strip's thickness, as shares of the image's side.
WINDOW, STEP, STRIP = 1 / 4, 1 / 8, 1 / 7
# How much the classes' means of a pixel must differ, in spreads within a class and in the images' own. A mark that all images
# of a class bear has no spread within; in tiles of photographs, whose classes have colours of their own, the first is below 2.
_TIMES, _LEAST = 4, 0.1
# A mark: so near to each other in spreads of the images, in so many of the class's images, of which there are so many at least.
_CLOSE, _NEARLY, _FEWEST = 0.05, 0.95, 8


def places(height: int, width: int, *, step: float = STEP) -> tuple[Box, ...]:
    """Return the places of an image: windows of a quarter of its sides, row by row, then the strips at top, bottom, left, right.

    The last window of a row ends at the border.

    Example:
        >>> places(4, 4, step=1 / 2)[:4]
        ((0, 0, 1, 1), (0, 2, 1, 3), (0, 3, 1, 4), (2, 0, 3, 1))
        >>> places(4, 4)[-4:]
        ((0, 0, 1, 4), (3, 0, 4, 4), (0, 0, 4, 1), (0, 3, 4, 4))
    """
    sides = (height, width)
    window = [max(1, round(side * WINDOW)) for side in sides]
    starts = [
        sorted({*range(0, side - long, max(1, round(side * step))), side - long})
        for side, long in zip(sides, window, strict=True)
    ]
    squares = [(top, left, top + window[0], left + window[1]) for top in starts[0] for left in starts[1]]
    thick, wide = (max(1, round(side * STRIP)) for side in sides)
    strips = [
        (0, 0, thick, width),
        (height - thick, 0, height, width),
        (0, 0, height, wide),
        (0, width - wide, height, width),
    ]
    return (*squares, *strips)


def windows_of(boxes: tuple[Box, ...]) -> tuple[Box, ...]:
    """Return the windows alone, without the four strips."""
    return boxes[:-4]


def mask_of(box: Box, height: int, width: int) -> NDArray[np.bool_]:
    """Return a place as a mask (h, w)."""
    mask = np.zeros((height, width), dtype=np.bool_)
    mask[box[0] : box[2], box[1] : box[3]] = True
    return mask


def pasted(images: Tensor, donors: Tensor, mask: NDArray[np.bool_]) -> Tensor:
    """Return images (n, c, h, w) with the pixels of a mask (h, w) taken from donors of the same shape.

    Example:
        >>> pasted(torch.zeros(1, 1, 1, 3), torch.ones(1, 1, 1, 3), np.array([[False, True, True]])).tolist()
        [[[[0.0, 1.0, 1.0]]]]
    """
    return torch.where(torch.from_numpy(mask).to(images.device), donors, images)


def told(images: Tensor, labels: NDArray[np.integer], mask: NDArray[np.bool_]) -> float:
    """Return the share of images whose class is that of the image nearest to them in some pixels.

    Several equally near ones count by the share of them that has the class.

    Args:
        images: (n, c, h, w), n ≥ 2.
        labels: (n,) classes.
        mask: (h, w): the pixels.

    Example:
        >>> four = torch.tensor([0.0, 0.1, 1.0, 1.1]).view(4, 1, 1, 1)
        >>> everywhere = np.ones((1, 1), bool)
        >>> told(four, np.array([0, 0, 1, 1]), everywhere), told(four, np.array([0, 1, 0, 1]), everywhere)
        (1.0, 0.0)
    """
    rows = images.double().cpu()[:, :, torch.from_numpy(mask)].flatten(1)
    away = torch.cdist(rows, rows, compute_mode="donot_use_mm_for_euclid_dist").numpy()
    np.fill_diagonal(away, np.inf)
    nearest = away <= away.min(axis=1, keepdims=True) + 1e-9
    same = labels[:, None] == labels[None, :]
    return float(((nearest & same).sum(axis=1) / nearest.sum(axis=1)).mean())


def telling_pixels(images: Tensor, labels: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Return which pixels tell the class, (h, w): the means of the classes differ far more than the images of one class.

    The standard deviation of the classes' means is at least 4 times the mean standard deviation within them, and at least a
    tenth of the images' own; in one channel at least.

    Example:
        >>> pair = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]).view(4, 1, 1, 2)
        >>> telling_pixels(pair, np.array([0, 0, 1, 1])).tolist()
        [[True, False]]
    """
    values = images.double().cpu()
    parts = [values[torch.from_numpy(labels == label)] for label in np.unique(labels)]
    within = torch.stack([part.std(dim=0, correction=0) for part in parts]).mean(0)
    between = torch.stack([part.mean(dim=0) for part in parts]).std(dim=0, correction=0)
    least = values.std(correction=0) * _LEAST
    found: NDArray[np.bool_] = ((between >= _TIMES * within) & (between > least)).any(dim=0).numpy()
    return found


def marking_pixels(images: Tensor, labels: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Return which pixels mark a class, (h, w): nearly all of its images have one value there that hardly any other image has.

    Of at least 8 images of the class 95 % lie within a twentieth of the images' standard deviation of their median, in every
    channel, and at most 5 % of the others do. Unlike `telling_pixels` it sees one class's mark in pictures that vary
    everywhere. What is empty in a class alone is no mark: many images of others are empty there too.

    Example:
        >>> values = torch.linspace(0, 3, 32)
        >>> values[16:] = 7.0
        >>> marking_pixels(values.view(32, 1, 1, 1), np.repeat([0, 1], 16)).tolist()
        [[True]]
        >>> marking_pixels(torch.linspace(0, 3, 32).view(32, 1, 1, 1), np.repeat([0, 1], 16)).tolist()
        [[False]]
    """
    values = images.float().cpu()
    close = values.std(correction=0) * _CLOSE
    found = torch.zeros(values.shape[2:], dtype=torch.bool)
    for label in np.unique(labels):
        is_own = torch.from_numpy(labels == label)
        if int(is_own.sum()) < _FEWEST or bool(is_own.all()):
            continue
        near = torch.ones(values[:, 0].shape, dtype=torch.bool)
        # One channel at a time: differences of all images in all channels would take as much memory again.
        for channel in values.unbind(1):
            near &= (channel - channel[is_own].median(dim=0).values).abs() <= close
        own, others = (near[rows].double().mean(0) for rows in (is_own, ~is_own))
        found |= (own >= _NEARLY) & (others <= 1 - _NEARLY)
    mask: NDArray[np.bool_] = found.numpy()
    return mask


def spread_within(images: Tensor, labels: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return each pixel's standard deviation within a class, root mean square over channels: (classes, h, w).

    Classes in rising order; a class of one image has zeros.

    Example:
        >>> spread_within(torch.tensor([0.0, 2.0, 5.0]).view(3, 1, 1, 1), np.array([0, 0, 1])).ravel().tolist()
        [1.0, 0.0]
    """
    values = images.double().cpu()
    rows = []
    for label in np.unique(labels):
        own = values[torch.from_numpy(labels == label)]
        rows.append(own.var(dim=0, correction=0).mean(dim=0).sqrt().numpy())
    return np.stack(rows)


def spread_at(spread: NDArray[np.float64], box: Box) -> float:
    """Return a place's mean spread as a share of the whole image's, for a map (h, w); 0 where nothing varies anywhere."""
    top, left, bottom, right = box
    whole = float(spread.mean())
    return float(spread[top:bottom, left:right].mean()) / whole if whole > 0 else 0.0
