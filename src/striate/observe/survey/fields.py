"""Exactly which pixels a unit reads at each place of its map, worked out once for each row and column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from striate.analyse.field.boxes import Boxes
from striate.errors import InputError
from striate.records import LayerReading

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Fields of a layer's places.

    Attributes:
        boxes: (*shape of the places, axes of space, 2): (first, last + 1) inside the image.
        is_cut: (*shape of the places): whether the field reaches beyond the image.
        is_known: Whether there are fields; otherwise boxes are the whole image.
    """

    boxes: Places
    is_cut: npt.NDArray[np.bool_]
    is_known: bool


def fields_at(
    boxes: Boxes, reading: LayerReading, sizes: tuple[int, ...], whole: tuple[int, ...], places: Places
) -> Fields:
    """Return the pixels read at places of a layer's map.

    Args:
        boxes: Of the network's graph.
        reading: The layer.
        sizes: Of its map; empty for a vector.
        whole: Sizes of the input.
        places: Places counted through the map, of any shape; negative ones count as the first.
    """
    everything = np.array([(0, length) for length in whole], np.int64)
    unknown = Fields(
        boxes=np.broadcast_to(everything, (*places.shape, len(whole), 2)).copy(),
        is_cut=np.zeros(places.shape, np.bool_),
        is_known=False,
    )
    field = reading.receptive
    if not sizes or len(sizes) != len(whole) or not field.is_known or len(field.axes) != len(sizes):
        return unknown
    index = np.unravel_index(places.clip(0), sizes)
    found = np.zeros((*places.shape, len(sizes), 2), np.int64)
    is_cut = np.zeros(places.shape, np.bool_)
    # What a unit reads along one axis does not depend on its place along another: one walk gives all axes at once.
    table = np.zeros((len(sizes), max(sizes), 2), np.int64)
    wanted = sorted({int(place) for axis in index for place in np.unique(axis)})
    try:
        for place in wanted:
            inside = tuple(min(place, length - 1) for length in sizes)
            read = boxes.of(reading.tap, inside, is_local=True)[boxes.first]
            for axis, length in enumerate(sizes):
                if place < length:
                    table[axis, place] = read[axis]
    except (InputError, KeyError):
        return unknown
    for axis, along in enumerate(index):
        found[..., axis, :] = table[axis, along]
        spans = np.array([field.axes[axis].span(place) for place in range(sizes[axis])])
        is_cut |= (spans[along, 0] < 0) | (spans[along, 1] > whole[axis])
    return Fields(boxes=found, is_cut=is_cut, is_known=True)
