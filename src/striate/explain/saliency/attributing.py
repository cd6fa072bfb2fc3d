"""The saliency methods by name, and what they share: targets, parts of the images, records."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import torch
from torch import Tensor

from striate.errors import InputError, Quoted, ShapeError
from striate.events import Events, Task
from striate.explain.answers import meant, parts, undisturbed
from striate.explain.method import method
from striate.explain.saliency.scored import Scored
from striate.graph import times
from striate.nets import Network
from striate.records import Attribution
from striate.registry import Registry

PER_INPUT = "score per unit of input"
PER_SCORE = "score"

Function = TypeVar("Function", bound=Callable[..., Any])
# Each takes a network, images and targets, then settings of its own and `events` by name.
SALIENCY: Registry[Callable[..., tuple[Attribution, ...]]] = Registry("saliency method", "striate.saliency")


@dataclass(frozen=True, slots=True, kw_only=True)
class Maps:
    """What a method makes of some images.

    Attributes:
        scores: (n, outputs).
        units: (n, k): what was asked about.
        maps: (n, k, channels, axes…).
        gaps: (n, k), where a sum is promised.
    """

    scores: Tensor
    units: Tensor
    maps: Tensor
    gaps: Tensor | None = None


Pick = Callable[[Tensor], Tensor]
Core = Callable[[Tensor, Pick], Maps]


def saliency_method(question: str) -> Callable[[Function], Function]:
    """Return a decorator that adds a function to `SALIENCY` and to `METHODS`, with a page of its own."""

    def add(function: Function) -> Function:
        name = function.__name__
        SALIENCY.add(name, function)
        return method(question, section=f"methods/{name.replace('_', '-')}")(function)

    return add


def attributions(  # noqa: PLR0913 - each is a field of the record
    scored: Scored,
    targets: Tensor | None,
    core: Core,
    *,
    name: str,
    unit: str,
    events: Events,
    layer: str = "",
    settings: tuple[tuple[str, str | int | float], ...] = (),
    passes: tuple[int, int] = (1, 1),
    forward_by_unit: int = 0,
    notes: tuple[str, ...] = (),
) -> tuple[Attribution, ...]:
    """Return a method's records, image by image.

    Args:
        scored: The network with its images.
        targets: Output units, int64 (n,) or (n, k); None for the answer, the highest score.
        core: Gives the maps of some images.
        name: The method's.
        unit: What the maps' numbers are.
        events: Hears of each image, or of each of its backward passes if it takes several; can cancel between them.
        layer: Whose map it is.
        settings: What was chosen.
        passes: Forward passes for each image, and backward passes for each image and unit.
        forward_by_unit: Forward passes for each image and unit besides.
        notes: About all images.

    Raises:
        InputError: A target that is no output; a gradient that is not finite.
        ShapeError: Not a row of targets for each image.
        Cancelled: The watcher asked to stop.
    """
    picks = pick_units(scored, targets)
    each = passes[1] * scored.units or 1
    unit_heard = "image" if each == 1 else "pass"
    task = Task(name.replace("_", " "), total=len(scored.inputs) * each, unit=unit_heard, events=events)
    # One image may take hundreds of passes: whoever watches hears of each, and need not wait for the image to stop them.
    scored.heard = task.advance
    records: list[Attribution] = []
    with undisturbed(scored.network.module):
        for part, pick in zip(parts(scored.inputs, scored.at_once), picks, strict=True):
            began = time.perf_counter()
            found = core(part, pick)
            seconds = (time.perf_counter() - began) / len(part)
            for row in range(len(part)):
                records.append(
                    _record(
                        scored.network,
                        found,
                        row,
                        method=name,
                        sample=len(records),
                        unit=unit,
                        layer=layer,
                        settings=settings,
                        forward_passes=passes[0] + forward_by_unit * found.units.shape[1],
                        backward_passes=passes[1] * found.units.shape[1],
                        seconds=seconds,
                        notes=scored.notes + notes,
                    )
                )
            # Methods without backward passes say nothing on the way.
            if left := len(records) * each - task.done:
                task.advance(left)
    return tuple(records)


def pick_units(scored: Scored, targets: Tensor | None) -> list[Pick]:
    """Return what picks the units asked about, for each part of the images.

    Raises:
        InputError: A target that is no output.
        ShapeError: Not a row of targets for each image.
    """
    scored.units = targets.shape[1] if targets is not None and targets.ndim == 2 else 1
    count = len(parts(scored.inputs, scored.at_once))
    if targets is None:
        return [_answer] * count
    outputs, inputs = scored.network.output.count, scored.inputs
    if targets.ndim not in {1, 2} or len(targets) != len(inputs):
        raise ShapeError(
            f"targets must be {len(inputs)} or {len(inputs)}×k output units, a row for each image",
            got=Quoted(times(tuple(targets.shape)) or "1"),
        )
    outside = [int(unit) for unit in targets.flatten() if not 0 <= int(unit) < outputs]
    if outside:
        raise InputError(f"targets must be 0 … {outputs - 1}", got=outside[0])
    with torch.inference_mode(mode=False):
        # A copy: targets made in inference mode cannot take part in gradients.
        units = targets.clone().to(device=inputs.device, dtype=torch.int64)
    units = units[:, None] if units.ndim == 1 else units
    return [partial(_given, part) for part in parts(units, scored.at_once)]


def _answer(scores: Tensor) -> Tensor:
    return scores.argmax(1, keepdim=True)


def _given(units: Tensor, _scores: Tensor) -> Tensor:
    return units


def _record(network: Network, found: Maps, row: int, *, notes: tuple[str, ...], **fields: Any) -> Attribution:  # noqa: ANN401
    units, maps = found.units[row], found.maps[row].float()
    if not bool(torch.isfinite(maps).all()):
        raise InputError(
            "a map must hold finite numbers",
            got=Quoted("NaN or infinity"),
            where=f"{fields['method']} of image {fields['sample']}",
            hint="Does the network divide by zero, or take the root of zero, for this image?",
        )
    empty = [network.output.names[int(unit)] for unit, each in zip(units, maps, strict=True) if not bool(each.any())]
    if empty:
        notes += (
            f"The map of {', '.join(empty[:3])} is zero everywhere: no small change of the image moves that score.",
        )
    return Attribution(
        targets=tuple(units.tolist()),
        maps=maps.cpu().numpy(),
        scores=found.scores[row, units].float().cpu().numpy(),
        probabilities=meant(network, found.scores[row : row + 1].float())[0, units].cpu().numpy(),
        gaps=None if found.gaps is None else found.gaps[row].float().cpu().numpy(),
        notes=notes,
        **fields,
    )
