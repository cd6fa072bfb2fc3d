"""What changes when one segment of the image at a time is covered."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import InputError, Quoted, ShapeError
from striate.events import SILENT, Events, Task
from striate.explain.answers import on_scale, taken, undisturbed
from striate.explain.fills import Fill, fill_values
from striate.explain.method import method
from striate.explain.occlusion.chosen import Ask
from striate.explain.occlusion.label_maps import LabelMap, Regions, check_count, grid_labels, label_map, slic_labels
from striate.explain.occlusion.looking import Looks
from striate.explain.occlusion.segment_scene import Segments, by_size
from striate.graph import times
from striate.nets import Network
from striate.records import SegmentOcclusion
from striate.records.occlusion_plan import OcclusionRoute

# About how many, or a label map: one for all images, or one for each.
Labels: TypeAlias = int | np.integer | NDArray[Any] | Tensor


@method(
    "Which parts of this image, cut along its own edges, does the answer rest on?", section="methods/segment-occlusion"
)
def segment_occlusion(  # noqa: PLR0913 - what is covered, what is shown there, and how it is computed
    network: Network,
    images: Tensor,
    *,
    segments: Labels = 60,
    regions: Regions = "slic",
    fill: Fill = "background",
    route: OcclusionRoute | None = None,
    batch_size: int | None = None,
    is_partial: bool = False,
    events: Events = SILENT,
) -> tuple[SegmentOcclusion, ...]:
    """Return how every output changes while each segment of an image is covered.

    A segment is a region of any form: by default places that are near each other and alike in colour, so that a part of the
    object is covered as a whole and nothing beside it. All outputs come from the same passes. Where it pays, only what changes
    is computed again, as in `occlusion`: a segment changes the box around it.

    Args:
        network: Classes, labels or values.
        images: Preprocessed, (n, c, length), (n, c, h, w) or (n, c, d, h, w).
        segments: About how many, at most 10,000; or a label map of whole numbers, (axes…) for all images or (n, axes…).
        regions: Of a number of segments: "slic": superpixels, supervoxels of a volume, pieces of a line (needs scikit-image);
            "grid": even cells.
        fill: As for `occlusion`, but not "inpainted".
        route: As for `occlusion`.
        batch_size: Segments at once. None: as many as suit the route and the memory.
        is_partial: Whether being cancelled returns what has been looked at instead of raising.
        events: Hears of the plan and how long it will take, then of each segment.

    Returns:
        One record for each image. `grid` holds probabilities, or values on their own scale, one row a segment;
        `map_of(unit)` writes covered − clean over the segments.

    Raises:
        InputError: More segments than the image has places; labels that are no whole numbers of 32 bits; unusable images; a
            route that this network cannot take.
        ShapeError: A label map of another size.
        UnknownNameError: A fill nobody knows.
        MissingExtraError: "slic" without scikit-image.
        Cancelled: The watcher asked to stop, and not `is_partial`.

    When it misleads:
        As `occlusion`: a filled segment is itself evidence, and keeps the object's outline. Large segments change more because
        they are large: hold a change against `sizes_px`. Superpixels follow edges of colour, which need not be those of
        things, and of another number of segments they are others.

    Source:
        Zeiler & Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, sec. 4.2, for covering; Ribeiro, Singh
        & Guestrin, "Why Should I Trust You?", KDD 2016, for superpixels; as Captum's `FeatureAblation` with a feature mask (sign
        reversed). Differs: every output at once; one segment at a time, not a linear model of many; only changed boxes.

    Cost:
        One forward pass for each segment and one for the clean image, or what their boxes need of it; SLIC some 0.1 s for 224 px.

    Example:
        >>> from striate.nets import from_blueprint
        >>> from striate.blueprint import Blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; classes 3"))
        >>> [seen] = segment_occlusion(network, torch.zeros(1, 1, 8, 8), segments=4, regions="grid")
        >>> seen.grid.shape, seen.sizes_px.tolist(), seen.map_of(0).shape
        ((4, 3), [16, 16, 16, 16], (8, 8))
    """
    inputs = taken(network, images, axes=(1, 2, 3))
    if images.ndim - 1 != len(network.input_shape):
        raise ShapeError(
            f"images must have as many axes as the network's input, {times(network.input_shape)}",
            got=Quoted(times(tuple(images.shape[1:]))),
        )
    if batch_size is not None and batch_size < 1:
        raise InputError("batch_size must be at least 1", got=batch_size)
    if fill == "inpainted":
        raise InputError("a segment's fill must be made for the whole image", got=fill, hint='Take "blur".')
    maps = _label_maps(network, inputs, segments, regions)
    counts = [len(one.numbers) for one in maps]
    task = Task("occlusion", total=sum(counts), unit="segment", events=events)
    ask = Ask(images=len(inputs), windows=max(counts, default=0), route=route, batch=batch_size)
    looks = Looks(
        network, ask, task, events, quicker="fewer segments take less; in Python is_partial=True keeps what was seen"
    )
    records: list[SegmentOcclusion] = []
    with undisturbed(network.module), torch.no_grad():
        for sample, (image, found) in enumerate(zip(inputs, maps, strict=True)):
            scene = Segments(image, fill_values(network, image, fill), found)
            seen = looks.look(scene, len(found.numbers), by_size(found), is_partial=is_partial)
            records.append(
                SegmentOcclusion(
                    sample=sample,
                    labels=found.labels,
                    numbers=found.numbers,
                    sizes_px=found.sizes_px,
                    clean=seen.clean,
                    grid=seen.rows,
                    looked=seen.looked,
                    plan=seen.plan,
                )
            )
            if seen.is_cancelled:
                break
    return tuple(records)


def _label_maps(network: Network, inputs: Tensor, segments: Labels, regions: Regions) -> list[LabelMap]:
    sides = tuple(inputs.shape[2:])
    if isinstance(segments, int | np.integer):
        segments = int(segments)
        check_count(segments, sides, regions)
        if regions == "grid":
            return [label_map(grid_labels(sides, segments), sides)] * len(inputs)
        pixels = on_scale(network, inputs).float().movedim(1, -1).cpu().numpy()
        return [label_map(slic_labels(one, segments), sides) for one in pixels]
    labels = segments.cpu().numpy() if isinstance(segments, Tensor) else segments
    if labels.ndim == len(sides):
        return [label_map(labels, sides)] * len(inputs)
    if labels.ndim != len(sides) + 1 or len(labels) != len(inputs):
        wanted = f"{times(sides)}, or {times((len(inputs), *sides))}"
        raise ShapeError(f"label maps must be {wanted}", got=Quoted(times(labels.shape) or "one number"))
    return [label_map(one, sides) for one in labels]
