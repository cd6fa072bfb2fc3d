"""What each layer ignores: how far its features move when images are shifted, mirrored, turned, scaled or lit otherwise."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from striate.analyse import layers as layers_of
from striate.errors import ShapeError
from striate.events import SILENT, Events, Task
from striate.explain.answers import parts, taken, undisturbed
from striate.explain.invariance.changes import Change, usual_changes
from striate.explain.invariance.partners import partners
from striate.explain.invariance.rows import Row
from striate.explain.invariance.stability import changed_inputs
from striate.explain.method import method
from striate.nets import Network
from striate.observe.observe import fitting_batch
from striate.observe.units import unit_axes, unit_layers
from striate.records import Invariance, LayerReading
from striate.trace import Recording, tap, trace


@method("What does each layer ignore?", section="methods/invariance")
def invariance(
    network: Network,
    images: Tensor,
    truth: Tensor | None = None,
    *,
    changes: Sequence[Change] | None = None,
    events: Events = SILENT,
) -> Invariance:
    """Return how far the features of every layer move when the images change, between the same image and another one.

    Features are the layer's activation, places and all. Their Euclidean distance is divided by the mean distance between images
    of different classes: 0 is the same image, 1 another one. Beside it stands the distance from the features moved as the image
    was: a convolution's map goes with the image (equivariance), and only what follows can forget where things are (invariance).
    For a shift only places whose value was on the map before are compared. The pixels stand first, for comparison.

    Args:
        network: Any that reads images; left as it came.
        images: Preprocessed, (n, c, h, w); two at least, or there is nothing to compare with.
        truth: Classes, int64 (n,); None takes every other image as another one.
        changes: What is done to the images; `usual_changes` if left out. Directions take turns from image to image.
        events: Hears of each image; may cancel.

    Returns:
        A row for each layer; none for fewer than two images.

    Raises:
        ShapeError: Not a class for each image; images of another shape.
        InputError: Images or values of a layer that are not finite; a change that gives images of another shape.
        Cancelled: The watcher asked to stop.

    When it misleads:
        Distances of wide maps are ruled by the strongest units. A layer after which all images are alike has a small yardstick.
        Padding and borders break equivariance, strides that do not divide the shift do so by right; even kernels and strides
        shift a mirrored map by half a place. A low distance in the last layer is what training asked for, not a proof for
        other data.

    Source:
        Lenc and Vedaldi, "Understanding Image Representations by Measuring Their Equivariance and Equivalence", CVPR 2015;
        Goodfellow et al., "Measuring Invariances in Deep Networks", NeurIPS 2009. Differs: no map is fitted, features are moved
        as the image was; the yardstick is the distance to another image.

    Cost:
        Three forward passes for each image and one for each change.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; globalmean; classes 3"))
        >>> found = invariance(network, torch.rand(4, 1, 8, 8))
        >>> found.changes[0], [row.layer for row in found.layers]
        ('shift by 1 px', ['pixels', 'conv1', 'classes'])
    """
    inputs = taken(network, images, axes=(2,))
    if truth is not None and truth.shape != inputs.shape[:1]:
        raise ShapeError("truth must be one class for each image", got=tuple(truth.shape))
    tried = tuple(usual_changes((inputs.shape[2], inputs.shape[3])) if changes is None else changes)
    names = tuple(change.name for change in tried)
    if len(inputs) < 2:
        return Invariance(images=len(inputs), changes=names, layers=())
    recording = trace(network.module, (1, *inputs.shape[1:]))
    rows = _rows(recording, tuple(inputs.shape[1:]), len(tried))
    same, other = partners(len(inputs), truth)
    at_once = max(1, fitting_batch(recording.graph, [row.op for row in rows if row.op]) // 3)
    task = Task("measuring invariance", total=len(inputs), unit="image", events=events)
    with undisturbed(network.module), torch.no_grad():
        for places in parts(torch.arange(len(inputs)), at_once):
            part = inputs[places]
            _compare(
                network,
                recording,
                rows,
                part,
                inputs[other[places]],
                inputs[same[places].clamp(min=0)],
                same[places] >= 0,
            )
            for number, change in enumerate(tried):
                _change(network, recording, rows, part, places, number, change)
            for row in rows:
                row.forget()
            task.advance(len(part))
    return Invariance(images=len(inputs), changes=names, layers=tuple(row.result() for row in rows))


def _rows(recording: Recording, shape: tuple[int, ...], changes: int) -> list[Row]:
    """Return a row for the pixels and one for each layer that can be read; of a network that runs itself modules' outputs."""
    is_run = bool(recording.program.reason or recording.skipped_hooks)
    axes = unit_axes(recording.graph)
    rows = [Row(op="", name="pixels", shape=shape, stride_px=1.0, changes=changes)]
    for reading in unit_layers(layers_of(recording.graph)):
        if is_run and reading.tap not in recording.sites:
            continue
        is_map = len(reading.shape) == 3 and axes[reading.tap] == 1
        stride_px = _stride_px(reading) if is_map else 0.0
        rows.append(Row(op=reading.tap, name=reading.name, shape=reading.shape, stride_px=stride_px, changes=changes))
    return rows


def _stride_px(reading: LayerReading) -> float:
    """Return the input pixels between places; 0 where they are not the same along both axes, or nobody knows."""
    axes = reading.receptive.axes
    strides = {float(axis.stride) for axis in axes if axis.is_uniform}
    return strides.pop() if len(axes) == 2 and len(strides) == 1 else 0.0


def _values(network: Network, recording: Recording, rows: list[Row], inputs: Tensor) -> dict[str, Tensor]:
    ops = [row.op for row in rows if row.op]
    found = tap(network.module, inputs.clone(), ops, recording, with_outputs=False).taps if ops else {}
    return {"": inputs, **found}


def _compare(
    network: Network,
    recording: Recording,
    rows: list[Row],
    part: Tensor,
    other: Tensor,
    same: Tensor,
    has_same: Tensor,
) -> None:
    """Take in the images as they are, and the distances to others of another and of the same class."""
    first = _values(network, recording, rows, part)
    apart = _values(network, recording, rows, other)
    for row in rows:
        row.begin(first[row.op], apart.pop(row.op))
    del apart
    if bool(has_same.any()):
        alike = _values(network, recording, rows, same)
        for row in rows:
            row.beside(alike[row.op], has_same)


def _change(
    network: Network,
    recording: Recording,
    rows: list[Row],
    part: Tensor,
    places: Tensor,
    number: int,
    change: Change,
) -> None:
    """Take in the images after one change; directions take turns by the image's place."""
    turns = places % len(change.directions)
    after = torch.empty_like(part)
    for turn in sorted(set(turns.tolist())):
        chosen = turns == turn
        after[chosen] = changed_inputs(network, part[chosen], change, change.directions[turn])
    found = _values(network, recording, rows, after)
    for row in rows:
        row.add(number, change, turns, found.pop(row.op))
