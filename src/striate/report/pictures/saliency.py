"""Saliency maps as pictures on disk: the image, the signed map beside it with its scale, and how to judge it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from striate.explain import enlarged
from striate.numbers import measure, percent, probability
from striate.records import Attribution, Output
from striate.report.pictures.sheets import (
    DIVERGING,
    GAP_PX,
    HEAD_PX,
    INK,
    NOTE,
    NOTE_LETTERS,
    SIDE_PX,
    coloured,
    draw_scale,
    fitted,
    frame,
    image_of,
    png,
    sheet_of,
    write,
)

if TYPE_CHECKING:
    from PIL import Image

# Maps on one sheet, the image before them.
MOST_MAPS = 11
_COLUMNS = 4
_QUANTILE = 0.995
_TITLE_PX, _FOOT_PX = 36, 36
_CURVE_PX = 160
# What one should see, and when something is wrong; the method's own words where it has some.
JUDGED: Mapping[str, tuple[str, str]] = {
    "cam": (
        "one warm island on the object of the class",
        "the island lies on background, or is the same for every class",
    ),
    "grad_cam": ("one warm island on the object", "the island lies on background, or is the same for every class"),
    "occlusion": ("warm colour where the object is", "a corner, a caption or the background is as warm as the object"),
    "guided_backprop": ("fine lines on the object", "the whole image is traced: then it is no more than its edges"),
    "deconvolution": ("fine lines on the object", "the whole image is traced: then it is no more than its edges"),
}
_JUDGED = ("colour on and beside the object, blank elsewhere", "the colour is spread like grain, or sits on background")


def judged(method: str) -> tuple[str, str]:
    """Return what one should see, and when something is wrong, as two sentences.

    Example:
        >>> judged("gradient")[0]
        'You should see colour on and beside the object, blank elsewhere.'
    """
    see, wrong = JUDGED.get(method, _JUDGED)
    return f"You should see {see}.", f"Something is wrong if {wrong}."


def attribution_picture(record: Attribution, image: NDArray[np.floating], output: Output, *, source: str) -> bytes:
    """Return a PNG: the image and beside it the map of each unit, all on one scale, symmetric about 0.

    The map is summed over channels, and a layer's enlarged. Of a volume the plane through the strongest place is shown, of a
    signal the curve upon the map.

    Args:
        record: One method's maps of one image.
        image: (c, axes…), 0 … 1, of a signal any values: what was looked at.
        output: What the units are called.
        source: What is said of network and image beneath.
    """
    sides = image.shape[1:]
    maps = np.stack([enlarged(one, sides).sum(axis=0) for one in record.maps[:MOST_MAPS]])
    limit = limit_of(maps)
    cells = _cells(record, image, maps, limit, output)
    columns = 1 if len(sides) == 1 else min(len(cells), _COLUMNS)
    wide, tall = (max(getattr(cell.panel, axis) for cell in cells) for axis in ("width", "height"))
    step = (wide + GAP_PX, tall + _TITLE_PX + GAP_PX)
    width, height = columns * step[0] - GAP_PX, -(-len(cells) // columns) * step[1]
    where = f" at {record.layer}" if record.layer else ""
    made = sheet_of(width, height + _FOOT_PX, f"{record.method}{where}", _said(record))
    sheet, pen = made
    for number, cell in enumerate(cells):
        left, top = GAP_PX + number % columns * step[0], HEAD_PX + number // columns * step[1]
        write(pen, (left, top), cell.title[: wide // 7], 13, INK)
        write(pen, (left, top + 17), cell.note[: wide // 5], 11, NOTE)
        sheet.paste(cell.panel, (left, top + _TITLE_PX))
        frame(pen, (left, top + _TITLE_PX), cell.panel.size)
    foot = HEAD_PX + height
    ends = (measure(-limit), f"{measure(limit, signed=True)} {record.unit}")
    draw_scale(made, (GAP_PX, foot), width, ends, DIVERGING)
    write(pen, (GAP_PX + width // 2, foot + 10), "0", 12, NOTE, anchor="ma")
    for line, sentence in enumerate(judged(record.method)):
        write(pen, (GAP_PX, foot + 34 + 18 * line), sentence, 12, INK)
    write(pen, (GAP_PX, foot + 74), source[:110], 12, NOTE)
    write(pen, (GAP_PX, foot + 92), _source(record, maps, limit, sides), 12, NOTE)
    return png(sheet)


def limit_of(values: NDArray[np.floating]) -> float:
    """Return where the scale of maps ends: the 99.5 % quantile of their magnitudes, or the largest if that is zero.

    Example:
        >>> limit_of(np.array([0.0, -2.0])), limit_of(np.zeros(3))
        (1.99, 1.0)
    """
    magnitude = np.abs(values)
    return float(np.quantile(magnitude, _QUANTILE)) or float(magnitude.max()) or 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    title: str
    note: str
    panel: Image.Image


def _cells(
    record: Attribution, image: NDArray[np.floating], maps: NDArray[np.float32], limit: float, output: Output
) -> list[_Cell]:
    """Return the image, but for a signal, and the maps."""
    colours = coloured((maps.astype(np.float64) / limit + 1) / 2, DIVERGING)
    titles = [_title(record, row, output) for row in range(len(maps))]
    if maps.ndim == 2:
        return [
            _Cell(title=title, note=note, panel=_signal(image, one))
            for (title, note), one in zip(titles, colours, strict=True)
        ]
    said = ""
    if maps.ndim == 4:
        plane = int(np.abs(maps).max(axis=(0, 2, 3)).argmax())
        said = f"plane {plane + 1} of {maps.shape[1]}, the strongest"
        image, colours = image[:, plane], colours[:, plane]
    side = SIDE_PX if len(maps) == 1 else SIDE_PX // 2
    cells = [_Cell(title="the image", note=said, panel=fitted(image_of(_pixels(image)), side))]
    for (title, note), one in zip(titles, colours, strict=True):
        cells.append(_Cell(title=title, note=note, panel=fitted(image_of(one), side)))
    return cells


def _pixels(image: NDArray[np.floating]) -> NDArray[np.uint8]:
    channels = image if len(image) == 3 else np.repeat(image.mean(axis=0, keepdims=True), 3, axis=0)
    found: NDArray[np.uint8] = (np.moveaxis(channels, 0, -1).clip(0, 1) * 255).round().astype(np.uint8)
    return found


def _signal(image: NDArray[np.floating], colours: NDArray[np.uint8]) -> Image.Image:
    """Return a curve upon its map's colours, its ends with their values; longer signals are averaged into columns."""
    from PIL import ImageDraw
    from PIL.Image import Resampling

    width = 2 * SIDE_PX
    strip = image_of(colours[None].repeat(2, axis=0)).resize((width, _CURVE_PX), Resampling.BOX)
    values = image.mean(axis=0)
    low, high = float(values.min()), float(values.max())
    heights = (_CURVE_PX - 9) * (1 - (values - low) / ((high - low) or 1.0)) + 4
    x = (np.arange(len(values)) + 0.5) * width / len(values)
    pen = ImageDraw.Draw(strip)
    pen.line([(float(a), float(b)) for a, b in zip(x, heights, strict=True)], fill=INK, width=1)
    # The curve's own scale: its largest value at the top, its least at the bottom.
    write(pen, (4, 2), measure(high), 11, INK)
    if low < high:
        write(pen, (4, _CURVE_PX - 16), measure(low), 11, INK)
    return strip


def _title(record: Attribution, row: int, output: Output) -> tuple[str, str]:
    means = float(record.probabilities[row])
    said = f"value {measure(means)}" if output.kind == "values" else f"probability {probability(means)}"
    gap = f", gap {measure(float(record.gaps[row]), 2)}" if record.gaps is not None else ""
    return output.names[record.targets[row]], f"score {measure(float(record.scores[row]))}, {said}{gap}"


def _said(record: Attribution) -> str:
    """Return settings, passes, and as many of the notes as one line holds whole."""
    said = "; ".join(f"{name} {value}" for name, value in record.settings) + ("; " if record.settings else "")
    said += f"{record.forward_passes} forward, {record.backward_passes} backward passes"
    for note in record.notes:
        if len(said) + len(note) + 2 > NOTE_LETTERS:
            break
        said += f"; {note}"
    return said


def _source(record: Attribution, maps: NDArray[np.floating], limit: float, sides: tuple[int, ...]) -> str:
    said = "Sum over channels" if record.maps.shape[1] > 1 else "Signed map"
    if record.maps.shape[2:] != sides:
        said += f", enlarged from {'×'.join(map(str, record.maps.shape[2:]))}"
    beyond = float((np.abs(maps) > limit).mean())
    if beyond:
        said += f"; beyond the ends in their colour ({percent(beyond)})"
    left = len(record.targets) - len(maps)
    return f"{said}; {left} more maps are not drawn" if left > 0 else said
