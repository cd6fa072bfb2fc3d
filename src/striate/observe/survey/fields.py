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
    spans = [np.array([one.span(place) for place in range(size)]) for one, size in zip(field.axes, sizes, strict=True)]
    reaches = [(span[:, 0] < 0) | (span[:, 1] > length) for span, length in zip(spans, whole, strict=True)]
    try:
        _clip(boxes, reading.tap, spans, reaches, index)
    except (InputError, KeyError):
        return unknown
    found = np.stack([span[along] for span, along in zip(spans, index, strict=True)], -2)
    is_cut = np.any([reach[along] for reach, along in zip(reaches, index, strict=True)], axis=0)
    return Fields(boxes=found, is_cut=is_cut, is_known=True)


def _clip(
    boxes: Boxes,
    op: str,
    spans: list[Places],
    reaches: list[npt.NDArray[np.bool_]],
    index: tuple[Places, ...],
) -> None:
    """Put what is really read in place of the spans that reach beyond the image, of the places asked for.

    A span inside the image is read as it is: what lies beyond the border of a map on the way would read beyond that of the image.
    """
    wanted = {
        int(place)
        for along, reach in zip(index, reaches, strict=True)
        for place in np.unique(along)
        if reach[place]
    }  # fmt: skip
    for place in sorted(wanted):
        # What a unit reads along one axis does not depend on its place along another: one walk gives all axes at once.
        inside = tuple(min(place, len(span) - 1) for span in spans)
        read = boxes.of(op, inside, is_local=True)[boxes.first]
        for axis, span in enumerate(spans):
            if place < len(span) and reaches[axis][place]:
                span[place] = read[axis]
