"""All channels of a layer for an image, in an order that says something."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from striate.analyse import layers
from striate.errors import InputError, Quoted, ShapeError, unknown_name
from striate.events import SILENT, Events, Task
from striate.explain.answers import parts, undisturbed
from striate.explain.class_weight import class_weight
from striate.explain.method import method
from striate.explain.saliency.attributing import Pick, pick_units
from striate.explain.saliency.scored import Scored
from striate.nets import Network
from striate.observe.active import ABOVE_USUAL, ABOVE_ZERO, threshold
from striate.observe.specialisation import effective_number
from striate.observe.units import unit_axes
from striate.records import ChannelMaps

SORTS = ("channel", "activation", "class", "gradient", "similarity")
SCALES = ("common", "own")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layer:
    name: str
    op: str
    axis: int
    is_rectified: bool


@method("Which channels of a layer answer to this image, and where?", section="methods/activation-maps")
def activation_maps(  # noqa: PLR0913 - whose maps, in which order, on which scale
    network: Network,
    images: Tensor,
    targets: Tensor | None = None,
    *,
    layer: str,
    sort: str = "channel",
    scale: str = "common",
    other: Tensor | None = None,
    reference: Tensor | None = None,
    events: Events = SILENT,
) -> tuple[ChannelMaps, ...]:
    """Return every channel of a layer for each image, sorted, with how many of them are active.

    Sorted by falling value: "activation", the map's mean; "class", the weight with which the target's score reads the
    channel's mean; "gradient", the mean gradient of the target's score at the map (the weight of Grad-CAM); "similarity", the
    cosine with the same channel's map of another image. "channel" keeps the layer's own order.

    A value is active if it is above zero where the layer ends in a ReLU or its like; elsewhere if it is more than a robust
    standard deviation above the layer's median over `reference`, or over the image itself.

    Args:
        network: Any.
        images: Preprocessed, (n, c, axes…).
        targets: Output units (n,) for "class" and "gradient"; the answer if None.
        layer: Name of a layer, whose value after its activation it is; or of an op.
        sort: By what.
        scale: "common": all maps on one scale; "own": each on its own, so that weak ones are seen.
        other: The other image (c, axes…), preprocessed, for "similarity".
        reference: Images (m, c, axes…) over which a layer without ReLU has its usual values.
        events: Hears of each image; may cancel.

    Raises:
        InputError: An order nobody knows; "class" where no linear layer reads the channels' means; "similarity" without
            another image; a target that is no output; images that are not finite.
        UnknownNameError: A layer nobody knows.
        ShapeError: Images or targets of other shapes.
        Cancelled: The watcher asked to stop.

    When it misleads:
        A channel with a high mean may have it for every image: only `reference` or a survey says what is usual. With a scale
        of its own a map of rounding errors looks like a strong one. Two maps can have a cosine near 1 by being all positive.

    Source:
        Yosinski et al., "Understanding Neural Networks Through Deep Visualization", 2015; class weights: Zhou et al., CVPR
        2016; gradients: Selvaraju et al., ICCV 2017. Differs: activity without ReLU is ours.

    Cost:
        One trace; a forward pass for each image, a backward pass from the scores to the layer for "gradient".

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; globalavgpool; classes 3"))
        >>> [seen] = activation_maps(network, torch.rand(1, 1, 8, 8), torch.tensor([2]), layer="conv1", sort="class")
        >>> seen.maps.shape, seen.target, bool((seen.values[:-1] >= seen.values[1:]).all())
        ((4, 8, 8), 2, True)
    """
    for noun, given, known in (("sort", sort, SORTS), ("scale", scale, SCALES)):
        if given not in known:
            raise unknown_name(noun, given, list(known))
    scored = Scored(network, images)
    found = _layer(scored, layer)
    if sort == "similarity" and other is None:
        raise InputError("similarity must have another image to compare with", got=Quoted("none"), where="other")
    picks = pick_units(scored, targets if sort in {"class", "gradient"} else None)
    with undisturbed(scored.network.module):
        usual = _usual(scored, found, reference)
        weight = (
            class_weight(scored.recording, scored.module, found.op, found.axis, where=found.name)
            if sort == "class"
            else None
        )
        beside = _beside(scored, found, other) if sort == "similarity" and other is not None else None
        task = Task("activation maps", total=len(scored.inputs), unit="image", events=events)
        records: list[ChannelMaps] = []
        for part, pick in zip(parts(scored.inputs, scored.at_once), picks, strict=True):
            units, values, slopes = _looked(scored, found, part, pick, with_slopes=sort == "gradient")
            for row in range(len(part)):
                order_by = _values(sort, values[row], units[row], slopes, row, weight, beside)
                records.append(
                    _record(
                        found,
                        values[row],
                        order_by,
                        usual,
                        sample=len(records),
                        sort=sort,
                        scale=scale,
                        target=int(units[row]) if sort in {"class", "gradient"} else None,
                        notes=scored.notes,
                    )
                )
            task.advance(len(part))
    return tuple(records)


def _layer(scored: Scored, layer: str) -> _Layer:
    graph = scored.recording.graph
    readings = layers(graph)
    by_name = {reading.name: reading for reading in readings}
    op = by_name[layer].tap if layer in by_name else layer
    if op not in {one.name for one in graph}:
        raise unknown_name("layer", layer, list(by_name))
    is_rectified = any(reading.is_rectified for reading in readings if reading.tap == op)
    return _Layer(name=layer, op=op, axis=unit_axes(graph)[op], is_rectified=is_rectified)


def _looked(
    scored: Scored, layer: _Layer, part: Tensor, pick: Pick, *, with_slopes: bool
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Return units (n,), values and gradients (n, channels, axes…)."""
    if not with_slopes:
        scores, value = scored.value(part, layer.op)
        return pick(scores)[:, 0], value.movedim(layer.axis, 1), None
    _, units, value, slopes = scored.from_layer(part, layer.op, pick)
    return units[:, 0], value.movedim(layer.axis, 1), slopes[:, 0].movedim(layer.axis, 1)


def _usual(scored: Scored, layer: _Layer, reference: Tensor | None) -> float | None:
    """Return above what a value is active, where the image itself does not say it."""
    if layer.is_rectified:
        return 0.0
    if reference is None:
        return None
    if reference.shape[1:] != scored.inputs.shape[1:] or not len(reference):
        raise ShapeError("reference must hold images of the same shape", got=tuple(reference.shape))
    inputs = reference.to(scored.inputs)
    return threshold(torch.cat([scored.value(part, layer.op)[1].cpu() for part in parts(inputs, scored.at_once)]))


def _beside(scored: Scored, layer: _Layer, other: Tensor) -> Tensor:
    if other.shape != scored.inputs.shape[1:]:
        raise ShapeError("the other image must have the shape of the first", got=tuple(other.shape), where="other")
    _, value = scored.value(other[None].to(scored.inputs), layer.op)
    channels = value.movedim(layer.axis, 1)[0]
    return channels.reshape(len(channels), -1)


def _values(
    sort: str,
    value: Tensor,
    unit: Tensor,
    slopes: Tensor | None,
    row: int,
    weight: Tensor | None,
    beside: Tensor | None,
) -> Tensor:
    """Return what to sort the channels (channels, axes…) by, float64."""
    flat = value.double().reshape(len(value), -1)
    if weight is not None:
        return weight[unit].double()
    if slopes is not None:
        return slopes[row].double().reshape(len(flat), -1).mean(1)
    if beside is not None:
        return cosine_similarity(flat, beside.double(), dim=1)
    return flat.mean(1) if sort == "activation" else -torch.arange(len(flat), dtype=torch.float64)


def _record(
    layer: _Layer, value: Tensor, order_by: Tensor, usual: float | None, *, sort: str, scale: str, **fields: object
) -> ChannelMaps:
    if not bool(torch.isfinite(value).all()):
        raise InputError("a layer must give finite numbers", got=Quoted("NaN or infinity"), where=layer.name)
    order = torch.argsort(order_by, descending=True, stable=True)
    maps = value[order].float().cpu()
    maps = maps[:, None] if maps.ndim == 1 else maps
    limit = threshold(maps) if usual is None else usual
    response = (maps.flatten(1) - limit).clamp(min=0).mean(1)
    said = (
        ABOVE_ZERO
        if layer.is_rectified
        else ABOVE_USUAL.format(over="this image" if usual is None else "the reference")
    )
    sorted_by = order_by[order] if sort != "channel" else order.double()
    make = partial(ChannelMaps, **fields)  # type: ignore[arg-type]
    return make(
        layer=layer.name,
        op=layer.op,
        sort=sort,
        channels=tuple(order.tolist()),
        values=sorted_by.float().cpu().numpy(),
        maps=maps.numpy(),
        scale=scale,
        limits=_limits(maps.flatten(1), scale).numpy(),
        thresholds=torch.full((len(maps),), limit).numpy(),
        definition=said,
        active_share=(maps.flatten(1) > limit).float().mean(1).numpy(),
        effective_channels=effective_number(response[None]),
    )


def _limits(flat: Tensor, scale: str) -> Tensor:
    """Return where scales begin and end (channels, 2): at 0, or symmetric about it if there are negative values."""
    low, high = flat.amin(1), flat.amax(1)
    if scale == "common":
        low, high = low.min().expand_as(low), high.max().expand_as(high)
    edge = torch.maximum(low.abs(), high.abs())
    return torch.stack([torch.where(low < 0, -edge, 0.0), torch.where(low < 0, edge, high)], 1)
