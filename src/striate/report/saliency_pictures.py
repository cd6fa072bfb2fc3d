"""Saliency maps as pictures on disk: the image, the signed map beside it with its scale, and how to judge it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from striate.explain import enlarged
from striate.numbers import measure, probability
from striate.records import Attribution, Output
from striate.report.sheets import (
    DIVERGING,
    GAP_PX,
    HEAD_PX,
    INK,
    NOTE,
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

# Maps on one sheet; each has a row of its own.
MOST_ROWS = 8
_QUANTILE = 0.995
_ROW_PX = 52
_CURVE_PX = 160
# What one should see, and when something is wrong; the method's own words where it has some.
JUDGED: Mapping[str, tuple[str, str]] = {
    "cam": (
        "one warm island on the object of the class",
        "the island lies on background, or is the same for every class",
    ),
    "grad_cam": ("one warm island on the object", "the island lies on background, or is the same for every class"),
    "guided_backprop": ("fine lines on the object", "the whole image is traced: then it is no more than its edges"),
    "deconvolution": ("fine lines on the object", "the whole image is traced: then it is no more than its edges"),
}
_JUDGED = ("colour on and beside the object, blank elsewhere", "the colour is spread like grain, or sits on background")


def judged(method: str) -> str:
    """Return how a method's map is judged, in a sentence or two.

    Example:
        >>> judged("gradient")[:40]
        'You should see colour on and beside the '
    """
    see, wrong = JUDGED.get(method, _JUDGED)
    return f"You should see {see}. Something is wrong if {wrong}."


def attribution_picture(record: Attribution, image: NDArray[np.floating], output: Output, *, source: str) -> bytes:
    """Return a PNG: for each unit a row with the image and the map, all on one scale, symmetric about 0.

    The map is summed over channels, and a layer's enlarged. Of a volume the plane through the strongest place is shown, of a
    signal the curve upon the map.

    Args:
        record: One method's maps of one image.
        image: (c, axes…), 0 … 1: what was looked at.
        output: What the units are called.
        source: What is said of network and image beneath.
    """
    sides = image.shape[1:]
    maps = [enlarged(one, sides).sum(axis=0) for one in record.maps[:MOST_ROWS]]
    limit = limit_of(np.stack(maps))
    side = SIDE_PX if len(maps) == 1 else SIDE_PX // 2
    rows = [_panels(image, one, limit, side) for one in maps]
    width = max(sum(panel.width for panel in panels) + GAP_PX * (len(panels) - 1) for panels in rows)
    height = sum(max(panel.height for panel in panels) + _ROW_PX for panels in rows)
    where = f" at {record.layer}" if record.layer else ""
    made = sheet_of(width, height, f"{record.method}{where}", "; ".join(_settings(record)))
    sheet, pen = made
    top = HEAD_PX
    for row, panels in enumerate(rows):
        write(pen, (GAP_PX, top), _title(record, row, output), 13, INK)
        left = GAP_PX
        for panel in panels:
            sheet.paste(panel, (left, top + 22))
            frame(pen, (left, top + 22), panel.size)
            left += panel.width + GAP_PX
        top += max(panel.height for panel in panels) + _ROW_PX
    ends = (measure(-limit), f"{measure(limit, signed=True)} {record.unit}")
    draw_scale(made, (GAP_PX, top - 16), width, ends, DIVERGING)
    write(pen, (GAP_PX + width // 2, top - 6), "0", 12, NOTE, anchor="ma")
    write(pen, (GAP_PX, top + 22), judged(record.method), 12, INK)
    write(pen, (GAP_PX, top + 44), f"{source}. {_source(record, len(maps), sides)}"[:160], 12, NOTE)
    return png(sheet)


def limit_of(values: NDArray[np.floating]) -> float:
    """Return where the scale of maps ends: the 99.5 % quantile of their magnitudes, or the largest if that is zero.

    Example:
        >>> limit_of(np.array([0.0, -2.0])), limit_of(np.zeros(3))
        (1.99, 1.0)
    """
    magnitude = np.abs(values)
    return float(np.quantile(magnitude, _QUANTILE)) or float(magnitude.max()) or 1.0


def _panels(image: NDArray[np.floating], one: NDArray[np.floating], limit: float, side: int) -> list[Image.Image]:
    colours = coloured((one.astype(np.float64) / limit + 1) / 2, DIVERGING)
    if one.ndim == 1:
        return [_signal(image, colours)]
    if one.ndim == 3:
        plane = int(np.abs(one).max(axis=(1, 2)).argmax())
        image, colours = image[:, plane], colours[plane]
    return [fitted(image_of(_pixels(image)), side), fitted(image_of(colours), side)]


def _pixels(image: NDArray[np.floating]) -> NDArray[np.uint8]:
    channels = image if len(image) == 3 else np.repeat(image.mean(axis=0, keepdims=True), 3, axis=0)
    found: NDArray[np.uint8] = (np.moveaxis(channels, 0, -1).clip(0, 1) * 255).round().astype(np.uint8)
    return found


def _signal(image: NDArray[np.floating], colours: NDArray[np.uint8]) -> Image.Image:
    """Return a curve upon its map's colours; longer signals are averaged into columns."""
    from PIL import ImageDraw
    from PIL.Image import Resampling

    width = 2 * SIDE_PX
    strip = image_of(colours[None].repeat(2, axis=0)).resize((width, _CURVE_PX), Resampling.BOX)
    values = image.mean(axis=0)
    low, high = float(values.min()), float(values.max())
    heights = (_CURVE_PX - 9) * (1 - (values - low) / ((high - low) or 1.0)) + 4
    x = (np.arange(len(values)) + 0.5) * width / len(values)
    ImageDraw.Draw(strip).line([(float(a), float(b)) for a, b in zip(x, heights, strict=True)], fill=INK, width=1)
    return strip


def _title(record: Attribution, row: int, output: Output) -> str:
    unit = record.targets[row]
    means = float(record.probabilities[row])
    said = f"value {measure(means)}" if output.kind == "values" else f"probability {probability(means)}"
    gap = f", gap {measure(float(record.gaps[row]))}" if record.gaps is not None else ""
    return f"{output.names[unit]}: score {measure(float(record.scores[row]))}, {said}{gap}"


def _settings(record: Attribution) -> list[str]:
    said = [f"{name} {value}" for name, value in record.settings]
    said.append(f"{record.forward_passes} forward, {record.backward_passes} backward passes")
    return said + list(record.notes)


def _source(record: Attribution, rows: int, sides: tuple[int, ...]) -> str:
    said = "Sum over channels" if record.maps.shape[1] > 1 else "Signed map"
    if record.maps.shape[2:] != sides:
        said += f", enlarged from {'×'.join(map(str, record.maps.shape[2:]))}"
    said += "; beyond the ends in their colour (0.5 %)"
    if len(sides) == 3:
        said += "; the plane through the strongest place"
    left = len(record.targets) - rows
    return f"{said}; {left} more maps are not drawn" if left > 0 else said
