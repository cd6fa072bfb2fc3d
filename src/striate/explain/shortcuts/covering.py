"""How much of what covering takes from the answer lies on objects that were given."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np
from numpy.typing import NDArray

from striate.events import SILENT, Events
from striate.explain.cover import positions
from striate.explain.occlusion.sliding import occlusion
from striate.explain.shortcuts.crowd import Crowd
from striate.nets import Network
from striate.records.shortcuts import OnObject

# Of the image's sides, for the square and its step; most images looked at, and the fewest that are worth it; places each
# mask is moved to, and the share of the means over the images that lie below the lower end of chance.
WINDOW, STEP, MOST, FEWEST, MOVES, LOWEST = 1 / 7, 1 / 14, 32, 8, 200, 0.025


def on_object(
    network: Network,
    crowd: Crowd,
    masks: Mapping[int, NDArray[np.bool_]],
    rng: np.random.Generator,
    *,
    most_passes: int | None = None,
    events: Events = SILENT,
) -> OnObject | None:
    """Return the share of the falls on each object; None if covering takes nothing from any answer, or costs too much.

    Args:
        network: Of classes.
        crowd: Images answered right; of those with an object at most 32 are looked at, evenly spread.
        masks: Objects on the network's input, by index in the data set.
        rng: Moves masks about; what leaves at one side comes in at the other.
        most_passes: How many forward passes it may take: fewer images are looked at, or none where that leaves fewer than 8.
            None: as many as it takes.
        events: Hears of each image's windows; can cancel.

    Raises:
        Cancelled: The watcher asked to stop.
    """
    rows = [row for row, sample in enumerate(crowd.samples.tolist()) if sample in masks]
    sides = tuple(crowd.images.shape[2:])
    window = tuple(max(1, round(side * WINDOW)) for side in sides)
    stride = tuple(max(1, round(side * STEP)) for side in sides)
    afforded = MOST
    if most_passes is not None:
        afforded = min(MOST, most_passes // prod(positions(tuple(crowd.images.shape[1:]), window, stride)))
    if not rows or afforded < FEWEST:
        return None
    some = crowd.only(np.array(spread_evenly(rows, afforded), dtype=np.int64))
    records = occlusion(network, some.images, window_px=window, stride_px=stride, events=events)
    shares, areas, moved, samples = [], [], [], []
    for record, label, sample in zip(records, some.labels.tolist(), some.samples.tolist(), strict=True):
        fall, mask = np.maximum(-record.maps[label].astype(np.float64), 0), masks[sample]
        if not fall.sum() > 0:
            continue
        moves = [tuple(rng.integers(side) for side in mask.shape) for _ in range(MOVES)]
        shares.append(share(fall, mask))
        areas.append(float(mask.mean()))
        moved.append([share(fall, np.roll(mask, move, axis=(0, 1))) for move in moves])
        samples.append(sample)
    if not samples:
        return None
    by_move = np.array(moved)
    return OnObject(
        shares=np.array(shares, dtype=np.float32),
        areas=np.array(areas, dtype=np.float32),
        shifted=by_move.mean(axis=1).astype(np.float32),
        shifted_low=float(np.quantile(by_move.mean(axis=0), LOWEST, method="lower")),
        samples=tuple(samples),
        window_px=window,
    )


def spread_evenly(rows: list[int], most: int) -> list[int]:
    """Return at most so many of some rows, the first and the last among them, evenly spread.

    Example:
        >>> spread_evenly([0, 1, 2, 3, 4, 5, 6, 7, 8], 3), spread_evenly([4, 6], 3)
        ([0, 4, 8], [4, 6])
    """
    places = np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).round().astype(int))
    return [rows[place] for place in places.tolist()]


def share(fall: NDArray[np.float64], mask: NDArray[np.bool_]) -> float:
    """Return the share of a map without negative values that lies on a mask.

    Example:
        >>> share(np.array([[1.0, 3.0]]), np.array([[False, True]]))
        0.75
    """
    return float(fall[mask].sum() / fall.sum())
