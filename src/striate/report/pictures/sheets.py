"""A sheet of paper for pictures on disk: title, frames, scales and notes, in the colours of the page's light scheme."""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont

# Paper to ink in equal steps; and below zero, paper, above zero.
SEQUENTIAL = ("fcfcfa", "c4e4d1", "8dccb4", "55b19e", "1b938b", "057375", "01545d", "18363e", "191b1c")
DIVERGING = ("16387c", "2c67ba", "609ce1", "a6cef5", "fcfcfa", "ecc49b", "d58a4b", "b05205", "7a2b01")
PAPER, INK, NOTE = "#fcfcfa", "#1b1d1f", "#666b70"
# Letters of a sheet's note that fit its least width.
NOTE_LETTERS = 120
SIDE_PX, GAP_PX, HEAD_PX, FOOT_PX = 480, 24, 58, 84
# What Pillow's own font does not have.
_DRAWABLE = str.maketrans({"×": "x", "\u202f": " ", "−": "-", "…": "...", "’": "'"})


def coloured(share: NDArray[np.float64], scale: tuple[str, ...] = SEQUENTIAL) -> NDArray[np.uint8]:
    """Return the colours of shares 0 … 1 on a scale of the page, interpolated in OKLab.

    Example:
        >>> coloured(np.array([[0.0, 1.0]])).tolist()
        [[[252, 252, 250], [25, 27, 28]]]
    """
    found: NDArray[np.uint8] = _table(scale)[(np.nan_to_num(share).clip(0, 1) * 255).round().astype(np.int64)]
    return found


@cache
def _table(scale: tuple[str, ...]) -> NDArray[np.uint8]:
    anchors = _to_oklab(np.array([rgb(colour) for colour in scale]) / 255)
    at = np.linspace(0, 1, 256) * (len(anchors) - 1)
    table = np.stack([np.interp(at, np.arange(len(anchors)), anchors[:, axis]) for axis in range(3)], 1)
    colours: NDArray[np.uint8] = (_from_oklab(table) * 255).round().clip(0, 255).astype(np.uint8)
    return colours


def _to_oklab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.cbrt(linear @ _TO_LMS.T) @ _TO_LAB.T)


def _from_oklab(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    linear = (lab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_LMS).T
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.abs(linear) ** (1 / 2.4) - 0.055)


# Björn Ottosson, "A perceptual color space for image processing", 2020.
_TO_LMS = np.array([
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
])  # fmt: skip
_TO_LAB = np.array([
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
])  # fmt: skip


def rgb(colour: str) -> tuple[int, int, int]:
    """Return what six hexadecimal digits mean."""
    return int(colour[:2], 16), int(colour[2:4], 16), int(colour[4:], 16)


def fitted(image: Image.Image, side_px: int = SIDE_PX) -> Image.Image:
    """Return the image with its longer side so long: small ones enlarged by a whole number, large ones averaged."""
    from PIL.Image import Resampling

    longest = max(image.size)
    if longest <= side_px:
        by = max(side_px // longest, 1)
        return image.convert("RGB").resize((image.width * by, image.height * by), Resampling.NEAREST)
    scale = side_px / longest
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.convert("RGB").resize(size, Resampling.BOX)


def sheet_of(width: int, height: int, title: str, note: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Return a sheet with room for pictures so large, headed by a title and a note, and its pen."""
    from PIL import Image, ImageDraw

    sheet = Image.new("RGB", (max(width + 2 * GAP_PX, 720), height + HEAD_PX + FOOT_PX), PAPER)
    pen = ImageDraw.Draw(sheet)
    write(pen, (GAP_PX, 10), title[:80], 20, INK)
    write(pen, (GAP_PX, 36), note[:NOTE_LETTERS], 13, NOTE)
    return sheet, pen


def draw_scale(
    made: tuple[Image.Image, ImageDraw.ImageDraw],
    at: tuple[int, int],
    width: int,
    ends: tuple[str, str],
    scale: tuple[str, ...] = SEQUENTIAL,
) -> None:
    """Draw a bar of colours, so many pixels wide, with what its ends mean."""
    sheet, pen = made
    bar = coloured(np.linspace(0, 1, max(width, 2))[None].repeat(8, 0), scale)
    sheet.paste(image_of(bar), at)
    frame(pen, at, (width, 8))
    write(pen, (at[0], at[1] + 10), ends[0], 12, NOTE)
    write(pen, (at[0] + width, at[1] + 10), ends[1], 12, NOTE, anchor="ra")


def write(pen: ImageDraw.ImageDraw, at: tuple[int, int], text: str, size: int, colour: str, anchor: str = "la") -> None:
    """Write a line."""
    pen.text(at, text.translate(_DRAWABLE), fill=colour, font=_font(size), anchor=anchor)


def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.load_default(size)


def frame(pen: ImageDraw.ImageDraw, at: tuple[int, int], size: tuple[int, int]) -> None:
    """Draw a thin line around a picture."""
    pen.rectangle((at[0] - 1, at[1] - 1, at[0] + size[0], at[1] + size[1]), outline="#dcddd9")


def image_of(pixels: NDArray[np.uint8]) -> Image.Image:
    """Return pixels (h, w, 3) or (h, w) as a picture."""
    from PIL import Image

    return Image.fromarray(pixels)


def png(sheet: Image.Image) -> bytes:
    """Return a picture as the bytes of a PNG file."""
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
