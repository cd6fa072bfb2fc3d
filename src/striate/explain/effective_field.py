"""How much of its receptive field a unit really uses."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from striate.analyse import receptive_fields
from striate.errors import InputError, Quoted
from striate.events import SILENT, Events, Task
from striate.explain.answers import fitting, parts, taken, undisturbed
from striate.explain.method import method
from striate.nets import Network
from striate.records import EffectiveField, Receptive
from striate.trace import trace
from striate.trace.record import Recording
from striate.trace.tap import tap

# Two standard deviations of a normal distribution, as in the paper.
HELD = 0.9545


@method("How much of what a unit could see does it use?", section="methods/effective-field")
def effective_field(
    network: Network,
    images: Tensor | None = None,
    *,
    layer: str | None = None,
    count: int = 16,
    seed: int = 0,
    events: Events = SILENT,
) -> EffectiveField:
    """Return how strongly each input pixel moves the unit in the middle of a layer's map.

    For each image the values of all channels in the middle place are added up with random signs, and the gradient of the
    sum at the input is taken; its magnitude is averaged over images and input channels. The effective field is the
    smallest square around the middle of the theoretical field that holds 95.45 % of that magnitude.

    Args:
        network: Any with a map of one or two axes.
        images: Preprocessed, (n, c, h, w) or (n, c, length); standard-normal noise if None.
        layer: Name of an op in the traced table; the last map whose field is known if None.
        count: Images of noise, if no images are given.
        seed: Of the noise and the signs.
        events: Hears of each image.

    Returns:
        The map, the square's side, and its share of the theoretical field. Without images all are zero.

    Raises:
        UnknownNameError: No op has that name.
        InputError: No such layer, a layer without places, or a way back that is broken.
        Cancelled: The watcher asked to stop.

    When it misleads:
        A gradient is what a small change would do: saturated units have none. Squeeze-and-excitation, attention and
        normalisation by image spread a faint gradient over the whole input, which widens the square; the share is then
        of the local field and may exceed 1. Noise does not excite units as images do.

    Source:
        Luo, Li, Urtasun, Zemel, "Understanding the Effective Receptive Field in Deep Convolutional Neural Networks",
        NeurIPS 2016, sections 2 and 3. Differs: the square that holds 95.45 % of the magnitude, not the count of pixels
        above 4.55 % of the middle's; all channels at once, with random signs.

    Cost:
        One forward pass up to the layer and one backward pass for each image.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x9x9; conv 3x3 4; conv 3x3 4; classes 2"))
        >>> found = effective_field(network, layer="conv2")
        >>> found.place, found.theoretical_px, found.magnitude.shape
        ((4, 4), 5, (9, 9))
    """
    if count < 1:
        raise InputError("count must be at least 1", got=count)
    given = _noise(network, count, seed) if images is None else images
    inputs = taken(network, given, axes=(1, 2))
    recording = trace(network.module, (1, *inputs.shape[1:]))
    name, field = _layer(recording, layer)
    sides = tuple(inputs.shape[2:])
    place = tuple(length // 2 for length in recording.graph[name].shape[2:])
    total = torch.zeros(sides, dtype=torch.float64)
    signs = torch.Generator().manual_seed(seed)
    task = Task("effective field", total=len(inputs), unit="image", events=events)
    with undisturbed(network.module):
        for part in parts(inputs, max(1, fitting(inputs[0]) // 4)) if len(inputs) else ():
            total += _magnitude(network, recording, name, place, part, signs)
            task.advance(len(part))
    return _record(name, field, place, total.numpy() / max(1, len(inputs) * inputs.shape[1]), len(inputs))


def _noise(network: Network, count: int, seed: int) -> Tensor:
    return torch.randn(count, *network.input_shape, generator=torch.Generator().manual_seed(seed))


def _layer(recording: Recording, layer: str | None) -> tuple[str, Receptive]:
    """Return the layer that is looked at, and its theoretical field."""
    fields = receptive_fields(recording.graph)
    rank = len(next(iter(recording.graph.conditions.inputs.values())))
    if layer is None:
        # Where the network must be run itself, only what a module returns can be read.
        is_run = bool(recording.program.reason or recording.skipped_hooks)
        known = [
            op.name
            for op in recording.graph
            if fields[op.name].axes and len(op.shape) == rank and (not is_run or op.name in recording.sites)
        ]
        if not known:
            raise InputError("a network must have a map whose field is known", got=Quoted("none"))
        layer = known[-1]
    op = recording.graph[layer]
    if len(op.shape) != rank:
        raise InputError(f"a layer must have a map of {rank - 2} axes", got=Quoted(f"{len(op.shape) - 2}"), where=layer)
    return layer, fields[layer]


def _magnitude(
    network: Network,
    recording: Recording,
    name: str,
    place: tuple[int, ...],
    inputs: Tensor,
    signs: torch.Generator,
) -> Tensor:
    """Return the summed magnitude (axes…) of the gradients of one unit at some inputs."""
    with torch.enable_grad():
        leaf = inputs.detach().requires_grad_()
        # A copy, so that a network that begins with an in-place op does not meet a leaf.
        value = tap(network.module, leaf.clone(), [name], recording, with_outputs=False).taps[name]
        units = value[:, :, place[0]] if len(place) == 1 else value[:, :, place[0], place[1]]
        chosen = torch.randint(0, 2, units.shape, generator=signs).mul(2).sub(1).to(units)
        if not units.requires_grad:
            raise InputError(
                "a layer must depend on the input in a differentiable way",
                got=Quoted("no gradient"),
                where=name,
                hint="Does the network's forward detach, round, or switch gradients off?",
            )
        [slope] = torch.autograd.grad((units * chosen).sum(), [leaf], allow_unused=True, materialize_grads=True)
    return slope.abs().double().sum((0, 1)).cpu()


def _record(
    name: str,
    field: Receptive,
    place: tuple[int, ...],
    magnitude: npt.NDArray[np.float64],
    images: int,
) -> EffectiveField:
    sides = magnitude.shape
    is_local = len(field.axes) == len(sides)
    spans = [axis.span(at) for axis, at in zip(field.axes, place, strict=True)] if is_local else [(0, n) for n in sides]
    centre = [(first + last - 1) / 2 for first, last in spans]
    side = _side(magnitude, centre)
    theoretical = max(axis.size_px for axis in field.axes) if is_local else None
    whole = float(magnitude.sum())
    return EffectiveField(
        layer=name,
        place=place,
        magnitude=(magnitude / whole if whole else magnitude).astype(np.float32),
        centre=tuple(centre),
        side_px=side,
        theoretical_px=theoretical,
        share=side / theoretical if theoretical else None,
        images=images,
    )


def _side(magnitude: npt.NDArray[np.float64], centre: list[float]) -> int:
    """Return the side of the smallest square around a centre that holds 95.45 % of a map; 0 if it is empty.

    Example:
        >>> _side(np.diag([1.0, 1.0, 8.0, 1.0, 1.0]), [2, 2]), _side(np.diag([0.0, 0, 1, 1, 0, 0]), [2.5, 2.5])
        (5, 2)
    """
    whole = magnitude.sum()
    if not whole:
        return 0
    away = np.zeros(magnitude.shape)
    for axis, middle in enumerate(centre):
        shape = [-1 if number == axis else 1 for number in range(magnitude.ndim)]
        away = np.maximum(away, np.abs(np.arange(magnitude.shape[axis]) - middle).reshape(shape))
    order = np.argsort(away, axis=None, kind="stable")
    held = np.cumsum(magnitude.ravel()[order])
    last = int(np.searchsorted(held, HELD * whole))
    return round(2 * float(away.ravel()[order][min(last, held.size - 1)])) + 1
