"""Units as a picture on disk: the strongest patches of each, and the whole images with the box of what was read."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from striate.records.unit_survey import Survey, SurveyedLayer, UnitJudgement
from striate.report.pictures.sheets import INK, NOTE, PAPER, frame, png, write
from striate.report.units.pictures import part_cell, size_words, whole_cell

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

_CELL_PX, _GAP_PX, _EDGE_PX, _HEAD_PX, _FOOT_PX, _LINE_PX = 96, 6, 24, 64, 66, 16
_TEXT_PX = 360
_JUDGED = (
    "You should see one thing in a row. Something is wrong if a row is two things, or only borders, captions or grain."
)
Images = Mapping[int, NDArray[np.uint8]]


def unit_sheet(
    survey: Survey, layer: SurveyedLayer, judged: Sequence[UnitJudgement], images: Images, *, source: str
) -> bytes:
    """Return a PNG with a row a unit: its strongest patches, and what was judged of it; of one unit, the whole images below.

    Args:
        survey: The survey.
        layer: The layer.
        judged: Which units, in which order.
        images: uint8 (h, w, 1 or 3) as they entered the network, by position in the data set.
        source: What is said of network and data beneath.
    """
    k = max((layer.places.shape[1], 1))
    is_single = len(judged) == 1
    rows = [_row(layer, one, images, is_whole=False) for one in judged]
    if is_single:
        rows.append(_row(layer, judged[0], images, is_whole=True))
    width = 2 * _EDGE_PX + k * (_CELL_PX + _GAP_PX) + _TEXT_PX
    tall = _CELL_PX + _GAP_PX + _LINE_PX
    texts = [_texts(one) for one in judged]
    heights = [max(tall, _LINE_PX * (len(text) + 1)) for text in texts] + [tall] * is_single
    from PIL import Image, ImageDraw

    sheet = Image.new("RGB", (width, _HEAD_PX + sum(heights) + _FOOT_PX), PAPER)
    pen = ImageDraw.Draw(sheet)
    what = (
        f"{layer.layer}, unit {judged[0].unit}" if is_single else f"{layer.layer}: {len(judged)} of {layer.units} units"
    )
    write(pen, (_EDGE_PX, 12), what[:80], 20, INK)
    write(pen, (_EDGE_PX, 40), _scale_words(layer, survey.input_px), 13, NOTE)
    top = _HEAD_PX
    for number, (cells, height) in enumerate(zip(rows, heights, strict=True)):
        _draw_row(sheet, pen, top, cells)
        if number < len(texts):
            left = _EDGE_PX + k * (_CELL_PX + _GAP_PX) + 10
            for line, text in enumerate(texts[number]):
                write(pen, (left, top + line * _LINE_PX), text, 12, INK if line == 0 else NOTE)
        top += height
    write(pen, (_EDGE_PX, top + 8), _JUDGED, 12, INK)
    write(pen, (_EDGE_PX, top + 28), _foot(survey, layer, source, is_single=is_single)[:180], 12, NOTE)
    return png(sheet)


def _foot(survey: Survey, layer: SurveyedLayer, source: str, *, is_single: bool) -> str:
    box = "orange: what the unit can read" if layer.has_boxes and is_single else "a patch is all that the unit can read"
    return f"{source}. {layer.images} images of {survey.data}, one place an image; beneath: the unit's value; {box}."


def _scale_words(layer: SurveyedLayer, input_px: tuple[int, ...]) -> str:
    field = " × ".join(map(str, layer.field_px))
    more = ", and more of the image besides" if layer.is_global and layer.has_boxes else ""
    shown = tuple(min(pair) for pair in zip(layer.field_px, input_px, strict=True))
    return f"the field of a unit is {field} px{more}; {size_words(shown, _CELL_PX)}"


def _texts(one: UnitJudgement) -> list[str]:
    lines = [f"unit {one.unit}"]
    for verdict in one.verdicts:
        lines += textwrap.wrap(verdict, 58)
    return lines


def _row(layer: SurveyedLayer, one: UnitJudgement, images: Images, *, is_whole: bool) -> list[tuple[Image.Image, str]]:
    """Return the cells of a row with the words beneath each."""
    cells = []
    for rank in range(layer.places.shape[1]):
        value, sample = float(layer.values[one.unit, rank]), int(layer.samples[one.unit, rank])
        if sample not in images or (layer.is_rectified and value <= 0):
            continue
        box = layer.boxes[one.unit, rank]
        image, shown = images[sample], box if layer.has_boxes else None
        cell = whole_cell(image, shown, _CELL_PX) if is_whole else part_cell(image, box, layer.field_px, _CELL_PX)
        cells.append((cell, f"image {sample}" if is_whole else f"{value:.3g}"))
    return cells


def _draw_row(sheet: Image.Image, pen: ImageDraw.ImageDraw, top: int, cells: Sequence[tuple[Image.Image, str]]) -> None:
    for place, (cell, words) in enumerate(cells):
        at = (_EDGE_PX + place * (_CELL_PX + _GAP_PX), top)
        sheet.paste(cell, at)
        frame(pen, at, cell.size)
        write(pen, (at[0], at[1] + _CELL_PX + 2), words, 11, NOTE)
