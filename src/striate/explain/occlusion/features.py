"""What changes when one channel of a layer at a time is switched off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.analyse import layers
from striate.errors import Cancelled, InputError, Quoted
from striate.events import SILENT, Events, Task
from striate.explain.answers import fitting, meant, parts, scores, taken, undisturbed
from striate.explain.method import method
from striate.explain.occlusion.suffix import Suffix
from striate.explain.saliency.layers import op_name
from striate.nets import Network
from striate.observe.units import by_unit, unit_axes, unit_layers
from striate.records import FeatureOcclusion
from striate.trace import Recording, trace

FILLS = ("zero", "map mean", "data mean")
# Values of the layer that go at once: on processors few large ones are quicker than many.
MOST_BYTES, MOST_AT_ONCE = 2**23, 32


@method("Which channels of this layer does the answer rest on?", section="methods/feature-occlusion")
def feature_occlusion(  # noqa: PLR0913 - where, which, and what stands instead
    network: Network,
    images: Tensor,
    *,
    layer: str = "",
    channels: Sequence[int] | None = None,
    fill: str = "zero",
    reference: Tensor | None = None,
    batch_size: int | None = None,
    is_partial: bool = False,
    events: Events = SILENT,
) -> tuple[FeatureOcclusion, ...]:
    """Return how every output changes while each channel of a layer is switched off, one after the other.

    A channel's map (or a unit of a fully connected layer) is replaced by one value, and only what follows from the layer is
    computed again, for many channels at once and for all outputs.

    Args:
        network: Classes, labels or values.
        images: Preprocessed, (n, c, axes…).
        layer: Name of a layer, whose value is that after its normalisation and activation; or of an op or a module, whose own
            value is meant. "": the last layer before the output that has a map.
        channels: Which; None: all.
        fill: What stands instead: "zero"; "map mean": the mean of the channel's map of this image, which leaves how much there
            is and takes away where; "data mean": its mean over `reference`.
        reference: Images, preprocessed, over which "data mean" is taken; None: `images`.
        batch_size: Channels at once. None: as many as are quick. One, in any case, where a network normalises by the images that
            are there at once.
        is_partial: Whether being cancelled returns what has been looked at instead of raising.
        events: Hears of each channel.

    Returns:
        One record for each image; `grid` holds probabilities, or values on their own scale, one row a channel.

    Raises:
        UnknownNameError: No layer, op or module has that name.
        InputError: A layer that is the output or has no channels; a channel it has not; a fill nobody knows; "map mean" where
            there is no map; a network whose calls depend on the data, or with hooks that may change values; unusable images.
        Cancelled: The watcher asked to stop, and not `is_partial`.

    When it misleads:
        One channel at a time: of two that say the same either may go without loss, though not both, so that a small change does
        not mean that a channel is not used. Zero is a usual value after a ReLU, and an unusual one elsewhere: compare "data
        mean". Later layers see a combination of maps that no image makes. A channel that is silent on this image changes
        nothing (`removed` is 0), whatever it does on others.

    Source:
        Morcos et al., "On the importance of single directions for generalization", ICLR 2018, sec. 3 (ablation to zero and to
        the mean); as Captum's `LayerFeatureAblation` with a mask of channels (sign reversed). Differs: every output at once; for
        each image, not the accuracy over many; only what follows from the layer is computed.

    Cost:
        One pass of an image, and for each channel what the network computes after the layer.

    Example:
        >>> from striate.nets import from_blueprint
        >>> from striate.blueprint import Blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; maxpool 2; classes 3"))
        >>> [seen] = feature_occlusion(network, torch.ones(1, 1, 8, 8))
        >>> seen.layer, seen.tap, seen.grid.shape
        ('conv1', 'relu1', (4, 3))
    """
    inputs = taken(network, images, axes=(1, 2, 3))
    if fill not in FILLS:
        raise InputError(f"fill must be one of {', '.join(FILLS)}", got=fill)
    if batch_size is not None and batch_size < 1:
        raise InputError("batch_size must be at least 1", got=batch_size)
    with undisturbed(network.module), torch.no_grad():
        recording = trace(network.module, (1, *network.input_shape))
        place = _place(recording, layer)
        chosen = _checked(channels, place)
        if fill == "map mean" and place.size == place.count:
            raise InputError(
                "a layer must have a map for it to be replaced by its mean", got=place.layer, hint='Take "zero".'
            )
        suffix = Suffix(network, recording, place.tap)
        means = None
        if fill == "data mean" and len(inputs):
            whole = inputs if reference is None else taken(network, reference, axes=(1, 2, 3))
            means = _means(network, recording, whole, place, 1 if suffix.mixes_images else fitting(whole[0]))
        task = Task("feature occlusion", total=len(inputs) * len(chosen), unit="channel", events=events)
        records: list[FeatureOcclusion] = []
        for sample, image in enumerate(inputs):
            without = _Without(network, suffix, place, fill, means, batch_size, task)
            records.append(without.look(sample, image, chosen, is_partial=is_partial))
            if not records[-1].looked.all():
                break
    return tuple(records)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where channels are switched off.

    Attributes:
        layer: Name of the layer.
        tap: Name of the op.
        axis: Which of its axes counts channels.
        count: How many there are.
        size: Values of one image.
    """

    layer: str
    tap: str
    axis: int
    count: int
    size: int


class _Without:
    """An image without each of some channels."""

    def __init__(
        self,
        network: Network,
        suffix: Suffix,
        place: _Place,
        fill: str,
        means: Tensor | None,
        batch_size: int | None,
        task: Task,
    ) -> None:
        self._network, self._suffix, self._place, self._fill, self._means = network, suffix, place, fill, means
        self._batch_size, self._task = batch_size, task

    def look(self, sample: int, image: Tensor, chosen: NDArray[np.int32], *, is_partial: bool) -> FeatureOcclusion:
        """Return what switching off channels of an image showed, up to where the watcher asked to stop."""
        clean = self._answers(scores(self._network, image[None]))[0]
        value, go, reason = self._suffix.begin(image)
        own = by_unit(value.movedim(self._place.axis, 1))[0]
        instead = self._instead(own)
        at_once = self._batch_size or max(1, min(MOST_AT_ONCE, MOST_BYTES // (value.numel() * value.element_size())))
        at_once = 1 if self._suffix.mixes_images else at_once
        rows = np.full((len(chosen), len(clean)), np.nan, dtype=np.float32)
        looked = np.zeros(len(chosen), dtype=np.bool_)
        try:
            for begin in range(0, len(chosen), at_once):
                part = slice(begin, begin + at_once)
                rows[part] = self._answers(go(self._changed(value, chosen[part], instead)))
                looked[part] = True
                self._task.advance(len(chosen[part]))
        except Cancelled:
            if not is_partial:
                raise
        removed = (own - instead[:, None]).abs().mean(1)
        return FeatureOcclusion(
            sample=sample,
            layer=self._place.layer,
            tap=self._place.tap,
            fill=self._fill,
            channels=chosen,
            instead=instead.float().cpu().numpy()[chosen],
            removed=removed.float().cpu().numpy()[chosen],
            clean=clean,
            grid=rows,
            looked=looked,
            reason=reason,
        )

    def _instead(self, own: Tensor) -> Tensor:
        """Return what stands in place of each channel, of a value (channels, places)."""
        if self._means is not None:
            return self._means.to(own)
        return own.mean(1) if self._fill == "map mean" else torch.zeros_like(own[:, 0])

    def _changed(self, value: Tensor, channels: NDArray[np.int32], instead: Tensor) -> Tensor:
        """Return the layer's value once for each channel, that channel replaced."""
        numbers = torch.from_numpy(channels.astype(np.int64)).to(value.device)
        # A copy that keeps the order in memory.
        many = value.repeat_interleave(len(channels), dim=0) if value.ndim != 4 else _repeated(value, len(channels))
        by_channel = many.movedim(self._place.axis, 1)
        by_channel[torch.arange(len(channels)), numbers] = instead[numbers].view(-1, *(1,) * (value.ndim - 2))
        return many

    def _answers(self, raw: Tensor) -> NDArray[np.float32]:
        return np.asarray(meant(self._network, raw).float().cpu().numpy(), dtype=np.float32)


def _repeated(value: Tensor, count: int) -> Tensor:
    is_last = value.is_contiguous(memory_format=torch.channels_last)
    form = torch.channels_last if is_last else torch.contiguous_format
    return value.expand(count, *value.shape[1:]).clone(memory_format=form)


def _place(recording: Recording, layer: str) -> _Place:
    """Return where a name stands for; "" for the last map before the output."""
    graph = recording.graph
    readings = layers(graph)
    known = {reading.name: reading.tap for reading in readings}
    if layer:
        name, tap = layer, known.get(layer) or op_name(recording, layer)
    else:
        inner = [one for one in unit_layers(readings) if one.tap not in graph.outputs]
        maps = [one for one in inner if len(graph[one.tap].shape) > 2] or inner
        if not maps:
            raise InputError("a network must have a layer before its output", got=Quoted("none"))
        name, tap = maps[-1].name, maps[-1].tap
    if tap in graph.outputs:
        raise InputError("a layer must stand before the output", got=name, hint=f"Such are {', '.join(known)}.")
    axis, shape = unit_axes(graph)[tap], graph[tap].shape
    if len(shape) < 2:
        raise InputError("a layer must have channels", got=name)
    return _Place(layer=name, tap=tap, axis=axis, count=shape[axis], size=prod(shape[1:]))


def _checked(channels: Sequence[int] | None, place: _Place) -> NDArray[np.int32]:
    if channels is None:
        return np.arange(place.count, dtype=np.int32)
    for channel in channels:
        if not 0 <= channel < place.count:
            raise InputError(f"a channel must be 0 … {place.count - 1}", got=channel, where=place.layer)
    return np.array(channels, dtype=np.int32)


def _means(network: Network, recording: Recording, images: Tensor, place: _Place, at_once: int) -> Tensor:
    """Return the mean of each channel over images and places, float64."""
    total, seen = torch.zeros(place.count, dtype=torch.float64), 0
    for part in parts(images, at_once):
        value = recording.program.run(network.module, part, until=place.tap).taps[place.tap]
        total += by_unit(value.movedim(place.axis, 1)).double().mean(2).sum(0).cpu()
        seen += len(part)
    return total / seen
