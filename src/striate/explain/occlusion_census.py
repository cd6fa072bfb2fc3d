"""Occlusion counted over many images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from striate.data import Dataset, batches
from striate.errors import InputError
from striate.events import SILENT, Events, Task
from striate.explain.cover import Pixels, both
from striate.explain.fills import Fill
from striate.explain.method import method
from striate.explain.objects import object_mask
from striate.explain.occlusion.sliding import occlusion
from striate.nets import Network
from striate.records import Occlusion, OcclusionCensus, Output

IMAGES_AT_ONCE = 16


@method("Do squares beside the object ever change an answer?", section="methods/occlusion")
def occlusion_census(
    network: Network,
    dataset: Dataset,
    indices: Sequence[int],
    *,
    window_px: Pixels,
    stride_px: Pixels,
    fill: Fill = "background",
    events: Events = SILENT,
) -> OcclusionCensus:
    """Return how many squares on and off the object change an answer, over images answered right.

    Images answered wrong, and images whose object nobody knows, are left out and not counted. A
    square is on the object if it covers any pixel of it. The answer is the likeliest class, or the
    set of labels above one half.

    Args:
        network: Of classes or labels.
        dataset: Where the images are.
        indices: Which images to try.
        window_px: Side of the square, or (height, width). Input pixels.
        stride_px: Step, or (down, right). Input pixels; at most the window.
        fill: As for `occlusion`.
        events: Hears of each image.

    Raises:
        InputError: A network of values, which has no right or wrong; a window that does not fit.
        Cancelled: The watcher asked to stop.

    When it misleads:
        The object is found by brightness alone; where a photograph's object is unknown nothing is
        counted. Squares at the edge of the object count as on it, however little they cover.

    Source:
        Ours, after Zeiler & Fergus, ECCV 2014, sec. 4.2. Differs: counts answers, draws nothing.

    Cost:
        `positions(...)` + 1 forward passes for each image whose object is known.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.data import load_data
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x28x28; maxpool 4; classes 10"))
        >>> digits = load_data("digits")
        >>> census = occlusion_census(network, digits, (0, 600), window_px=7, stride_px=7)
        >>> census.off_squares + census.on_squares == 16 * census.images
        True
    """
    if network.output.kind == "values":
        raise InputError(
            "a census of answers must have classes or labels",
            got="values",
            hint="Use occlusion itself, which shows how the value changes.",
        )
    window, stride = both(network.input_shape, window_px, stride_px)
    known = [(int(index), object_mask(dataset, index, network.preprocessing)) for index in indices]
    objects = {index: mask for index, mask in known if mask is not None}
    task = Task("occlusion census", total=len(objects), unit="image", events=events) if objects else None
    counts = np.zeros((2, 2), dtype=np.int64)  # off and on; squares and changed answers
    right = 0
    for batch in batches(dataset, tuple(objects), network.preprocessing, batch_size=IMAGES_AT_ONCE):
        records = occlusion(network, batch.images, window_px=window, stride_px=stride, fill=fill)
        for record, index, target in zip(records, batch.indices.tolist(), batch.targets, strict=True):
            if _is_right(network.output, record, target.numpy()):
                right += 1
                counts += _counts(network.output, record, objects[index])
            if task is not None:
                task.advance()
    return OcclusionCensus(
        images=right,
        off_squares=int(counts[0, 0]),
        off_changed=int(counts[0, 1]),
        on_squares=int(counts[1, 0]),
        on_changed=int(counts[1, 1]),
        window_px=window,
        stride_px=stride,
    )


def _answer(output: Output, outputs: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the answer for outputs (…, k), (…, 1): the class; or (…, k): which labels hold."""
    if output.kind == "classes":
        return np.asarray(outputs.argmax(axis=-1, keepdims=True), dtype=np.int64)
    return (outputs > 0.5).astype(np.int64)


def _is_right(output: Output, record: Occlusion, target: NDArray[np.generic]) -> bool:
    return bool((_answer(output, record.clean) == target).all())


def _counts(output: Output, record: Occlusion, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    changed = (_answer(output, record.grid) != _answer(output, record.clean)).any(axis=-1)
    on = _touches(mask, record)
    return np.array([[(~on).sum(), (~on & changed).sum()], [on.sum(), (on & changed).sum()]])


def _touches(mask: NDArray[np.bool_], record: Occlusion) -> NDArray[np.bool_]:
    """Return which squares (rows, columns) cover any of a mask."""
    sums = np.zeros((mask.shape[0] + 1, mask.shape[1] + 1), dtype=np.int64)
    sums[1:, 1:] = mask.astype(np.int64).cumsum(0).cumsum(1)
    rows, columns = record.grid.shape[:2]
    top = np.arange(rows) * record.stride_px[0]
    left = np.arange(columns) * record.stride_px[1]
    bottom = np.minimum(top + record.window_px[0], mask.shape[0])
    right = np.minimum(left + record.window_px[1], mask.shape[1])
    inside = sums[bottom][:, right] - sums[top][:, right] - sums[bottom][:, left] + sums[top][:, left]
    touched: NDArray[np.bool_] = inside > 0
    return touched
