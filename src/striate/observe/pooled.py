"""Collects features: the values of chosen layers as one row an image, and the pixels themselves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from striate.errors import InputError
from striate.observe.collector import Collector, Seen
from striate.observe.units import by_unit
from striate.records import LayerReading, Preprocessing

Features = npt.NDArray[np.float32]
# Side to which larger images are brought before they become a row of pixels.
PIXELS_SIDE = 32
# Longest row kept for a pooled map: more cells say little more, and cost memory for every image.
MOST_FEATURES = 4096


class PooledCollector(Collector):
    """Collects the mean of every channel over the cells of a coarse grid, and vectors as they are.

    Args:
        layers: Names of layers, which give their activation; or names of ops ("flatten1"), which
            give their value.
        side: Cells of the grid along each axis of space, at most: 1 takes one mean a channel. A layer whose row would be
            longer than 4,096 features gets fewer.

    When it misleads:
        With side 1 the mean forgets where something was; early layers then tell classes apart worse than pixels do. A
        small strong spot weighs as much as a large weak one.

    Cost:
        4 bytes a feature and image are kept. A flattened map of 25,088 values takes 100 MB for
        1,000 images.

    Example:
        >>> PooledCollector(["conv1"]).taps(())
        ('conv1',)
    """

    name = "pooled"

    def __init__(self, layers: Sequence[str], *, side: int = 1) -> None:
        if not layers or len(set(layers)) != len(layers):
            raise InputError("layers must be named, each once", got=list(layers))
        if side < 1:
            raise InputError("side must be at least 1", got=side)
        self._layers = tuple(layers)
        self._side = side
        self._sources: dict[str, str] = {}
        self._rows: dict[str, list[Tensor]] = {}

    def taps(self, readings: tuple[LayerReading, ...]) -> tuple[str, ...]:
        """Begin a pass, and ask for what was named."""
        known = {reading.name: reading.tap for reading in readings}
        self._sources = {name: known.get(name, name) for name in self._layers}
        self._rows = {name: [] for name in self._layers}
        return tuple(self._sources.values())

    def update(self, seen: Seen) -> None:
        """Take in the values of one batch."""
        for name, tap in self._sources.items():
            self._rows[name].append(_pooled(seen.taps[tap].float(), self._side).cpu())

    def result(self) -> dict[str, Features]:
        """Return (n, features) float32 by name, rows in the order of the pass."""
        return {name: torch.cat(rows).numpy() for name, rows in self._rows.items()}


class PixelCollector(Collector):
    """Collects the images as rows, on the stored scale 0 … 1: what features are compared with.

    Images are those that enter the network, so cropped and resized as it sees them. Sides above 32
    pixels are brought to 32 by averaging.

    Args:
        preprocessing: What is undone.
    """

    name = "pixels"

    def __init__(self, preprocessing: Preprocessing) -> None:
        self._preprocessing = preprocessing
        self._rows: list[Tensor] = []

    def taps(self, readings: tuple[LayerReading, ...]) -> tuple[str, ...]:
        """Begin a pass; the images come without being asked for."""
        del readings
        self._rows = []
        return ()

    def update(self, seen: Seen) -> None:
        """Take in the images of one batch."""
        images = seen.images
        shape = (1, -1, *[1] * (images.ndim - 2))
        mean, std = (
            images.new_tensor(part).reshape(shape) for part in (self._preprocessing.mean, self._preprocessing.std)
        )
        self._rows.append(_shrunk(images * std + mean, PIXELS_SIDE).flatten(1).float().cpu())

    def result(self) -> Features:
        """Return (n, pixels) float32, rows in the order of the pass."""
        return torch.cat(self._rows).numpy()


def _pooled(value: Tensor, side: int) -> Tensor:
    """Return (n, features): the means over at most `side` cells an axis, fewer if the row would grow too long."""
    if value.ndim < 3 or side == 1:
        return by_unit(value).mean(2)
    while side > 1 and value.shape[1] * side ** (value.ndim - 2) > MOST_FEATURES:
        side -= 1
    return _shrunk(value, side).flatten(1)


def _shrunk(images: Tensor, side: int) -> Tensor:
    """Return maps with no axis of space longer than `side`, by averaging."""
    sides = [min(length, side) for length in images.shape[2:]]
    if tuple(sides) == tuple(images.shape[2:]):
        return images
    # Torch has one function for each number of axes.
    if len(sides) == 1:
        return functional.adaptive_avg_pool1d(images, sides[0])
    if len(sides) == 2:
        return functional.adaptive_avg_pool2d(images, (sides[0], sides[1]))
    return functional.adaptive_avg_pool3d(images, (sides[0], sides[1], sides[2]))
