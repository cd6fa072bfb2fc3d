"""Pixels exchanged between images at one place: seen at every place on one half, tried again on the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from striate.explain.shortcuts.crowd import Asked, Crowd
from striate.explain.shortcuts.pairing import Pairs, from_class, from_others, within_class
from striate.explain.shortcuts.regions import (
    marking_pixels,
    mask_of,
    pasted,
    spread_at,
    spread_within,
    telling_pixels,
    told,
    windows_of,
)
from striate.records.shortcuts import Box, Counted, Exchange, ExchangedPlace, PastedPatch, TellingPixels

# Images that get a patch when a class's best one is tried again, and images shown of those it turned.
TRIED, SHOWN = 40, 5
# How often each image's places are exchanged at random, and the share of the largest means that stay below the band.
SHUFFLES, BAND = 200, 0.95
# Up to this share of the image's spread within a class, the pixels of a place are taken to be no object's. Places in tiles of
# photographs have 0.9 and more, wherever they are; a window over a mark on an even ground 0 to 0.3.
HARDLY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What exchanging did at every place, on one half of the images.

    Attributes:
        fall: (places, pairs): fall of the probability of the recipient's class with another class's pixels.
        gain: (classes, places): mean rise of the probability of the donor's class, by that class.
        own_fall: (classes, places): mean fall with pixels of the own class, by class.
        classes: (classes,) in rising order.
    """

    fall: NDArray[np.float64]
    gain: NDArray[np.float64]
    own_fall: NDArray[np.float64]
    classes: NDArray[np.int64]


def exchange(
    asked: Asked,
    everybody: Crowd,
    seeking: Crowd,
    trying: Crowd,
    boxes: tuple[Box, ...],
    pairs: int,
    rng: np.random.Generator,
) -> Exchange:
    """Return what follows from exchanging places.

    Args:
        asked: The network.
        everybody: All images, for what pixels say by themselves.
        seeking: Half of the images answered right: every place is seen on these.
        trying: The other half: what stood out is tried again on these.
        boxes: The places.
        pairs: Pairs of images at every place.
        rng: Decides who gets whose pixels.
    """
    sides = (int(everybody.images.shape[2]), int(everybody.images.shape[3]))
    before = asked.passes
    found = _seek(asked, seeking, boxes, pairs, rng)
    fall, own_fall = found.fall.mean(axis=1), found.own_fall.mean(axis=0)
    maps = spread_within(everybody.images, everybody.labels)
    spread = np.array([spread_at(maps.mean(axis=0), box) for box in boxes])
    outlying = np.flatnonzero(spread <= HARDLY)
    decisive, patches = None, []
    if len(outlying):
        place = int(outlying[(fall - own_fall)[outlying].argmax()])
        others, own = _try_place(asked, trying, mask_of(boxes[place], *sides), rng)
        decisive = ExchangedPlace(box=boxes[place], others=others, own=own, spread=float(spread[place]))
        best = outlying[(found.gain - found.own_fall)[:, outlying].argmax(axis=1)]
        patches = [
            _try_patch(asked, trying, int(target), boxes[at], boxes, rng)
            for target, at in zip(found.classes, best, strict=True)
        ]
    highest = shuffled(found.fall, rng)
    telling = _telling(asked, everybody, trying, rng)
    return Exchange(
        boxes=boxes,
        fall=fall.astype(np.float32),
        own_fall=own_fall.astype(np.float32),
        spread=spread.astype(np.float32),
        shuffled=highest,
        decisive=decisive,
        telling=telling,
        patches=tuple(sorted(patches, key=lambda patch: -patch.turned.share)),
        images=len(seeking) + len(trying),
        passes=asked.passes - before,
    )


def _telling(asked: Asked, everybody: Crowd, trying: Crowd, rng: np.random.Generator) -> TellingPixels | None:
    mask = telling_pixels(everybody.images, everybody.labels) | marking_pixels(everybody.images, everybody.labels)
    if not mask.any():
        return None
    others, own = _try_place(asked, trying, mask, rng)
    return TellingPixels(
        mask=mask,
        told=told(everybody.images, everybody.labels, mask),
        chance=float(np.bincount(everybody.labels).max() / len(everybody)),
        others=others,
        own=own,
    )


def shuffled(fall: NDArray[np.float64], rng: np.random.Generator) -> float:
    """Return what 95 % of the largest mean falls stay below when each pair's places (places, pairs) are exchanged at random.

    Example:
        >>> shuffled(np.ones((4, 3)), np.random.default_rng(0))
        1.0
    """
    highest = [rng.permuted(fall, axis=0).mean(axis=1).max() for _ in range(SHUFFLES)]
    return float(np.quantile(highest, BAND))


def _seek(asked: Asked, crowd: Crowd, boxes: tuple[Box, ...], pairs: int, rng: np.random.Generator) -> Sought:
    classes = np.unique(crowd.labels)
    each = max(2, pairs // len(classes))
    others = [from_class(crowd.labels, int(target), each, rng) for target in classes]
    own = [within_class(crowd.labels, int(target), max(2, each // 2), rng) for target in classes]
    everyone = np.concatenate([*others, *own])
    by_class = np.repeat(np.tile(np.arange(len(classes)), 2), [len(part) for part in (*others, *own)])
    count = sum(map(len, others))
    rows, donors = everyone.T
    labels, given = crowd.labels[rows], crowd.labels[donors]
    falls, gains = [], []
    for box in boxes:
        after = answers(asked, crowd, everyone, mask_of(box, *crowd.images.shape[2:]))
        falls.append(crowd.clean[rows, labels] - after[np.arange(len(rows)), labels])
        gains.append(after[np.arange(len(rows)), given] - crowd.clean[rows, given])
    fall, gain = np.array(falls), np.array(gains)
    is_other = np.arange(len(rows)) < count

    def mean_of(values: NDArray[np.float64], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
        picked = [values[:, mask & (by_class == place)] for place in range(len(classes))]
        return np.stack([part.mean(axis=1) if part.shape[1] else np.zeros(len(boxes)) for part in picked])

    return Sought(
        fall=fall[:, is_other],
        gain=mean_of(gain, is_other),
        own_fall=mean_of(fall, ~is_other),
        classes=classes.astype(np.int64),
    )


def answers(asked: Asked, crowd: Crowd, pairs: Pairs, mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return probabilities of recipients with the pixels of their donors on a mask (h, w), for pairs (n, 2): (n, k).

    A recipient that has the same pixels there already is not asked again.
    """
    after = crowd.clean[pairs[:, 0]].copy()
    rows, donors = (crowd.images[torch.from_numpy(column.copy())] for column in pairs.T)
    differs = (rows != donors)[:, :, torch.from_numpy(mask)].flatten(1).any(1)
    if bool(differs.any()):
        after[differs.cpu().numpy()] = asked(pasted(rows[differs], donors[differs], mask))
    return after


def _try_place(
    asked: Asked, crowd: Crowd, mask: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[Counted, Counted]:
    """Return how many answers another class's, and the own class's, pixels changed."""
    own = [within_class(crowd.labels, int(label), len(crowd), rng) for label in np.unique(crowd.labels)]
    return (
        _changed(asked, crowd, from_others(crowd.labels, rng), mask),
        _changed(asked, crowd, np.concatenate(own), mask),
    )


def _changed(asked: Asked, crowd: Crowd, pairs: Pairs, mask: NDArray[np.bool_]) -> Counted:
    after = answers(asked, crowd, pairs, mask)
    return Counted(hits=int((after.argmax(1) != crowd.labels[pairs[:, 0]]).sum()), trials=len(pairs))


def _try_patch(
    asked: Asked, crowd: Crowd, target: int, box: Box, boxes: tuple[Box, ...], rng: np.random.Generator
) -> PastedPatch:
    sides = (int(crowd.images.shape[2]), int(crowd.images.shape[3]))
    mask = mask_of(box, *sides)
    pairs = from_class(crowd.labels, target, TRIED, rng)
    became = answers(asked, crowd, pairs, mask).argmax(1) == target
    others = [other for other in boxes if _is_alike(other, box, boxes) and not _overlap(other, box)]
    drawn = rng.integers(len(others), size=len(pairs)) if others else np.zeros(0, dtype=np.int64)
    hits = sum(
        int((answers(asked, crowd, pairs[drawn == at], mask_of(others[at], *sides)).argmax(1) == target).sum())
        for at in np.unique(drawn)
    )
    return PastedPatch(
        target=target,
        box=box,
        sample=int(crowd.samples[pairs[0, 1]]),
        turned=Counted(hits=int(became.sum()), trials=len(pairs)),
        elsewhere=Counted(hits=hits, trials=len(drawn)),
        own=_changed(asked, crowd, within_class(crowd.labels, target, TRIED, rng), mask),
        turned_samples=tuple(
            (int(crowd.samples[row]), int(crowd.samples[donor])) for row, donor in pairs[became][:SHOWN]
        ),
    )


def _is_alike(other: Box, box: Box, boxes: tuple[Box, ...]) -> bool:
    """Return whether two places are both windows, or both strips."""
    windows = windows_of(boxes)
    return (other in windows) == (box in windows)


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
