"""The network's own answers on crops: exact by construction, and what maps are held against."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from math import prod

import torch
from torch import Tensor

from striate.errors import InputError
from striate.events import SILENT, Events, track
from striate.nets.dense.network import Box, DenseNetwork
from striate.records.dense import CropDeviation

# Returns the pixels of a box of the image, prepared: (1, channels, axes…).
Reader = Callable[[Box], Tensor]
# Inputs of crops held at once.
_CROP_BYTES = 16 * 2**20


def reader_of(image: Tensor) -> Reader:
    """Return what reads boxes of an image (1, channels, axes…) held in memory."""

    def read(box: Box) -> Tensor:
        part = image
        for axis, (first, last) in enumerate(box, start=2):
            part = part.narrow(axis, first, last - first)
        return part

    return read


def crop_positions(dense: DenseNetwork, size_px: tuple[int, ...]) -> tuple[int, ...]:
    """Return how many positions have their crop inside an image, per axis."""
    sides = dense.conversion.input_shape[1:]
    return tuple((size - side) // step + 1 for size, side, step in zip(size_px, sides, dense.stride_px, strict=True))


def answers(dense: DenseNetwork, read: Reader, positions: Sequence[tuple[int, ...]]) -> Iterator[Tensor]:
    """Yield the network's scores (n, outputs) on the crops of positions, some at once, in order."""
    channels, *sides = dense.conversion.input_shape
    at_once = max(1, min(256, _CROP_BYTES // (4 * channels * prod(sides))))
    for start in range(0, len(positions), at_once):
        crops = torch.cat([read(dense.crop(position)) for position in positions[start : start + at_once]])
        yield dense.own(crops)


def crop_maps(
    dense: DenseNetwork, read: Reader, size_px: tuple[int, ...], events: Events = SILENT
) -> Iterator[tuple[Box, Tensor]]:
    """Yield the answers on crops, one row of positions after the other: the box of positions, and maps (1, outputs, …).

    Every position is the network really run on its crop, some at once.
    """
    rows, *others = crop_positions(dense, size_px)
    rest = tuple((0, count) for count in others)
    for row in track(range(rows), "crops", total=rows, unit="row", events=events):
        positions = [(row, *place) for place in product(*(range(count) for count in others))]
        found = torch.cat(list(answers(dense, read, positions)))
        yield ((row, row + 1), *rest), found.T.reshape(1, -1, 1, *others)


def sample(dense: DenseNetwork, size_px: tuple[int, ...], *, most: int = 64) -> tuple[list[tuple[int, ...]], int]:
    """Return positions spread evenly over those whose crop lies inside an image, about `most`, and how many there are."""
    if most < 1:
        raise InputError("positions to compare must be at least 1", got=most)
    pairs = zip(crop_positions(dense, size_px), dense.positions(size_px), strict=True)
    counts = [min(pair) for pair in pairs]
    # Along each axis as many, so that rows and columns do not fall into step.
    axis_most = max(1, round(most ** (1 / len(counts))))
    return list(product(*(_spread(count, axis_most) for count in counts))), prod(counts)


def deviation(
    dense: DenseNetwork,
    found: Tensor,
    positions: Sequence[tuple[int, ...]],
    read: Reader,
    total: int,
) -> CropDeviation:
    """Return how far scores at positions of a map are from the network's answers on the crops there.

    Args:
        dense: Who made the map.
        found: (positions, outputs): its scores.
        positions: As `sample` gives them; each costs one pass at the network's own size.
        read: Reads boxes of the image.
        total: Positions there are.

    When it misleads:
        A sample of positions; the border ones are among them.
    """
    with torch.no_grad():
        expected = torch.cat(list(answers(dense, read, positions)))
    scale = float(expected.abs().max()) or 1.0
    gap = (found.to(expected) - expected).abs()
    return CropDeviation(
        positions=len(positions),
        total=total,
        largest=float(gap.max()) / scale,
        mean=float(gap.mean()) / scale,
        agreement=float((found.argmax(1) == expected.argmax(1)).float().mean()),
    )


def _spread(count: int, most: int) -> list[int]:
    """Return at most so many of the first numbers, from the first to the last."""
    if count <= most:
        return list(range(count))
    return sorted({round(number * (count - 1) / max(most - 1, 1)) for number in range(most)})
