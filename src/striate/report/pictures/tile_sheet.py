"""Many small pictures on one sheet of paper, all with a line beneath: filters, channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from striate.report.pictures.sheets import (
    DIVERGING,
    GAP_PX,
    HEAD_PX,
    INK,
    NOTE,
    SEQUENTIAL,
    coloured,
    draw_scale,
    fitted,
    frame,
    image_of,
    png,
    sheet_of,
    write,
)

WIDTH_PX = 960
TILE_PX = 104
_BENEATH_PX, _LINE_PX, _LETTER_PX = 36, 18, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallPicture:
    """One picture with its words.

    Attributes:
        pixels: (h, w, 3) uint8.
        label: First line beneath it.
        note: Second line.
    """

    pixels: NDArray[np.uint8]
    label: str
    note: str = ""


def tile_sheet(
    pictures: Sequence[SmallPicture],
    *,
    title: str,
    note: str,
    scale: tuple[tuple[str, str], tuple[str, ...]] | None,
    sentences: Sequence[str],
    side_px: int = TILE_PX,
) -> bytes:
    """Return a PNG of pictures in rows, a bar for their scale, and sentences beneath.

    Args:
        pictures: In reading order.
        title: Of the sheet.
        note: What stands under the title.
        scale: What the ends of the scale mean, and its colours; None where colours are the thing itself.
        sentences: Lines beneath: how to judge it, where it comes from.
        side_px: Longest side of a picture on the sheet.
    """
    panels = [fitted(image_of(one.pixels), side_px) for one in pictures]
    wide = max((panel.width for panel in panels), default=side_px) + GAP_PX // 2
    tall = max((panel.height for panel in panels), default=side_px) + _BENEATH_PX
    columns = max(1, WIDTH_PX // wide)
    rows = -(-len(panels) // columns)
    beneath = (40 if scale else 8) + _LINE_PX * len(sentences)
    sheet, pen = sheet_of(max(WIDTH_PX, wide), rows * tall + beneath - 50, title, note)
    for number, (panel, one) in enumerate(zip(panels, pictures, strict=True)):
        left, top = GAP_PX + number % columns * wide, HEAD_PX + number // columns * tall
        sheet.paste(panel, (left, top))
        frame(pen, (left, top), panel.size)
        write(pen, (left, top + panel.height + 2), one.label[: wide // _LETTER_PX], 12, INK)
        write(pen, (left, top + panel.height + 16), one.note[: wide // _LETTER_PX], 11, NOTE)
    foot = HEAD_PX + rows * tall
    if scale is not None:
        draw_scale((sheet, pen), (GAP_PX, foot), 360, *scale)
        foot += 36
    for line, sentence in enumerate(sentences):
        write(pen, (GAP_PX, foot + _LINE_PX * line), sentence[:150], 12, INK if line < 2 else NOTE)
    return png(sheet)


def map_pixels(values: NDArray[np.floating], low: float, high: float) -> NDArray[np.uint8]:
    """Return a map (h, w) in the page's colours: blue to brown about 0 if the scale has two signs, else paper to ink."""
    share = (values.astype(np.float64) - low) / ((high - low) or 1.0)
    return coloured(share, DIVERGING if low < 0 else SEQUENTIAL)


def curve_pixels(lines: NDArray[np.floating], low: float, high: float, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return curves (k, length) over a line at 0, on a panel (width, height), all on one scale."""
    from PIL import Image, ImageDraw

    width, height = size
    panel = Image.new("RGB", size, "#fcfcfa")
    pen = ImageDraw.Draw(panel)

    def at(value: float) -> float:
        return (height - 5) * (1 - (value - low) / ((high - low) or 1.0)) + 2

    pen.line([(0, at(0.0)), (width, at(0.0))], fill="#dcddd9", width=1)
    x = (np.arange(lines.shape[1]) + 0.5) * width / lines.shape[1]
    colours = [_shade(row, len(lines)) for row in range(len(lines))]
    for line, colour in zip(lines, colours, strict=True):
        pen.line([(float(a), at(float(b))) for a, b in zip(x, line, strict=True)], fill=colour, width=2)
    return np.asarray(panel, np.uint8)


def _shade(row: int, rows: int) -> tuple[int, int, int]:
    """Return the colour of a line among others: from light to dark."""
    red, green, blue = coloured(np.array([1.0 if rows == 1 else 0.35 + 0.65 * row / (rows - 1)]))[0].tolist()
    return red, green, blue


def beside(parts: Sequence[NDArray[np.uint8]], *, gap: int = 1) -> NDArray[np.uint8]:
    """Return pictures of one height side by side, with a light line between them."""
    line = np.full((parts[0].shape[0], gap, 3), 220, np.uint8)
    row: list[NDArray[np.uint8]] = []
    for part in parts:
        row += [line, part] if row else [part]
    return np.concatenate(row, axis=1)
