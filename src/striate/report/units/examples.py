"""The clearest example of what is said of units: the parts it reads, and whole images with the box around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from striate.numbers import plural
from striate.page.wire import Cell, Column, Patches, PatchGroup, Scale, Table
from striate.records.unit_survey import JudgedUnits, SurveyedLayer, UnitJudgement
from striate.report.pictures.inputs import Picture
from striate.report.subject import Subject
from striate.report.units.pictures import part_cell, whole_cell
from striate.report.units.verdicts import UnitVerdict, alive

if TYPE_CHECKING:
    from PIL import Image

# A picture as it is drawn, and how many stand in a block.
_DRAWN_PX, _PATCHES = 56, 9


def examples(subject: Subject, units: JudgedUnits, verdicts: Sequence[UnitVerdict]) -> list[Patches]:
    """Return the clearest example of each verdict that holds of a unit: of units that read a part, if there are such.

    No unit is shown twice where another can be.
    """
    shown: set[tuple[str, int]] = set()
    figures: list[Patches] = []
    for verdict in verdicts:
        found = [
            ((layer.layer, one.unit) not in shown, _is_local(units, layer), strength, layer, one)
            for layer in units.survey.layers
            for one in alive(layer, units.judged)
            if (strength := verdict.strength(one)) is not None
        ]
        if found:
            *_, layer, one = max(found, key=lambda row: row[:3])
            shown.add((layer.layer, one.unit))
            figures.append(_Example(subject, units, layer, one).figure(verdict, len(figures)))
    return figures


class _Example:
    """One unit's strongest images."""

    def __init__(self, subject: Subject, units: JudgedUnits, layer: SurveyedLayer, one: UnitJudgement) -> None:
        self._subject, self._units, self._layer, self._one = subject, units, layer, one
        longest = max(units.survey.input_px)
        # Small images are enlarged by a whole number, and leave no margin.
        self._side_px = longest * (_DRAWN_PX // longest) if longest <= _DRAWN_PX else _DRAWN_PX

    def figure(self, verdict: UnitVerdict, number: int) -> Patches:
        """Return the pictures in blocks, under the figure they are an example of."""
        blocks = self._divided() if verdict.is_divided else self._strongest()
        cells: list[Image.Image] = []
        groups = []
        for label, value, block in blocks:
            groups.append(
                PatchGroup(label=label, value=value, patches=list(range(len(cells), len(cells) + len(block))))
            )
            cells += block
        layer = self._layer
        return Patches(
            title=f"{verdict.title}: {layer.layer}, unit {self._one.unit} ({verdict.told(self._one)})",
            array=self._subject.store.images(f"units-{number}", np.stack([np.asarray(cell) for cell in cells])),
            scale=Scale(kind="colour", low=0, high=255, unit="brightness of the input; orange: what the unit reads"),
            groups=groups,
            side=_DRAWN_PX,
            table=_table(layer, self._one.unit, self._ranks),
        )

    @property
    def _ranks(self) -> list[int]:
        """Ranks of the strongest images whose places are known."""
        kept = min(_PATCHES, self._layer.places.shape[1])
        values = self._layer.values[self._one.unit, :kept]
        return [rank for rank in range(kept) if values[rank] > 0 or not self._layer.is_rectified]

    def _strongest(self) -> list[tuple[str, str, list[Image.Image]]]:
        """Return the parts that are read, unless they are the whole image, and the whole images."""
        parts, wholes, unit = [], [], self._one.unit
        for rank in self._ranks:
            image, box = self._image(rank), self._layer.boxes[unit, rank]
            parts.append(part_cell(image, box, self._layer.field_px, self._side_px))
            wholes.append(self._whole(rank))
        field = "×".join(map(str, self._layer.field_px))
        is_local = _is_local(self._units, self._layer)
        return [*([("Parts", f"field {field} px", parts)] if is_local else []), ("Whole images", "", wholes)]

    def _divided(self) -> list[tuple[str, str, list[Image.Image]]]:
        """Return the strongest images of each of two groups, the larger group first."""
        groups = self._one.groups
        if groups is None:
            return self._strongest()
        ranks = [np.flatnonzero(groups == group).tolist() for group in (0, 1)]
        ranks.sort(key=len, reverse=True)
        labels = ("One thing", "The other")
        return [
            (label, plural(len(own), "image"), [self._whole(rank) for rank in own[:_PATCHES]])
            for label, own in zip(labels, ranks, strict=True)
        ]

    def _whole(self, rank: int) -> Image.Image:
        # Places are known of the first few alone.
        has_box = self._layer.has_boxes and rank < self._layer.places.shape[1] and _is_local(self._units, self._layer)
        box = self._layer.boxes[self._one.unit, rank] if has_box else None
        return whole_cell(self._image(rank), box, self._side_px, width_px=1)

    def _image(self, rank: int) -> Picture:
        picture = self._subject.picture(int(self._layer.samples[self._one.unit, rank]))
        return picture if picture.ndim == 3 else picture[..., None]


def _is_local(units: JudgedUnits, layer: SurveyedLayer) -> bool:
    """Whether a layer's units read a part of the image."""
    return layer.has_boxes and any(
        field < length for field, length in zip(layer.field_px, units.survey.input_px, strict=True)
    )


def _table(layer: SurveyedLayer, unit: int, ranks: Sequence[int]) -> Table:
    rows: list[list[Cell]] = [
        [
            int(layer.samples[unit, rank]),
            float(layer.values[unit, rank]),
            " · ".join(f"{first} to {last}" for first, last in layer.boxes[unit, rank].tolist()),
        ]
        for rank in ranks
    ]
    return Table(
        columns=[
            Column(label="Image"),
            Column(label="Value", decimals=3),
            Column(label="Box, px (rows · columns)", align="left"),
        ],
        rows=rows,
        caption=f"Strongest images of {layer.layer}, unit {unit}",
    )
