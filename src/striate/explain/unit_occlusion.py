"""How one unit's value changes while a square covers each part of an input."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np
import torch
from torch import Tensor

from striate.errors import InputError, ShapeError
from striate.events import SILENT, Events, Task
from striate.explain.answers import fitting, taken
from striate.explain.cover import Pixels, both, covered, mean_over_windows, positions, space, starts_of
from striate.explain.fills import Fill, fill_values
from striate.nets import Network
from striate.observe.units import unit_axes
from striate.records import Array
from striate.trace import Recording, trace


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitOcclusion:
    """One unit's value at one place, whole and covered.

    Attributes:
        unit: Channel or feature.
        at: Its place; empty for a vector.
        clean: Its value for the input as it is.
        grid: (rows, columns) float32: its value with the square at each position.
        map: (h, w) float32: mean over the squares on a pixel of covered − clean; below zero where it needs what is there.
        window_px: Sides of the square.
        stride_px: Its steps.
    """

    unit: int
    at: tuple[int, ...]
    clean: float
    grid: Array
    map: Array
    window_px: tuple[int, ...]
    stride_px: tuple[int, ...]


def unit_occlusion(  # noqa: PLR0913 - which unit, and what covers
    network: Network,
    image: Tensor,
    layer: str,
    unit: int,
    *,
    at: tuple[int, ...] | None = None,
    window_px: Pixels = 7,
    stride_px: Pixels = 3,
    fill: Fill = "background",
    recording: Recording | None = None,
    events: Events = SILENT,
) -> UnitOcclusion:
    """Return how a unit's value changes while a square covers each part of an input.

    The network runs up to the layer only. The unit is watched at one place, whatever is covered: a square outside its
    receptive field changes nothing.

    Args:
        network: Any that reads images or signals; left as it came.
        image: Preprocessed, (c, h, w) or (c, length).
        layer: Name of an op.
        unit: Channel or feature of its value.
        at: Place on its map; None for the place where it is largest in the whole input, of equals the first.
        window_px: Side of the square, or one number for each axis.
        stride_px: Its step, or one for each axis.
        fill: What the square shows: see `striate.explain.fills`.
        recording: The network's trace in eval mode, if there is one already.
        events: Hears of each square.

    Raises:
        ShapeError: An input of another shape.
        InputError: No such unit or place; volumes; a window larger than the input; a network that cannot be replayed.
        UnknownNameError: No such layer, or a fill nobody knows.
        Cancelled: The watcher asked to stop.

    When it misleads:
        A covered input is one the network never saw. The unit may fire at another place instead, which this does not show.

    Source:
        Zeiler & Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, sec. 4.2, fig. 7 (b): there the
        strongest map's sum is watched, here one unit's value.

    Cost:
        One pass up to the layer for each position of the square.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; classes 3"))
        >>> found = unit_occlusion(network, torch.ones(1, 8, 8), "conv1", 2, at=(0, 0), window_px=2, stride_px=2)
        >>> found.grid.shape, found.map.shape, float(found.map[7, 7])
        ((4, 4), (8, 8), 0.0)
    """
    if image.ndim not in (2, 3):
        raise InputError("occlusion of a unit must be of images or signals", got=image.ndim - 1, where="axes of space")
    if tuple(image.shape) != network.input_shape:
        raise ShapeError("an input must have the network's input shape", got=tuple(image.shape))
    with torch.inference_mode(mode=False), torch.no_grad():
        recording = recording or trace(network.module, (1, *network.input_shape))
        read = _Read(network, recording, layer, unit)
        [image] = taken(network, image[None])
        whole = read.maps(image[None])[0]
        place = _place(whole, at, layer)
        shape = tuple(image.shape)
        window, stride = both(shape, window_px, stride_px)
        counts = positions(shape, window_px, stride_px)
        laid = image.reshape(len(image), *space(shape))
        shown = fill_values(network, image, fill)
        shown = shown if shown.ndim == laid.ndim else shown.unsqueeze(1)
        task = Task("occlusion", total=prod(counts), unit="window", events=events)
        at_once = 1 if recording.program.batch is not None else fitting(image)
        starts = starts_of(counts, stride)
        found = []
        for begin in range(0, len(starts), at_once):
            part = covered(laid, shown, starts[begin : begin + at_once], window)
            values = read.maps(part.reshape(-1, *shape))
            flat = int(np.ravel_multi_index(place, whole.shape)) if place else 0
            found.append(values.reshape(len(values), -1)[:, flat].float().cpu())
            task.advance(len(part))
    grid = torch.cat(found).numpy().reshape(counts)
    clean = float(whole[place])
    change = mean_over_windows((grid - np.float32(clean))[..., None], space(shape), window, stride)[0]
    return UnitOcclusion(
        unit=unit, at=tuple(place), clean=clean, grid=grid, map=change, window_px=window, stride_px=stride
    )


class _Read:
    """One unit's map in a layer, (n, axes…)."""

    def __init__(self, network: Network, recording: Recording, layer: str, unit: int) -> None:
        op = recording.graph[layer]
        self._axis = unit_axes(recording.graph)[layer]
        if not 0 <= unit < op.shape[self._axis]:
            raise InputError(f"a unit must be 0 … {op.shape[self._axis] - 1}", got=unit, where=layer)
        self._module, self._program, self._layer, self._unit = network.module, recording.program, layer, unit

    def maps(self, inputs: Tensor) -> Tensor:
        value = self._program.run(self._module, inputs, until=self._layer).taps[self._layer]
        return value.select(self._axis, self._unit)


def _place(values: Tensor, at: tuple[int, ...] | None, layer: str) -> tuple[int, ...]:
    if at is None:
        return tuple(int(one) for one in np.unravel_index(int(values.argmax()), values.shape)) if values.ndim else ()
    if len(at) != values.ndim or any(not 0 <= one < size for one, size in zip(at, values.shape, strict=True)):
        raise InputError("a place must be on the unit's map", got=at, where=layer)
    return at
