"""Occlusion in the form of the saliency methods, so that they can stand beside each other."""

from __future__ import annotations

import time

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import InputError, Quoted
from striate.events import SILENT, Events
from striate.explain.answers import parts, undisturbed
from striate.explain.occlusion.label_maps import Regions
from striate.explain.occlusion.noting import notes_of, passes_of
from striate.explain.occlusion.segments import segment_occlusion
from striate.explain.occlusion.sliding import occlusion
from striate.explain.saliency.attributing import pick_units
from striate.explain.saliency.scored import Scored
from striate.nets import Network
from striate.records import Attribution, Occlusion, SegmentOcclusion
from striate.records.occlusion_plan import Approximation

# Of the shorter side, for a window of which nothing is said.
_SHARE = 7


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
    refined: float = 1.0,
    kept: float = 0.0,
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
        refined: Of windows: share, 0 … 1, that is looked at once it is known where something changes, as for `occlusion`; each
            place is the mean over the windows that were looked at, one at least. 1: all.
        kept: Of windows: largest share of a map's sides that is followed, above 0, at most 1, as `Approximation.kept`: quicker,
            and wrong by what a note says. 0: nothing is left out.
        events: Hears of the plan and of each window; can cancel.

    Returns:
        `maps`: clean − covered, (k, 1, axes…): above zero where the output needs what is there.

    Raises:
        ShapeError: Not a row of targets for each image.
        InputError: As for `occlusion` and `segment_occlusion`; a target that is no output; windows, or what only they can be
            (`refined`, `kept`), and segments at once; `kept` with a network that cannot be run in parts.
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
    if segments and (refined != 1 or kept):
        what = f"segments={segments} and {'refined' if refined != 1 else 'kept'}"
        raise InputError("refined and kept must come with windows", got=Quoted(what))
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
            scored.network,
            scored.inputs,
            window_px=window,
            stride_px=stride,
            fill=fill,
            refined=refined,
            approximation=Approximation(kept=kept) if kept else None,
            events=events,
        )
        settings = (("window", window), ("stride", stride), ("fill", fill))
        # Only where something is left out: else the maps are the same as ever.
        settings += ((("refined", refined),) if refined != 1 else ()) + ((("kept", kept),) if kept else ())
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
            forward_passes=passes_of(record),
            seconds=seconds,
            notes=scored.notes + tuple(notes_of(network.output, record, chosen)),
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
