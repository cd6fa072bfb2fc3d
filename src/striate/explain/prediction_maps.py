"""What a classifier says everywhere on an image of any size: one map a class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from striate.data import Picture, normalise, prepare
from striate.errors import InputError, Quoted
from striate.events import SILENT, Events
from striate.explain.answers import meant
from striate.explain.map_sum import MapSum
from striate.graph import times
from striate.nets import Network
from striate.nets.dense import (
    DenseNetwork,
    Reader,
    by_dilation,
    by_shift,
    crop_maps,
    crop_positions,
    dense,
    deviation,
    plan_tiles,
    sample,
    tiled_maps,
)
from striate.nets.dense.network import Box
from striate.numbers import storage
from striate.records.dense import CropDeviation, PredictionMaps

Finer = Literal["dilation", "shift"]
# Above these pixels an image is done in tiles, unless that is asked otherwise.
WHOLE_PIXELS = 2_000_000
TILE_PX = 1024
# Above these pixels an image is scaled by itself before it is prepared as a whole.
_PREPARED_PIXELS = 16_000_000


def prediction_maps(  # noqa: PLR0913 - each is one way to ask
    network: Network,
    picture: Picture,
    *,
    dense_network: DenseNetwork | None = None,
    tile_px: int | None = None,
    finer: int = 1,
    by: Finer = "dilation",
    classes: Sequence[int] | None = None,
    as_scores: bool = False,
    exact: bool = False,
    compared: int = 64,
    events: Events = SILENT,
) -> PredictionMaps:
    """Return the maps of every output on an image, where each is strongest, and which wins where.

    Args:
        network: A classifier; labels and values too.
        picture: The image, at the scale at which its objects have the size the network learned.
        dense_network: `dense(network)`, if it is there already.
        tile_px: Side of a tile without what it reads beside. 0: the image as a whole. None: tiles of 1024 above 2 million pixels.
        finer: Positions for one of the network's own stride, per axis.
        by: How maps become finer: "dilation" in one pass, or "shift", finer² passes.
        classes: Outputs whose maps are kept; None keeps all. Labels, winners and strongest places are of all in any case.
        as_scores: Leave scores as they are: no softmax over the classes of a position, no sigmoid of labels.
        exact: Run the network really on every position's crop, some at once.
        compared: Positions at which the maps are held against the network on its crops; 0 for none.
        events: Hears of each tile or row of crops, and of the memory expected; can cancel.

    Returns:
        The maps. `label` is the image's label by its maps, `scaled` the network's own answer for the image scaled down.

    Raises:
        InputError: The network cannot be made dense; names that are not as many as its outputs; an output it does not have.
        ShapeError: The image is smaller than the network's input.
        Cancelled: The watcher asked to stop.

    When it misleads:
        For the question "what is in this image" the scaled answer is the better one, where the object fills the image: the maps
        see parts of it, larger than any the network learned. A softmax sums to one at every position, on background too.

    Source:
        Long, Shelhamer and Darrell, CVPR 2015, section 3; maximum over space: Oquab et al., "Is object localization for free?",
        CVPR 2015, section 3. Differs: nothing is trained.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.data.picture import picture_of
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; maxpool 2; fc 6, relu; classes a b c"))
        >>> found = prediction_maps(network, picture_of(torch.randint(256, (1, 12, 20), dtype=torch.uint8)))
        >>> found.maps.shape, found.unit, found.stride_px, found.deviation.total
        ((3, 3, 7), 'probability', (2.0, 2.0), 21)
    """
    wide = dense_network if dense_network is not None else dense(network)
    if len(wide.stride_px) != 2:
        raise InputError("prediction maps must be of images", got=Quoted(times(wide.conversion.input_shape)))
    names = output_names(network, wide.conversion.outputs)
    if finer != 1:
        wide = by_dilation(wide, finer) if by == "dilation" else by_shift(wide, finer)
    size = picture.size_px
    counts = crop_positions(wide, size) if exact else wide.positions(size)
    read = _reader(network, picture, wide)
    total = MapSum.over(names, counts, classes)
    events.log(f"Memory: {storage(total.held_bytes)} of maps, {storage(picture.held_bytes)} of image.")
    chosen, inside = sample(wide, size, most=compared) if compared and not exact else ([], 0)
    found: dict[tuple[int, ...], Tensor] = {}
    way, blocks = _blocks(
        wide, read, size, tile_px, exact=exact, held=total.held_bytes + picture.held_bytes, events=events
    )
    with torch.no_grad():
        for box, maps in blocks:
            rows = maps[0].flatten(1).T
            values = rows if as_scores else meant(network, rows)
            total.add(box, values.T.reshape(maps.shape[1:]))
            found |= {place: _there(maps, box, place) for place in chosen if _is_in(place, box)}
        scaled = wide.own(_whole(network, picture).to(_like(wide)))
        answer = scaled if as_scores else meant(network, scaled)
    gap: CropDeviation | None = None
    if chosen:
        gap = deviation(wide, torch.stack([found[place] for place in chosen]), chosen, read, inside)
    return total.record(
        wide,
        size,
        unit="score" if as_scores else "value" if network.output.kind == "values" else "probability",
        scaled=np.asarray(answer[0].float().cpu().numpy(), dtype=np.float32),
        deviation=gap,
        way=way + (f", {finer} times finer by {by}" if finer != 1 else ""),
    )


def output_names(network: Network, count: int) -> tuple[str, ...]:
    """Return the outputs' names; numbers where the network has none of its own.

    Raises:
        InputError: It has names, and they are not as many as its outputs.
    """
    names = network.output.names
    if len(names) == count:
        return names
    if names == tuple(str(number) for number in range(len(names))):
        return tuple(str(number) for number in range(count))
    raise InputError(f"a network must have a name for each of its {count} outputs", got=len(names))


def _blocks(
    wide: DenseNetwork,
    read: Reader,
    size: tuple[int, int],
    tile_px: int | None,
    *,
    exact: bool,
    held: int,
    events: Events,
) -> tuple[str, Iterator[tuple[Box, Tensor]]]:
    """Return what the way is called, and the blocks of maps it yields."""
    if exact:
        return "crops", crop_maps(wide, read, size, events)
    if tile_px is None:
        is_tiled = size[0] * size[1] > WHOLE_PIXELS and bool(wide.conversion.field_px)
        tile_px = TILE_PX if is_tiled else 0
    if tile_px == 0:
        return "whole", iter([_whole_block(wide, read, size)])
    plan = plan_tiles(wide, size, tile_px, held_bytes=held)
    events.log(
        f"{len(plan.tiles)} tiles, {plan.overhead:.2f} times the image's pixels, about {storage(plan.peak_bytes)} of memory"
    )
    return f"{len(plan.tiles)} tiles", tiled_maps(wide, read, plan, events)


def _whole_block(wide: DenseNetwork, read: Reader, size: tuple[int, int]) -> tuple[Box, Tensor]:
    with torch.no_grad():
        maps = wide.maps(read(tuple((0, side) for side in size)))
    return tuple((0, count) for count in maps.shape[2:]), maps


def _reader(network: Network, picture: Picture, wide: DenseNetwork) -> Reader:
    like = _like(wide)

    def read(box: Box) -> Tensor:
        rows, columns = box
        return normalise(picture.region(rows, columns), network.preprocessing)[None].to(like)

    return read


def _like(wide: DenseNetwork) -> Tensor:
    return next((p for p in wide.parameters() if p.is_floating_point()), torch.zeros(()))


def _whole(network: Network, picture: Picture) -> Tensor:
    """Return the whole image as the network's input, scaled until it just covers it."""
    height, width = picture.size_px
    if height * width > _PREPARED_PIXELS:
        _, tall, wide = network.preprocessing.shape
        scale = max(tall / height, wide / width)
        picture = picture.resized((max(tall, round(height * scale)), max(wide, round(width * scale))))
        height, width = picture.size_px
    return prepare(picture.region((0, height), (0, width)), network.preprocessing)[None]


def _is_in(place: tuple[int, ...], box: Box) -> bool:
    return all(first <= p < last for p, (first, last) in zip(place, box, strict=True))


def _there(maps: Tensor, box: Box, place: tuple[int, ...]) -> Tensor:
    return maps[0, :, place[0] - box[0][0], place[1] - box[1][0]].clone()
