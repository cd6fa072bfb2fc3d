"""Collects the places where every unit answers most strongly."""

from __future__ import annotations

from collections.abc import Sequence

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
        self._whole = _first_two(tuple((0, length) for length in seen.images.shape[2:]))[2:]
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
        return tuple(self._record(reading, strongest) for reading, strongest in self._layers)

    def _record(self, reading: LayerReading, strongest: Strongest) -> TopPatches:
        counted = min(self._counted, max(self._k, self._images // 10), self._images)
        values, samples = strongest.values.numpy(), strongest.samples.numpy()
        fired = values > 0
        targets, boxes_of = (
            strongest["targets"].numpy(),
            self._boxes(reading, strongest["places"][:, : self._k].numpy()),
        )
        units = []
        for unit in np.flatnonzero(fired[:, 0]):
            shown = int(fired[unit, : self._k].sum())
            classes = self._counts(targets[unit, :counted][fired[unit, :counted]])
            units.append(
                UnitPatches(
                    unit=int(unit),
                    values=values[unit, :shown].copy(),
                    samples=samples[unit, :shown].copy(),
                    boxes=boxes_of[unit, :shown].copy(),
                    class_counts=classes,
                    purity=float(classes.max() / classes.sum()) if classes.size else 0.0,
                )
            )
        return TopPatches(
            layer=reading.name,
            field_px=self._field(reading.receptive),
            units=tuple(units),
            counted=counted,
            twins=twins(samples[:, :counted], fired[:, :counted], images=self._images),
            images=self._images,
        )

    def _counts(self, targets: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        if self._output.kind != "classes":
            return np.zeros(0, np.int64)
        return np.bincount(targets, minlength=self._output.count).astype(np.int64)

    def _boxes(self, reading: LayerReading, where: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the boxes (units, k, 4) of places (units, k)."""
        field, sizes = reading.receptive, self._sizes[reading.tap]
        if not _is_local(field) or len(field.axes) != len(sizes):
            return np.broadcast_to(np.array((0, 0, *self._whole), np.int64), (*where.shape, 4))
        # Many units share a place: each place is worked out once.
        known, number = np.unique(where, return_inverse=True)
        indices = np.stack(np.unravel_index(known, sizes), axis=1).tolist()
        table = np.array([_first_two(boxes(field, tuple(index))) for index in indices], np.int64)
        return np.array(table[number.reshape(where.shape)])

    def _field(self, field: Receptive) -> tuple[int, int]:
        if not _is_local(field):
            return (self._whole[0], self._whole[1])
        top, left, bottom, right = _first_two(boxes(field, (0,) * len(field.axes)))
        return (bottom - top, right - left)


def _is_local(field: Receptive) -> bool:
    return field.is_known and len(field.axes) > 0


def _first_two(spans: tuple[tuple[int, int], ...]) -> tuple[int, int, int, int]:
    """Return (top, left, bottom, right) of spans per axis: two of three; of one, one pixel high."""
    (top, bottom), (left, right) = (((0, 1),) * (2 - len(spans)) + spans)[:2]
    return (top, left, bottom, right)
