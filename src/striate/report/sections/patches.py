"""The images, or parts of images, for which units are strongest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from striate.numbers import count, percent, plural
from striate.page.wire import Caption, Cell, Column, Patches, PatchGroup, Section, Table
from striate.records import TopPatches, UnitPatches
from striate.report.pictures.inputs import Picture
from striate.report.pictures.shrinking import PATCH, shrunk
from striate.report.subject import Subject

_UNITS = 12
_PATCHES = 9


def section(subject: Subject) -> Section | None:
    """Return the section, of images alone: the most selective units of the deepest layer with a field smaller than the image."""
    layer = _layer(subject)
    if layer is None:
        return None
    units = sorted(layer.units, key=lambda unit: (-unit.purity, unit.unit))[:_UNITS]
    has_classes = any(len(unit.class_counts) for unit in units)
    mean = float(np.mean([unit.purity for unit in units])) if units else 0.0
    otherwise = (
        f"The {plural(len(units), 'most selective unit')} of {layer.layer} owe {percent(mean, 0)} of their strongest "
        "images to one class."
        if has_classes
        else f"Each of these {len(units)} units of {layer.layer} answers to its own kind of place."
    )
    height, width = layer.field_px
    return Section(
        id="patches",
        term=f"Top patches, {layer.layer}",
        judgement=subject.judgement("patches"),
        sentence=subject.sentence("patches", otherwise, op=layer.layer),
        figures=[_figure(subject, layer, units)],
        caption=Caption(
            shown=f"For each unit the nine {height}×{width} patches, out of {count(layer.images)} images, where it fired "
            "most; every image may appear once."
            + (f" The bars count the classes among its {layer.counted} strongest images." if has_classes else ""),
            should_see="Nine patches that share something you can name: a corner, a bar at one angle, a closed loop.",
            wrong_if="the nine have nothing in common, many units show the same nine, or they share a mark that has "
            "nothing to do with the answer.",
            source=f"{_which(len(units), len(layer.units), has_classes=has_classes)} Patch = theoretical "
            "receptive field; what lies beyond the image is black. One pass over the held-out data.",
        ),
    )


def _layer(subject: Subject) -> TopPatches | None:
    sides = subject.network.input_shape[1:]
    if len(sides) != 2:
        return None
    local = [
        layer
        for layer in subject.evidence.patches
        if layer.units and layer.field_px[0] < sides[0] and layer.field_px[1] < sides[1]
    ]
    whole = [layer for layer in subject.evidence.patches if layer.units]
    found = local or whole
    return found[-1] if found else None


def _which(shown: int, fired: int, *, has_classes: bool) -> str:
    if shown == fired:
        return f"All {fired} units that fired."
    return (
        f"The {shown} most selective of {fired} units that fired." if has_classes else f"The first {shown} of {fired}."
    )


def _figure(subject: Subject, layer: TopPatches, units: list[UnitPatches]) -> Patches:
    crops: list[Picture] = []
    groups = []
    for unit in units:
        first = len(crops)
        for sample, box in zip(unit.samples[:_PATCHES], unit.boxes[:_PATCHES], strict=True):
            crops.append(shrunk(crop(subject.picture(int(sample)), box), PATCH))
        peak = subject.name_of(int(np.argmax(unit.class_counts))) if len(unit.class_counts) else ""
        groups.append(
            PatchGroup(
                label=str(unit.unit),
                value=percent(unit.purity, 0) if peak else "",
                patches=list(range(first, len(crops))),
                counts=[int(number) for number in unit.class_counts],
                peak=peak,
            )
        )
    return Patches(
        array=subject.store.images("patches", np.stack(crops)),
        scale=subject.input_scale,
        groups=groups,
        classes=list(subject.classes) if any(group.counts for group in groups) else [],
        side=32,
        table=_table(subject, layer),
    )


def crop(picture: Picture, box: NDArray[np.integer]) -> Picture:
    """Return the part of a picture inside a box (top, left, bottom, right); beyond the picture it is black.

    Example:
        >>> crop(np.full((2, 2), 9, np.uint8), np.array([-1, 0, 1, 2])).tolist()
        [[0, 0], [9, 9]]
    """
    top, left, bottom, right = (int(edge) for edge in box)
    out = np.zeros((bottom - top, right - left, *picture.shape[2:]), dtype=np.uint8)
    height, width = picture.shape[:2]
    y0, y1, x0, x1 = max(top, 0), min(bottom, height), max(left, 0), min(right, width)
    if y1 > y0 and x1 > x0:
        out[y0 - top : y1 - top, x0 - left : x1 - left] = picture[y0:y1, x0:x1]
    return out


def _table(subject: Subject, layer: TopPatches) -> Table:
    rows: list[list[Cell]] = []
    for unit in layer.units:
        peak = subject.name_of(int(np.argmax(unit.class_counts))) if len(unit.class_counts) else ""
        rows.append([unit.unit, float(unit.values[0]), peak, 100 * unit.purity, int(unit.samples[0])])
    return Table(
        columns=[
            Column(label="Unit"),
            Column(label="Largest", decimals=3),
            Column(label="Commonest class", align="left"),
            Column(label="Its share", unit="%", decimals=0),
            Column(label="Strongest image"),
        ],
        rows=rows,
        caption=f"Every unit of {layer.layer} that fired",
    )
