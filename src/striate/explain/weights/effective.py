"""Effective filters: what a unit is of the input, were every activation the identity."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from striate.analyse import layers
from striate.errors import InputError, Quoted, unknown_name
from striate.events import SILENT, Events, Task
from striate.explain.answers import fitting, undisturbed
from striate.explain.method import method
from striate.explain.saliency.scored import Scored
from striate.nets import Network
from striate.numbers import plural
from striate.observe.units import unit_axes
from striate.records import EffectiveFilters
from striate.trace.program import Program
from striate.trace.tape import base_name

MOST_UNITS = 64
# Operators that bend values one by one, by the names torch calls them.
_BENT = frozenset({
    "relu", "relu6", "threshold", "clamp", "clamp_min", "hardtanh", "leaky_relu", "elu", "celu", "selu", "gelu", "silu",
    "mish", "hardswish", "hardsigmoid", "sigmoid", "tanh", "softplus", "prelu", "_prelu_kernel",
})  # fmt: skip
_MEANS: dict[str, Callable[..., Tensor]] = {
    "max_pool1d": functional.avg_pool1d,
    "max_pool2d": functional.avg_pool2d,
    "max_pool3d": functional.avg_pool3d,
}
_CLOSE = 1e-3


@dataclass(frozen=True, slots=True)
class _Linear:
    program: Program
    passed: int
    averaged: int


@method("What is a unit of the input, were the network linear up to it?", section="methods/weights")
def effective_filters(
    network: Network,
    *,
    layer: str,
    units: Sequence[int] | None = None,
    place: Sequence[int] | None = None,
    events: Events = SILENT,
) -> EffectiveFilters:
    """Return the composition of a layer's weights with all linear parts before it, as pictures on the input.

    Convolutions, fully connected layers, means and normalisation in eval mode are linear and are taken as they are; every
    activation passes its values through, and a max pooling takes the mean of its window. What is then left is a linear map,
    and each unit of it is a picture: the gradient of that unit. Of a network that is linear it is exact.

    Args:
        network: One that makes the same calls for all images.
        layer: Name of a layer: its value after normalisation; or of an op.
        units: Which units; the first 64 if None.
        place: Where on the layer's map; the middle if None.
        events: Hears of each unit; may cancel.

    Raises:
        InputError: What is left is not linear: products of values with each other, as in attention and gating, or
            normalisation by the image itself; a network whose calls depend on the image; a unit or place outside the layer.
        UnknownNameError: A layer nobody knows.
        Cancelled: The watcher asked to stop.

    When it misleads:
        A ReLU that is closed passes nothing, so no image is seen with this filter: it adds up what the real network sees with
        many. After several layers the filters of a trained network look alike and coarse. A filter cut by the border (place)
        is shown cut.

    Source:
        Voss et al., "Visualizing Weights", Distill 2021 (expanded weights); Erhan et al., "Visualizing Higher-Layer Features",
        2009, sec. 2.2 (linear combination of filters). Differs: batch normalisation is folded in, max poolings are means, and
        linearity is tested.

    Cost:
        One trace; a forward and a backward pass up to the layer for each unit.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x28x28; conv 3x3 4, relu; conv 3x3 6, relu; classes 10"))
        >>> found = effective_filters(network, layer="conv2")
        >>> found.filters.shape, found.place, found.corner_px, found.passed
        ((6, 1, 5, 5), (14, 14), (12, 12), 2)
    """
    scored = Scored(network, torch.zeros(1, *network.input_shape))
    scored.refused("effective_filters")
    graph = scored.recording.graph
    tapped = {reading.name: reading.tap for reading in layers(graph)}
    name = tapped.get(layer, layer)
    if name not in {op.name for op in graph}:
        raise unknown_name("layer", layer, list(tapped))
    linear = _linear(scored.recording.program)
    axis = unit_axes(graph)[name]
    with undisturbed(scored.network.module):
        value = _checked(scored, linear.program, name, layer).movedim(axis, 1)
        chosen = _units(units, value.shape[1])
        at = _place(place, tuple(value.shape[2:]))
        slopes = _slopes(scored, linear.program, name, axis, chosen, at, events)
    corner, filters = _cropped(slopes)
    return EffectiveFilters(
        layer=layer,
        units=chosen,
        place=at,
        filters=filters.cpu().float().numpy(),
        corner_px=corner,
        offsets=torch.stack([value[0, unit][at] for unit in chosen]).float().cpu().numpy(),
        passed=linear.passed,
        averaged=linear.averaged,
        notes=scored.notes + _notes(linear, slopes, corner, filters),
    )


def _linear(program: Program) -> _Linear:
    """Return the program with activations passed through and maxima taken as means."""
    passed: list[str] = []
    averaged: list[str] = []

    def rule(func: Any, args: tuple[Any, ...]) -> Callable[..., Any] | None:  # noqa: ANN401 - an OpOverload
        name = base_name(func)
        if name in _BENT:
            passed.append(name)
            return lambda values, *_, **__: values.clone()
        if name in _MEANS and _is_plain(args):
            averaged.append(name)
            mean = _MEANS[name]
            return lambda values, *window, **__: mean(values, *window[:3], ceil_mode=(*window, *[False] * 5)[4])
        return None

    made = program.replaced(rule)
    if made.reason:  # its steps are made by now
        raise InputError("a network must be replayed to be taken apart", got=Quoted(made.reason))
    return _Linear(made, len(passed), len(averaged))


def _is_plain(args: tuple[Any, ...]) -> bool:
    """Whether a pooling has no dilation, which a mean cannot have."""
    dilation = args[4] if len(args) > 4 else 1
    return all(step == 1 for step in (dilation if isinstance(dilation, list | tuple) else [dilation]))


def _checked(scored: Scored, program: Program, name: str, layer: str) -> Tensor:
    """Return the layer's value (1, …) for zeros, if what is left is linear.

    Raises:
        InputError: f(a) + f(b) is not f(a + b) + f(0).
    """
    generator = torch.Generator().manual_seed(0)
    one, other = torch.randn((2, 1, *scored.inputs.shape[1:]), generator=generator).to(scored.inputs)
    with torch.no_grad():
        zero, first, second, both = (
            program.run(scored.module, images, until=name).taps[name]
            for images in (torch.zeros_like(scored.inputs), one, other, one + other)
        )
    size = float((both - zero).abs().max())
    # Half of float32's digits: sums of thousands of products lose some.
    if not float((first + second - both - zero).abs().max()) <= _CLOSE * max(size, torch.finfo(torch.float32).tiny):
        raise InputError(
            "what lies before a layer must be linear once activations are passed through",
            got=Quoted("products of values, or normalisation by the image"),
            where=layer,
            hint="Name an earlier layer, or look at striate.explain.effective_field.",
        )
    return zero


def _units(units: Sequence[int] | None, width: int) -> tuple[int, ...]:
    if units is None:
        return tuple(range(min(width, MOST_UNITS)))
    if not len(units):
        raise InputError("units must name at least one", got=Quoted("none"))
    for unit in units:
        if not 0 <= int(unit) < width:
            raise InputError(f"units must be 0 … {width - 1}", got=int(unit))
    return tuple(int(unit) for unit in units)


def _place(place: Sequence[int] | None, sides: tuple[int, ...]) -> tuple[int, ...]:
    if place is None:
        return tuple(side // 2 for side in sides)
    found = tuple(int(at) for at in place)
    if len(found) != len(sides) or any(not 0 <= at < side for at, side in zip(found, sides, strict=False)):
        raise InputError(f"a place must lie on the layer's map of {sides}", got=found)
    return found


def _slopes(
    scored: Scored,
    program: Program,
    name: str,
    axis: int,
    units: tuple[int, ...],
    place: tuple[int, ...],
    events: Events,
) -> Tensor:
    """Return the gradient (units, c, axes…) of each unit at one place."""
    at_once = max(1, fitting(scored.inputs[0]) // 4) if program.batch is None else 1
    task = Task("effective filters", total=len(units), unit="unit", events=events)
    found = [scored.inputs.new_zeros(0, *scored.inputs.shape[1:])]
    for begin in range(0, len(units), at_once):
        part = units[begin : begin + at_once]
        with torch.enable_grad():
            leaf = torch.zeros_like(scored.inputs).expand(len(part), *scored.inputs.shape[1:]).clone().requires_grad_()
            value = program.run(scored.module, leaf.clone(), until=name).taps[name].movedim(axis, 1)
            wanted = torch.stack([value[row, unit][place] for row, unit in enumerate(part)]).sum()
            found.append(torch.autograd.grad(wanted, leaf)[0])
        task.advance(len(part))
    return torch.cat(found)


def _cropped(slopes: Tensor) -> tuple[tuple[int, ...], Tensor]:
    """Return the first pixel, and the pictures cut to what any of them reads."""
    corner = []
    for axis in range(2, slopes.ndim):
        others = tuple(dim for dim in range(slopes.ndim) if dim != axis)
        read = torch.nonzero(slopes.abs().amax(others) if slopes.numel() else torch.zeros(0)).flatten()
        first, last = (int(read[0]), int(read[-1])) if len(read) else (0, slopes.shape[axis] - 1)
        corner.append(first)
        slopes = slopes.narrow(axis, first, last - first + 1)
    return tuple(corner), slopes


def _notes(linear: _Linear, whole: Tensor, corner: tuple[int, ...], filters: Tensor) -> tuple[str, ...]:
    notes = []
    if linear.passed:
        notes.append(f"{plural(linear.passed, 'activation')} of the network passed through as the identity.")
    if linear.averaged:
        notes.append(f"{plural(linear.averaged, 'max pooling')} of the network taken as the mean of its window.")
    sides = zip(corner, filters.shape[2:], whole.shape[2:], strict=True)
    if any(first == 0 or first + length == side for first, length, side in sides):
        notes.append("The filters reach the border of the input, and may be cut there.")
    return tuple(notes)
