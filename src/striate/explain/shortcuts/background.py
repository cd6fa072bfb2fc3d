"""What is answered to the background alone, and to an object on the background of another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from striate.data import Dataset, apart_from_border, foreground
from striate.explain.objects import on_input
from striate.explain.shortcuts.crowd import Asked, Crowd
from striate.explain.shortcuts.pairing import Pairs, from_others, within_class
from striate.nets import Network
from striate.records.shortcuts import Background, BackgroundPair, Counted

Mask = NDArray[np.bool_]
# Objects that nobody gave are believed in only if this share of the images has one: otherwise the data are of another sort.
KNOWN = 0.75
# Images of a class that make it worth comparing.
_FEWEST = 5
_PERMUTATIONS, _BAND, _SHOWN = 200, 0.95, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """Images with objects, and what is left without them.

    Attributes:
        crowd: The images.
        masks: (n, h, w) bool on the device of the images.
        empty: (n, c, h, w): the object's box filled with the median colour of what is not the object.
    """

    crowd: Crowd
    masks: Tensor
    empty: Tensor


def objects_of(network: Network, dataset: Dataset, crowd: Crowd, given: Mapping[int, Mask] | None) -> dict[int, Mask]:
    """Return the object of each image on the network's input, by index in the data set, where one is known.

    Args:
        network: Whose input is meant.
        dataset: Where the images are.
        crowd: Which.
        given: Masks on the network's input, by index; None to find them by brightness or colour.
    """
    if given is not None:
        return {int(sample): given[int(sample)] for sample in crowd.samples if int(sample) in given}
    found = {}
    for sample in crowd.samples.tolist():
        image = dataset.read(sample)
        if image.dtype != torch.uint8 or image.ndim != 3:
            continue
        stored = foreground(image) if image.shape[0] == 1 else apart_from_border(image)
        mask = None if stored is None else on_input(stored, network.preprocessing)
        if mask is not None and not mask.all():
            found[sample] = mask
    return found


def background(
    asked: Asked, crowd: Crowd, masks: Mapping[int, Mask], *, is_given: bool, rng: np.random.Generator
) -> Background | None:
    """Return what is answered to backgrounds; None if objects are known too seldom, or of too few images of two classes.

    Args:
        asked: The network.
        crowd: Images answered right.
        masks: As `objects_of` returns them.
        is_given: Whether somebody gave them.
        rng: Decides whose background goes where.
    """
    known = np.array([int(sample) in masks for sample in crowd.samples], dtype=np.bool_)
    share = float(known.mean()) if len(crowd) else 0.0
    chosen = _even(crowd.only(known), rng)
    if chosen is None or (share < KNOWN and not is_given):
        return None
    apart = _apart(chosen, masks)
    classes = np.unique(chosen.labels)
    scored = asked(apart.empty)[:, classes]
    own = np.searchsorted(classes, chosen.labels)
    answered = scored.argmax(axis=1)
    right = [(answered == rng.permutation(own)).mean() for _ in range(_PERMUTATIONS)]
    moved, kept, within, samples = _swapped(asked, apart, rng)
    return Background(
        known_share=share,
        is_given=is_given,
        alone=Counted(hits=int((answered == own).sum()), trials=len(own)),
        chance=1 / len(classes),
        permuted=float(np.quantile(right, _BAND)),
        pair=_pair(scored, own, classes),
        pairs=len(classes) * (len(classes) - 1) // 2,
        moved=moved,
        kept=kept,
        own=within,
        moved_samples=samples,
    )


def _even(crowd: Crowd, rng: np.random.Generator) -> Crowd | None:
    """Return as many images of each class that has enough; None if fewer than two have."""
    counts = np.bincount(crowd.labels, minlength=1)
    classes = np.flatnonzero(counts >= _FEWEST)
    if len(classes) < 2:
        return None
    each = int(counts[classes].min())
    rows = [rng.permutation(np.flatnonzero(crowd.labels == label))[:each] for label in classes]
    return crowd.only(np.concatenate(rows))


def _apart(crowd: Crowd, masks: Mapping[int, Mask]) -> Apart:
    device = crowd.images.device
    stacked = torch.stack([torch.from_numpy(masks[int(sample)]) for sample in crowd.samples]).to(device)
    empty = crowd.images.clone()
    for row, mask in enumerate(stacked):
        colour = crowd.images[row][:, ~mask].median(dim=1).values
        empty[row][:, _box(mask)] = colour[:, None]
    return Apart(crowd=crowd, masks=stacked, empty=empty)


def _box(mask: Tensor) -> Tensor:
    """Return the smallest box around a mask, one pixel wider on all sides, as a mask."""
    wide = functional.max_pool2d(mask[None, None].float(), 3, stride=1, padding=1)[0, 0] > 0
    return wide.any(dim=1)[:, None] & wide.any(dim=0)[None, :]


def _pair(scored: NDArray[np.float64], own: NDArray[np.integer], classes: NDArray[np.integer]) -> BackgroundPair | None:
    """Return the two classes whose images score highest for their own of the two most often."""
    best: BackgroundPair | None = None
    for one, other in combinations(range(len(classes)), 2):
        rows = (own == one) | (own == other)
        higher = np.where(scored[rows, one] > scored[rows, other], one, other)
        right = Counted(hits=int((higher == own[rows]).sum()), trials=int(rows.sum()))
        if best is None or right.share > best.right.share:
            best = BackgroundPair(one=int(classes[one]), other=int(classes[other]), right=right)
    return best


def _swapped(
    asked: Asked, apart: Apart, rng: np.random.Generator
) -> tuple[Counted, Counted, Counted, tuple[tuple[int, int, int], ...]]:
    """Return how often an object got the class of its new background, kept its own, changed on one of its own class, and who."""
    labels = apart.crowd.labels
    pairs = from_others(labels, rng)
    answered = asked(_put(apart, pairs)).argmax(axis=1)
    was, given = labels[pairs[:, 0]], labels[pairs[:, 1]]
    own = np.concatenate([within_class(labels, int(label), len(labels), rng) for label in np.unique(labels)])
    changed = asked(_put(apart, own)).argmax(axis=1) != labels[own[:, 0]]
    turned = np.flatnonzero(answered == given)[:_SHOWN]
    return (
        Counted(hits=int((answered == given).sum()), trials=len(pairs)),
        Counted(hits=int((answered == was).sum()), trials=len(pairs)),
        Counted(hits=int(changed.sum()), trials=len(own)),
        tuple(
            (int(apart.crowd.samples[pairs[row, 0]]), int(apart.crowd.samples[pairs[row, 1]]), int(answered[row]))
            for row in turned
        ),
    )


def _put(apart: Apart, pairs: Pairs) -> Tensor:
    """Return objects on other backgrounds, for pairs (n, 2) of the object's image and the background's."""
    objects, grounds = (torch.from_numpy(column.copy()) for column in pairs.T)
    return torch.where(apart.masks[objects][:, None], apart.crowd.images[objects], apart.empty[grounds])
