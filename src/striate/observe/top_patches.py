"""Collects the places where every unit answers most strongly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from striate.analyse import boxes
from striate.errors import InputError
from striate.observe.collector import Collector, Seen
from striate.observe.strongest import Strongest
from striate.observe.twins import twins
from striate.observe.units import by_unit, unit_layers
from striate.records import LayerReading, Output, Receptive, TopPatches, UnitPatches


class PatchCollector(Collector):
    """Collects, for every unit, the images it answers to most strongly, and where in them.

    One place an image at most: its strongest, of equal ones the first. Equal images go by their
    index. A place is shown as the box of input pixels the unit can see there; for fully connected
    layers, and where the field is not known, that is the whole input. A unit's `class_counts` rest
    on its strongest images, as many as `counted` says: 50, but no more than a tenth of all images
    (though at least k), or they would be the commonest and not the strongest. A unit that fired on
    fewer has counts, values and boxes for these only; one that never fired has no entry.

    Of one axis of space the box is one pixel high; of three it shows the first two.

    Args:
        output: The network's output: classes are counted if it has some.
        k: Places kept a unit.
        counted: Images a unit's class counts rest on, at most.
        layers: Names of layers; None takes those that learned or rectify.

    When it misleads:
        The strongest images are the far end of what a unit answers to; most of its work is done on
        weaker ones. The box is what it *could* see: see `receptive_fields`.

    Source:
        Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, figure
        2. Differs: the patches themselves are shown, no deconvolution; one place an image.

    Cost:
        One reading of every value; 24 bytes a unit and image kept.
    """

    name = "patches"

    def __init__(self, output: Output, *, k: int = 9, counted: int = 50, layers: Sequence[str] | None = None) -> None:
        if k < 1 or counted < 1:
            raise InputError("k and counted must be at least 1", got=(k, counted))
        self._output, self._k, self._counted, self._names = output, k, counted, layers
        self._layers: list[tuple[LayerReading, Strongest]] = []
        self._images, self._whole = 0, (0, 0)
        self._sizes: dict[str, tuple[int, ...]] = {}

    def taps(self, readings: tuple[LayerReading, ...]) -> tuple[str, ...]:
        """Begin a pass, and ask for the activation of every layer."""
        depth = max(self._k, self._counted)
        self._layers = [(reading, Strongest(depth)) for reading in unit_layers(readings, self._names)]
        self._images = 0
        return tuple(reading.tap for reading, _ in self._layers)

    def update(self, seen: Seen) -> None:
        """Take in the activations of one batch."""
        samples = seen.indices.cpu()
        targets = seen.targets.cpu() if self._output.kind == "classes" else torch.zeros_like(samples)
        self._images += len(samples)
        self._whole = first_two(seen.images.shape[2:])
        for reading, strongest in self._layers:
            value = seen.taps[reading.tap]
            units = by_unit(value)
            self._sizes[reading.tap] = tuple(value.shape[2:])
            values = units.amax(2)
            # Where it is is asked only of those that will be kept: finding it costs more than the rest.
            kept = strongest.is_entering(values) & (values > 0)
            where = torch.zeros_like(values, dtype=torch.int64)
            where[kept] = units[kept].argmax(1)
            strongest.add(values.cpu(), samples, places=where.cpu(), targets=targets)

    def result(self) -> tuple[TopPatches, ...]:
        """Return one record a layer, in the network's order."""
        found = []
        for reading, strongest in self._layers:
            kept = Kept(
                values=strongest.values.numpy(),
                samples=strongest.samples.numpy(),
                places=strongest["places"][:, : self._k].numpy(),
                targets=strongest["targets"].numpy(),
                sizes=self._sizes[reading.tap],
                whole=self._whole,
                images=self._images,
            )
            found.append(strongest_patches(reading, kept, self._output, counted=self._counted))
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kept:
    """What was kept of one layer's strongest images.

    Attributes:
        values: (units, kept) float32, falling.
        samples: (units, kept) int64, positions in the data set.
        places: (units, k) int64, where in the map the first k are, counted through it; below 0 where nobody asked.
        targets: (units, kept) int64, their classes.
        sizes: Of the map; empty for a vector.
        whole: Sizes of the input, the first two axes of space.
        images: Images in all.
    """

    values: npt.NDArray[np.float32]
    samples: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int64]
    sizes: tuple[int, ...]
    whole: tuple[int, int]
    images: int


def strongest_patches(reading: LayerReading, kept: Kept, output: Output, *, counted: int) -> TopPatches:
    """Return the record of a layer: see `PatchCollector`."""
    k = kept.places.shape[1]
    counted = min(counted, max(k, kept.images // 10), kept.images)
    fired = kept.values > 0
    boxes_of = _boxes(reading, kept)
    units = []
    for unit in np.flatnonzero(fired[:, :1].any(1)):
        shown = int(fired[unit, :k].sum())
        classes = _counts(output, kept.targets[unit, :counted][fired[unit, :counted]])
        units.append(
            UnitPatches(
                unit=int(unit),
                values=kept.values[unit, :shown].copy(),
                samples=kept.samples[unit, :shown].copy(),
                boxes=boxes_of[unit, :shown].copy(),
                class_counts=classes,
                purity=float(classes.max() / classes.sum()) if classes.size else 0.0,
            )
        )
    return TopPatches(
        layer=reading.name,
        field_px=_field(reading.receptive, kept.whole),
        units=tuple(units),
        counted=counted,
        twins=twins(kept.samples[:, :counted], fired[:, :counted], images=kept.images),
        images=kept.images,
    )


def _counts(output: Output, targets: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    if output.kind != "classes":
        return np.zeros(0, np.int64)
    return np.bincount(targets, minlength=output.count).astype(np.int64)


def _boxes(reading: LayerReading, kept: Kept) -> npt.NDArray[np.int64]:
    """Return the boxes (units, k, 4) of the places (units, k)."""
    field, where = reading.receptive, kept.places.clip(min=0)
    if not _is_local(field) or len(field.axes) != len(kept.sizes):
        return np.broadcast_to(np.array((0, 0, *kept.whole), np.int64), (*where.shape, 4))
    # Many units share a place: each place is worked out once.
    known, number = np.unique(where, return_inverse=True)
    indices = np.stack(np.unravel_index(known, kept.sizes), axis=1).tolist()
    table = np.array([_first_two(boxes(field, tuple(index))) for index in indices], np.int64)
    return np.array(table[number.reshape(where.shape)])


def _field(field: Receptive, whole: tuple[int, int]) -> tuple[int, int]:
    if not _is_local(field):
        return whole
    top, left, bottom, right = _first_two(boxes(field, (0,) * len(field.axes)))
    return (bottom - top, right - left)


def first_two(sizes: Sequence[int]) -> tuple[int, int]:
    """Return the sizes of the first two axes of space; of a line, one pixel high."""
    top, left, bottom, right = _first_two(tuple((0, length) for length in sizes))
    return (bottom - top, right - left)


def _is_local(field: Receptive) -> bool:
    return field.is_known and len(field.axes) > 0


def _first_two(spans: tuple[tuple[int, int], ...]) -> tuple[int, int, int, int]:
    """Return (top, left, bottom, right) of spans per axis: two of three; of one, one pixel high."""
    (top, bottom), (left, right) = (((0, 1),) * (2 - len(spans)) + spans)[:2]
    return (top, left, bottom, right)
