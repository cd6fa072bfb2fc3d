"""Occlusion in the form of the saliency methods, so that they can stand beside each other."""

from __future__ import annotations

import time
from collections import Counter
from math import prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import InputError, Quoted
from striate.events import SILENT, Events
from striate.explain.answers import parts, undisturbed
from striate.explain.occlusion.label_maps import Regions
from striate.explain.occlusion.segments import segment_occlusion
from striate.explain.occlusion.sliding import occlusion
from striate.explain.saliency.attributing import pick_units
from striate.explain.saliency.scored import Scored
from striate.nets import Network
from striate.numbers import measure, percent, plural, probability
from striate.records import Attribution, Occlusion, Output, SegmentOcclusion

# Of the shorter side, for a window of which nothing is said.
_SHARE = 7
_MOST_NAMED = 3


def occluded(  # noqa: PLR0913 - windows or segments, and what they show
    network: Network,
    images: Tensor,
    targets: Tensor | None = None,
    *,
    window: int = 0,
    stride: int = 0,
    segments: int = 0,
    regions: str = "slic",
    fill: str = "background",
    events: Events = SILENT,
) -> tuple[Attribution, ...]:
    """Return by how much each output falls while a window, or a segment, covers a place.

    The notes tell, of every output asked about, where the window takes most of it, and how many windows change the answer, to
    what. `occlusion` itself returns all outputs for every window.

    Args:
        network: Classes, labels or values.
        images: Preprocessed, (n, c, axes…).
        targets: Output units, int64 (n,) or (n, k); None for the answer.
        window: Side of the window, input pixels; 0: a seventh of the shorter side.
        stride: Its step; 0: half of the window.
        segments: About how many segments are covered instead, one after the other; 0: windows.
        regions: How they are cut, "slic" or "grid".
        fill: As for `occlusion`.
        events: Hears of the plan and of each window; can cancel.

    Returns:
        `maps`: clean − covered, (k, 1, axes…): above zero where the output needs what is there.

    Raises:
        ShapeError: Not a row of targets for each image.
        InputError: As for `occlusion` and `segment_occlusion`; a target that is no output; windows and segments at once.
        MissingExtraError: Segments by SLIC without scikit-image.

    When it misleads:
        As `occlusion` and `segment_occlusion`.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; globalavgpool; classes 3"))
        >>> [found] = occluded(network, torch.zeros(1, 1, 8, 8), torch.tensor([1]), window=4)
        >>> found.maps.shape, dict(found.settings)["stride"], found.forward_passes
        ((1, 1, 8, 8), 2, 10)
    """
    scored = Scored(network, images)
    picks = pick_units(scored, targets)
    if not len(scored.inputs):
        return ()
    sides = tuple(scored.inputs.shape[2:])
    if segments and (window or stride):
        raise InputError("occlusion must be by windows or by segments", got=Quoted(f"segments={segments} and a window"))
    window = window or max(1, min(sides) // _SHARE)
    stride = stride or max(1, window // 2)
    with undisturbed(scored.network.module), torch.no_grad():
        answers = [scored.scores(part) for part in parts(scored.inputs, scored.at_once)]
    units = torch.cat([pick(part) for pick, part in zip(picks, answers, strict=True)]).tolist()
    scores = torch.cat(answers).float().cpu().numpy()
    began = time.perf_counter()
    settings: tuple[tuple[str, str | int | float], ...]
    records: list[Occlusion | SegmentOcclusion] = []
    if segments:
        how = _regions(regions)
        records += segment_occlusion(
            scored.network, scored.inputs, segments=segments, regions=how, fill=fill, events=events
        )
        settings = (("segments", segments), ("regions", regions), ("fill", fill))
    else:
        records += occlusion(
            scored.network, scored.inputs, window_px=window, stride_px=stride, fill=fill, events=events
        )
        settings = (("window", window), ("stride", stride), ("fill", fill))
    seconds = (time.perf_counter() - began) / len(records)
    return tuple(
        Attribution(
            method="occlusion",
            sample=record.sample,
            targets=tuple(chosen),
            maps=-_maps(record, chosen).reshape(len(chosen), 1, *sides),
            scores=raw[chosen],
            probabilities=record.clean[chosen],
            unit="value" if network.output.kind == "values" else "probability",
            settings=settings,
            forward_passes=prod(record.grid.shape[:-1]) + 1,
            seconds=seconds,
            notes=scored.notes + tuple(_notes(network.output, record, chosen)),
        )
        for record, raw, chosen in zip(records, scores, units, strict=True)
    )


def _regions(word: str) -> Regions:
    if word == "slic":
        return "slic"
    if word == "grid":
        return "grid"
    raise InputError("regions must be slic or grid", got=word)


def _maps(record: Occlusion | SegmentOcclusion, units: list[int]) -> NDArray[np.float32]:
    if isinstance(record, SegmentOcclusion):
        return np.stack([record.map_of(unit) for unit in units])
    return np.asarray(record.maps[units], dtype=np.float32)


def _notes(output: Output, record: Occlusion | SegmentOcclusion, units: list[int]) -> list[str]:
    """Return how many windows change the answer, where each output is least, and how it was computed."""
    rows = record.grid.reshape(-1, record.grid.shape[-1])
    part = "segment" if isinstance(record, SegmentOcclusion) else "window"
    said = []
    if output.kind == "classes":
        answer = int(record.clean.argmax())
        others = Counter(int(unit) for unit in rows.argmax(1) if unit != answer)
        said.append(
            f"{others.total()} of {plural(len(rows), part)} change the answer {output.names[answer]}"
            + (f" ({percent(others.total() / len(rows))})" if others else "")
            + "".join(f", {count} to {output.names[unit]}" for unit, count in others.most_common(_MOST_NAMED))
            + "."
        )
    for unit in units[:_MOST_NAMED]:
        place = _place(record, int(rows[:, unit].argmin()))
        before, behind = (float(value) for value in (record.clean[unit], rows[:, unit].min()))
        tell = probability if output.kind != "values" else measure
        said.append(f"{output.names[unit]} is least, {tell(behind)} for {tell(before)}, with the {part} at {place}.")
    if record.plan is not None:
        said.append(f"Computed by the {record.plan.route} route: {record.plan.reason}.")
    return said


def _place(record: Occlusion | SegmentOcclusion, number: int) -> tuple[int, ...]:
    """Return where a window begins; the middle of a segment."""
    if isinstance(record, SegmentOcclusion):
        return tuple(round(float(along.mean())) for along in np.nonzero(record.labels == number))
    index = np.unravel_index(number, record.grid.shape[:-1])
    return tuple(int(at) * step for at, step in zip(index, record.stride_px, strict=True))
