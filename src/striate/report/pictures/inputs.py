"""Inputs as pictures: an image as it is, a signal as a curve, a volume as the slices through its middle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from striate.data import unprepare
from striate.records import Preprocessing

Picture = NDArray[np.uint8]

# A curve's lanes, one a channel; further channels are not drawn.
MOST_LANES = 4
# A curve's height holds so many standard deviations, its middle at the mean.
SPAN_STD = 8.0


def as_shown(prepared: Tensor, how: Preprocessing, most: int) -> Picture:
    """Return one prepared input as a picture, (h, w) or (h, w, 3): images as they are, a curve `most` wide, volumes in slices."""
    if prepared.ndim == 2:
        return curve(prepared.numpy(), most)
    seen = unprepare(prepared, how).numpy()
    return slices(seen) if prepared.ndim == 4 else to_picture(seen)


def to_picture(values: NDArray[np.floating]) -> Picture:
    """Return (c, h, w) on the scale 0 … 1 as a picture: grey for one channel, colour for three, else their mean."""
    values = np.moveaxis(values, 0, -1) if values.shape[0] == 3 else values.mean(axis=0)
    picture: Picture = np.clip(np.rint(values * 255), 0, 255).astype(np.uint8)
    return picture


def slices(values: NDArray[np.floating]) -> Picture:
    """Return (c, d, h, w) on the scale 0 … 1 as the middle slices along d, h and w, side by side; channels by their mean.

    Example:
        >>> slices(np.ones((1, 2, 3, 4))).shape   # (h, w), (d, w) and (d, h), with a dark line between them
        (3, 13)
    """
    volume = values.mean(axis=0)
    depth, height, width = volume.shape
    parts = [volume[depth // 2], volume[:, height // 2], volume[:, :, width // 2]]
    tall = max(part.shape[0] for part in parts)
    row: list[NDArray[np.floating]] = []
    for part in parts:
        above = (tall - part.shape[0]) // 2
        row += [np.pad(part, ((above, tall - part.shape[0] - above), (0, 0))), np.zeros((tall, 1))]
    return to_picture(np.concatenate(row[:-1], axis=1)[None])


def curve(prepared: NDArray[np.floating], width: int) -> Picture:
    """Return a prepared signal (c, length) as a curve in ink, 255, half as high as wide; each channel has a lane of its own.

    Every column holds all values of its stretch of time, from the lowest to the highest. The middle of a lane is the mean, its
    ends are four standard deviations away; what is beyond is cut to them.

    Example:
        >>> curve(np.array([[4.0, 0.0, 0.0, -4.0]]), 4).tolist()
        [[255, 255, 255, 255], [0, 0, 0, 255]]
    """
    shown = prepared[:MOST_LANES]
    height = max(1, width // 2 // len(shown))
    return np.concatenate([_lane(channel, width, height) for channel in shown])


def _lane(values: NDArray[np.floating], width: int, height: int) -> Picture:
    rows = np.rint((0.5 - np.clip(values / SPAN_STD, -0.5, 0.5)) * (height - 1)).astype(int)
    # Short signals repeat a value over several columns; long ones give each column all of its values.
    at = np.arange(max(width, len(rows))) * len(rows) // max(width, len(rows))
    columns = np.array_split(rows[at], width)
    picture = np.zeros((height, width), np.uint8)
    before = int(columns[0][0])
    for place, column in enumerate(columns):
        # From where the last column ended, so that the curve has no gaps.
        picture[min(before, column.min()) : max(before, column.max()) + 1, place] = 255
        before = int(column[-1])
    return picture
