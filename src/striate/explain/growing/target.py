"""What inside a network an image is grown for."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from striate.analyse.field.receptive import receptive_fields
from striate.errors import InputError, Quoted
from striate.explain.saliency.layers import map_layer, op_name
from striate.explain.saliency.scored import Scored
from striate.trace import Program, tap, trace_until

Kind = Literal["unit", "channel", "direction"]
# Behind these a silent unit has no gradient: what enters them is read instead.
RECTIFIERS = frozenset({"relu", "relu6"})


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitTarget:
    """One channel of a layer at the place in the middle of its map.

    Attributes:
        layer: Name of an op or a module.
        channel: From 0.
    """

    layer: str
    channel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTarget:
    """The mean of one channel over its map.

    Attributes:
        layer: Name of an op or a module.
        channel: From 0.
    """

    layer: str
    channel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectionTarget:
    """A direction in the channels of a layer, at the place in the middle.

    Attributes:
        layer: Name of an op or a module.
        weights: One for each channel.
        name: How it is called.
    """

    layer: str
    weights: tuple[float, ...]
    name: str = "direction"


Target = UnitTarget | ChannelTarget | DirectionTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where values are read.

    Attributes:
        op: Name of the op.
        order: The order of dimensions that makes its value (n, channels, h, w); () for (n, channels).
        channels: Of its value.
        kind: Whether a place or a mean is read.
        place: (row, column) on the map; () for the middle.
        shape: (c, h, w) of the image it is read from.
        is_part: Whether that is the receptive field only.
        notes: What else must be known.
    """

    op: str
    order: tuple[int, ...]
    channels: int
    kind: Kind
    place: tuple[int, ...]
    shape: tuple[int, int, int]
    is_part: bool
    notes: tuple[str, ...]


def site_of(scored: Scored, target: Target, *, whole: bool = False) -> Site:
    """Return where a target is read, and how large an image its value depends on.

    Args:
        scored: The network.
        target: What is climbed.
        whole: Read it from whole images, however small its receptive field is.

    Raises:
        UnknownNameError: No such layer.
        InputError: No such channel, weights of another number, or no number; a value that is neither map nor vector.
    """
    recording = scored.recording
    graph = recording.graph
    op = graph[op_name(recording, target.layer)]
    notes: tuple[str, ...] = ()
    can_replay = not (recording.program.reason or recording.skipped_hooks)
    if op.kind in RECTIFIERS and op.inputs[0] not in graph.conditions.inputs and can_replay:
        notes = (f"{target.layer} cuts at zero: what enters it was climbed, {op.inputs[0]}.",)
        op = graph[op.inputs[0]]
    order = () if len(op.shape) == 2 else map_layer(recording, op.name).order
    channels = op.shape[order[1] if order else 1]
    kind: Kind = {UnitTarget: "unit", ChannelTarget: "channel", DirectionTarget: "direction"}[type(target)]  # type: ignore[assignment]
    channel_count, height, width = scored.network.input_shape
    site = Site(
        op=op.name,
        order=order,
        channels=channels,
        kind=kind,
        place=(),
        shape=(channel_count, height, width),
        is_part=False,
        notes=notes,
    )
    weights_of(target, channels)
    if whole or kind == "channel" or not order or not can_replay or recording.program.batch is not None:
        return site
    return _part(scored, site)


def _part(scored: Scored, site: Site) -> Site:
    """Return the site with an image no larger than the unit's receptive field, if that is smaller than the whole."""
    field = receptive_fields(scored.recording.graph)[site.op]
    if len(field.axes) != 2 or field.is_global or not (field.is_known and field.is_aligned):
        return site
    places, sides = [], []
    for axis in field.axes:
        if axis.stride != int(axis.stride):
            return site
        # The first place whose field lies within the image: padding is not read, whatever the size of the image.
        place = max(0, math.ceil(-axis.low / axis.stride))
        places.append(place)
        sides.append(int(place * axis.stride + axis.high) + 1)
    channels, height, width = site.shape
    if sides[0] >= height or sides[1] >= width:
        return site
    return replace(site, place=tuple(places), shape=(channels, sides[0], sides[1]), is_part=True)


def weights_of(target: Target, channels: int) -> Tensor:
    """Return the weight (channels,) of each channel in what is climbed.

    Raises:
        InputError: No such channel; weights of another number, or not finite.
    """
    if isinstance(target, DirectionTarget):
        found = torch.tensor(target.weights, dtype=torch.float32)
        if len(found) != channels or not bool(torch.isfinite(found).all()) or not bool(found.any()):
            got = len(found) if len(found) != channels else "zeros, NaN or infinity"
            raise InputError(f"a direction must have {channels} finite weights", got=Quoted(got), where=target.layer)
        return found
    if not 0 <= target.channel < channels:
        raise InputError(f"a channel must be 0 … {channels - 1}", got=target.channel, where=target.layer)
    return torch.eye(channels)[target.channel]


def name_of(target: Target) -> str:
    """Return how a target is called, like "features.4:12"."""
    return f"{target.layer}:{target.name if isinstance(target, DirectionTarget) else target.channel}"


class SiteRead:
    """Reads a site's channels (n, channels) of preprocessed images of any side, computing nothing behind it.

    Args:
        scored: The network.
        site: Where.
    """

    def __init__(self, scored: Scored, site: Site) -> None:
        self._scored, self._site = scored, site
        self._programs: dict[tuple[int, ...], Program] = {}

    def __call__(self, inputs: Tensor) -> Tensor:
        """Return the channels at the place, or their means."""
        return self.at_place(self.maps(inputs))

    def at_place(self, values: Tensor) -> Tensor:
        """Return the channels (n, channels) of values as `maps` gives them: at the place, or their means."""
        if values.ndim == 2:
            return values
        if self._site.kind == "channel":
            return values.mean((2, 3))
        row, column = self._site.place or (values.shape[2] // 2, values.shape[3] // 2)
        return values[:, :, row, column]

    def maps(self, inputs: Tensor) -> Tensor:
        """Return the values (n, channels, h, w), or (n, channels) of a vector."""
        value = self._value(inputs)
        return value.permute(self._site.order) if self._site.order else value

    def _value(self, inputs: Tensor) -> Tensor:
        scored, op = self._scored, self._site.op
        recording = scored.recording
        if recording.program.reason or recording.skipped_hooks or recording.program.batch is not None:
            return tap(scored.module, inputs, [op], recording, with_outputs=False).taps[op]
        sides = tuple(inputs.shape[1:])
        if sides not in self._programs:
            with torch.no_grad():
                self._programs[sides] = trace_until(scored.module, (2, *sides), op).program
        return self._programs[sides].run(scored.module, inputs, until=op).taps[op]
