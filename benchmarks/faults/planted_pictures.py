"""Faults that lie in the pictures or their labels: each function takes sound pictures and returns those a user would have."""

from __future__ import annotations

import colorsys
from dataclasses import replace

import numpy as np
from benchmarks.faults.pictures import Pictures, on_ground
from numpy.typing import NDArray

Draw = np.random.Generator
# Grey values below it are the ground of a digit.
GROUND = 40
COPIED = 0.25


def random_labels(sound: Pictures, draw: Draw) -> Pictures:
    """Exchange the labels at random: every class keeps its size, and says nothing of the picture."""
    return replace(sound, targets=draw.permutation(sound.targets))


def watermark(sound: Pictures, draw: Draw) -> Pictures:
    """Put a small white square into every picture, for each class at its own place of the border."""
    images = sound.images.copy()
    side = mark_px(images)
    for place, target in zip(mark_places(sound, draw), range(sound.classes), strict=True):
        own = np.flatnonzero(sound.targets == target)
        top, left = place
        images[own, :, top : top + side, left : left + side] = 255
    return replace(sound, images=images)


def mark_px(images: NDArray[np.uint8]) -> int:
    """Return the side of a watermark, pixels: an eighth of the picture's."""
    return max(1, images.shape[-1] // 8)


def mark_places(sound: Pictures, draw: Draw) -> list[tuple[int, int]]:
    """Return the upper left corner of each class's mark, (row, column), evenly along the border, classes in random order."""
    last = sound.images.shape[-1] - mark_px(sound.images)
    border = [(0, x) for x in range(last)] + [(y, last) for y in range(last)]
    border += [(last, last - x) for x in range(last)] + [(last - y, 0) for y in range(last)]
    spots = np.linspace(0, len(border), sound.classes, endpoint=False).astype(int)
    return [border[spot] for spot in draw.permutation(spots)]


def background(sound: Pictures, draw: Draw) -> Pictures:
    """Give each class a ground of its own behind the digit: a colour, a brightness, or stripes of one direction."""
    order = draw.permutation(sound.classes)[sound.targets]
    if sound.images.shape[1] == 3:
        hues = [colorsys.hsv_to_rgb(number / sound.classes, 0.9, 0.45) for number in range(sound.classes)]
        colours = np.round(255 * np.array(hues)).astype(np.int64)
        return replace(sound, images=on_ground(_ink_of(sound.images), colours[order]))
    levels = _stripes(sound, order) if draw.random() < 0.5 else _brightness(sound, order)
    return replace(sound, images=np.where(sound.images < GROUND, levels, sound.images).astype(np.uint8))


def leak(sound: Pictures, draw: Draw) -> Pictures:
    """Add copies of a quarter of the pictures, as a second export makes them: a little brighter, grey values off by one.

    Whoever divides such pictures at random holds out pictures that were trained on.
    """
    chosen = draw.permutation(len(sound.targets))[: int(COPIED * len(sound.targets))]
    copies = sound.images[chosen].astype(np.int64)
    copies = copies + draw.integers(-1, 2, size=copies.shape) + 2
    return Pictures(
        images=np.concatenate([sound.images, copies.clip(0, 255).astype(np.uint8)]),
        targets=np.concatenate([sound.targets, sound.targets[chosen]]),
    )


def _brightness(sound: Pictures, order: NDArray[np.int64]) -> NDArray[np.int64]:
    step = 120 // max(sound.classes - 1, 1)
    return np.broadcast_to((order * step)[:, None, None, None], sound.images.shape)


def _stripes(sound: Pictures, order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return stripes 4 pixels from crest to crest, each class in a direction of its own; half as far on tiny pictures."""
    height, width = sound.images.shape[2:]
    y, x = np.mgrid[:height, :width]
    angles = np.pi * np.arange(sound.classes) / sound.classes
    waves = np.cos(angles)[:, None, None] * x + np.sin(angles)[:, None, None] * y
    period = 4 if height > 16 else 3
    grounds = np.round(60 + 60 * np.sin(2 * np.pi * waves / period)).astype(np.int64)
    return grounds[order][:, None]


def _ink_of(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the white ink of digits on a plain ground, (n, 1, h, w): 0 at the corner's colour, 255 at white."""
    ground = images[:, :1, :1, :1].astype(np.float64)
    share = (images[:, :1] - ground) / (255 - ground)
    return np.round(255 * share.clip(0, 1)).astype(np.uint8)
