"""Label maps: which segment each place of an image is in; by SLIC, by a grid, or as somebody made them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from striate.errors import InputError, MissingExtraError, Quoted, ShapeError
from striate.graph import times

Regions = Literal["slic", "grid"]
# Segments of one image, and places of an image that SLIC takes (some 100 bytes each).
MOST_SEGMENTS, MOST_PLACES = 10_000, 2**25
# SLIC weighs colour in Lab, 0 … 100, or as it is, 0 … 1; and how even its segments are beside that.
_EVEN: Mapping[bool, float] = {True: 10.0, False: 0.1}
# Smoothing before, in pixels: on grain alone segments would melt into one.
_SIGMA_PX = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelMap:
    """Segments of one image.

    Attributes:
        labels: (axes…) int32, 0 … segments − 1.
        numbers: (segments,) int32, what each was numbered before; ascending.
        sizes_px: (segments,) int32, places of each.
        starts: (segments, axes) int64, where the box of each begins.
        ends: (segments, axes) int64, behind its last place.
    """

    labels: NDArray[np.int32]
    numbers: NDArray[np.int32]
    sizes_px: NDArray[np.int32]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


def check_count(segments: int, sides: tuple[int, ...], regions: str) -> None:
    """Refuse numbers of segments that an image has no places for, and ways nobody knows.

    Raises:
        InputError: One of them; an image too large for SLIC.
    """
    if regions not in ("slic", "grid"):
        raise InputError("regions must be slic or grid", got=regions)
    most = min(MOST_SEGMENTS, prod(sides))
    if not 1 <= segments <= most:
        raise InputError(f"segments must be 1 … {most} for an image of {times(sides)}", got=segments)
    if regions == "slic" and prod(sides) > MOST_PLACES:
        raise InputError(
            f"SLIC must have an image of at most {MOST_PLACES:,} places",
            got=Quoted(times(sides)),
            hint='Take regions="grid", or make the segments from a smaller copy.',
        )


def grid_labels(sides: tuple[int, ...], segments: int) -> NDArray[np.int32]:
    """Return a label map of about so many cells as even as they can be; of a line, pieces.

    Example:
        >>> grid_labels((2, 4), 2).tolist(), grid_labels((5,), 2).tolist()
        ([[0, 0, 1, 1], [0, 0, 1, 1]], [0, 0, 0, 1, 1])
    """
    cells, left = [1] * len(sides), float(segments)
    # Short axes first: what they have no room for falls to the others.
    order = sorted(range(len(sides)), key=lambda axis: sides[axis])
    for turn, axis in enumerate(order):
        side = (prod(sides[other] for other in order[turn:]) / left) ** (1 / (len(sides) - turn))
        cells[axis] = min(sides[axis], max(1, round(sides[axis] / side)))
        left = max(1.0, left / cells[axis])
    found = np.zeros(sides, dtype=np.int32)
    for axis, length in enumerate(sides):
        shape = [1] * len(sides)
        shape[axis] = length
        found = found * cells[axis] + (np.arange(length) * cells[axis] // length).reshape(shape)
    return found.astype(np.int32)


def slic_labels(pixels: NDArray[np.floating], segments: int) -> NDArray[np.int32]:
    """Return a label map by SLIC: places near to each other and alike in colour; supervoxels of a volume.

    Args:
        pixels: (axes…, c) on the stored scale, 0 … 1. One or three channels are compared as people see them, in CIELAB.
        segments: About how many.

    Raises:
        MissingExtraError: scikit-image is not installed.

    Source:
        Achanta et al., "SLIC Superpixels Compared to State-of-the-art Superpixel Methods", TPAMI 2012, as
        `skimage.segmentation.slic` has it.
    """
    is_seen = pixels.shape[-1] in (1, 3)
    shown = np.repeat(pixels, 3, axis=-1) if pixels.shape[-1] == 1 else pixels
    is_line = shown.ndim == 2
    shown = shown[None] if is_line else shown  # a line is an image of one row
    sigma = [0.0 if length == 1 else _SIGMA_PX for length in shown.shape[:-1]]
    found = _slic()(
        np.clip(shown, 0, 1) if is_seen else shown, n_segments=segments, compactness=_EVEN[is_seen], sigma=sigma,
        start_label=0, convert2lab=is_seen, channel_axis=-1,
    )  # fmt: skip
    return np.asarray(found[0] if is_line else found, dtype=np.int32)


def label_map(labels: NDArray[Any], sides: tuple[int, ...]) -> LabelMap:
    """Return a label map with its segments numbered 0, 1, … in ascending order, and the box of each.

    Raises:
        ShapeError: It is not of the image's size.
        InputError: Labels are no integers, beyond 32 bits, or of too many segments.
    """
    if labels.shape != sides:
        raise ShapeError(
            f"a label map must be of the image's size, {times(sides)}", got=Quoted(times(labels.shape) or "one number")
        )
    if not np.issubdtype(labels.dtype, np.integer):
        raise InputError("labels must be whole numbers", got=str(labels.dtype))
    numbers, inverse = np.unique(labels, return_inverse=True)
    least, most = np.iinfo(np.int32).min, np.iinfo(np.int32).max
    if labels.size and not least <= int(numbers[0]) <= int(numbers[-1]) <= most:
        beyond = int(numbers[0]) if int(numbers[0]) < least else int(numbers[-1])
        raise InputError(f"labels must be {least} … {most}", got=beyond, hint="Number the segments 0, 1, 2, ….")
    if len(numbers) > MOST_SEGMENTS:
        raise InputError(f"a label map must have at most {MOST_SEGMENTS} segments", got=len(numbers))
    own = inverse.reshape(sides).astype(np.int32)
    starts, ends = (np.zeros((len(numbers), len(sides)), dtype=np.int64) for _ in range(2))
    flat = own.reshape(-1)
    for axis, places in enumerate(np.indices(sides, sparse=True)):
        along = np.broadcast_to(places, sides).reshape(-1)
        starts[:, axis] = sides[axis]
        np.minimum.at(starts[:, axis], flat, along)
        np.maximum.at(ends[:, axis], flat, along + 1)
    return LabelMap(
        labels=own,
        numbers=numbers.astype(np.int32),
        sizes_px=np.bincount(flat, minlength=len(numbers)).astype(np.int32),
        starts=starts,
        ends=ends,
    )


def _slic() -> Any:  # noqa: ANN401 - a function of a library without types
    try:
        from skimage.segmentation import slic
    except ImportError as cause:
        raise MissingExtraError(
            "segments by SLIC must have scikit-image installed",
            hint="pip install 'striate[descriptors]', or take regions=\"grid\" or a label map.",
        ) from cause
    return slic
