"""Prediction maps as pictures on disk: the map beside the image, with its scale; the segmentation with its legend."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from striate.explain import segmentation
from striate.numbers import figure, percent, probability
from striate.records.dense import PredictionMaps, Strongest

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont

# The light scheme of the page: paper to ink in equal steps, and the classes.
_SCALE = ("fcfcfa", "c4e4d1", "8dccb4", "55b19e", "1b938b", "057375", "01545d", "18363e", "191b1c")
_CLASSES = (
    "2c67ba",
    "b05205",
    "1f6f5c",
    "7a4fa3",
    "8a6d00",
    "2f8fb8",
    "a3186e",
    "00808a",
    "b9586f",
    "66782a",
    "4b4fb5",
    "5b6b78",
)
PAPER, INK, NOTE = "#fcfcfa", "#1b1d1f", "#666b70"
_OUTLINE = (131, 135, 138)
_SIDE_PX, _GAP_PX, _HEAD_PX, _FOOT_PX = 480, 24, 58, 84
_LEGEND = 12
_JUDGED = (
    "You should see one island on each object. Something is wrong if a corner, a caption or plain background is dark."
)
_JUDGED_PARTS = "You should see areas that follow the objects. Something is wrong if classes alternate at random."
# What Pillow's own font does not have.
_DRAWABLE = str.maketrans({"×": "x", "\u202f": " ", "−": "-"})


def map_picture(image: Image.Image, maps: PredictionMaps, entry: Strongest, *, source: str) -> bytes:
    """Return a PNG: the image, and beside it one output's map with the image's outline, on a scale from 0 to its largest value.

    Args:
        image: What was looked at, at any size.
        maps: The maps.
        entry: The output; it must be among the kept.
        source: What is said of network and image beneath.
    """
    values = maps.maps[maps.kept.index(entry.output)]
    low, high = min(0.0, float(values.min())), max(float(values.max()), 1e-12)
    shown = _fitted(image)
    wide, tall = shown.size
    placed, covered = _at_pixels(maps, values, (tall, wide))
    pixels = coloured((placed - low) / (high - low))
    pixels[~covered] = coloured(np.zeros((1, 1)))[0, 0]
    pixels[outline(shown)] = _OUTLINE
    sheet, pen = _sheet(2 * wide + _GAP_PX, tall, f"{entry.name}: {_value(entry.value, maps)}", _where(entry))
    sheet.paste(shown, (_GAP_PX, _HEAD_PX))
    sheet.paste(_image(pixels), (2 * _GAP_PX + wide, _HEAD_PX))
    frame(pen, (_GAP_PX, _HEAD_PX), shown.size)
    frame(pen, (2 * _GAP_PX + wide, _HEAD_PX), shown.size)
    _draw_scale(sheet, pen, (2 * _GAP_PX + wide, _HEAD_PX + tall + 10), wide, (_value(low, maps), _value(high, maps)))
    write(pen, (_GAP_PX, _HEAD_PX + tall + 10), f"image {maps.size_px[1]}×{maps.size_px[0]} px", 12, NOTE)
    step = f"{maps.unit}; {values.shape[0]}×{values.shape[1]} positions, {maps.stride_px[0]:g} px apart; grey: edges of the image"
    write(pen, (_GAP_PX, _HEAD_PX + tall + 36), _JUDGED, 12, INK)
    write(pen, (_GAP_PX, _HEAD_PX + tall + 56), f"{source}. {step}."[:160], 12, NOTE)
    return _png(sheet)


def segmentation_picture(image: Image.Image, maps: PredictionMaps, *, source: str) -> bytes:
    """Return a PNG: the image, and beside it which output wins at each pixel, with a legend of the twelve commonest."""
    shown = _fitted(image)
    wide, tall = shown.size
    shares = maps.shares()
    first = list(shares)[:_LEGEND]
    colours = np.full((len(maps.names), 3), 200, np.uint8)
    for number, colour in zip(first, _CLASSES, strict=False):
        colours[number] = _rgb(colour)
    pixels = colours[segmentation(maps, (tall, wide))]
    pixels[outline(shown)] = (255, 255, 255)
    rows = -(-(len(first) + (len(shares) > _LEGEND)) // 2)
    title = f"{maps.names[first[0]]} wins at {percent(shares[first[0]])} of the positions"
    sheet, pen = _sheet(
        2 * wide + _GAP_PX, tall + 20 * rows, title, "the output that is largest at each pixel's position"
    )
    sheet.paste(shown, (_GAP_PX, _HEAD_PX))
    sheet.paste(_image(pixels), (2 * _GAP_PX + wide, _HEAD_PX))
    frame(pen, (_GAP_PX, _HEAD_PX), shown.size)
    frame(pen, (2 * _GAP_PX + wide, _HEAD_PX), shown.size)
    for place, number in enumerate(first):
        x, y = _GAP_PX + place % 2 * (wide + _GAP_PX), _HEAD_PX + tall + 12 + place // 2 * 20
        pen.rectangle((x, y + 2, x + 12, y + 14), fill=f"#{_CLASSES[place]}")
        write(pen, (x + 20, y), f"{maps.names[number][:40]}  {percent(shares[number])}", 13, INK)
    if len(shares) > _LEGEND:
        rest = sum(share for number, share in shares.items() if number not in first)
        x, y = _GAP_PX, _HEAD_PX + tall + 12 + len(first) // 2 * 20
        pen.rectangle((x, y + 2, x + 12, y + 14), fill="#c8c8c8")
        write(pen, (x + 20, y), f"{len(shares) - len(first)} others  {percent(rest)}", 13, INK)
    note = f"{source}. Edges are no finer than {maps.stride_px[0]:g} px; white lines: edges of the image."
    write(pen, (_GAP_PX, _HEAD_PX + tall + 20 * rows + 36), _JUDGED_PARTS, 12, INK)
    write(pen, (_GAP_PX, _HEAD_PX + tall + 20 * rows + 56), note[:160], 12, NOTE)
    return _png(sheet)


def coloured(share: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the colours of shares 0 … 1 on the page's scale, interpolated in OKLab.

    Example:
        >>> coloured(np.array([[0.0, 1.0]])).tolist()
        [[[252, 252, 250], [25, 27, 28]]]
    """
    anchors = _to_oklab(np.array([_rgb(colour) for colour in _SCALE]) / 255)
    at = np.linspace(0, 1, 256) * (len(anchors) - 1)
    table = np.stack([np.interp(at, np.arange(len(anchors)), anchors[:, axis]) for axis in range(3)], 1)
    colours = (_from_oklab(table) * 255).round().clip(0, 255).astype(np.uint8)
    found: NDArray[np.uint8] = colours[(np.nan_to_num(share).clip(0, 1) * 255).round().astype(np.int64)]
    return found


def outline(image: Image.Image) -> NDArray[np.bool_]:
    """Return the pixels at which an image changes most, grain aside: the steepest 5 %, none in an even image."""
    from PIL import ImageFilter

    grey = np.asarray(image.convert("L").filter(ImageFilter.GaussianBlur(2)), dtype=np.float64)
    steep = np.zeros(grey.shape)
    for axis in range(2):
        if grey.shape[axis] > 1:
            steep = np.hypot(steep, np.gradient(grey, axis=axis))
    found: NDArray[np.bool_] = steep > max(float(np.quantile(steep, 0.95)), 4.0)
    return found


def _at_pixels(
    maps: PredictionMaps, values: NDArray[np.float32], size: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the value of each pixel's nearest position, and where there is one within half a stride."""
    axes, near = [], []
    for axis in range(2):
        pixels = (np.arange(size[axis]) + 0.5) * maps.size_px[axis] / size[axis] - 0.5
        place = (pixels - maps.centre_px[axis]) / maps.stride_px[axis]
        axes.append(np.rint(place).astype(np.int64).clip(0, values.shape[axis] - 1))
        near.append((place >= -0.5) & (place <= values.shape[axis] - 0.5))
    return values[np.ix_(*axes)].astype(np.float64), near[0][:, None] & near[1][None]


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


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[:2], 16), int(colour[2:4], 16), int(colour[4:], 16)


def _fitted(image: Image.Image) -> Image.Image:
    """Return the image with its longer side 480 px: small ones enlarged by a whole number, large ones averaged."""
    from PIL.Image import Resampling

    longest = max(image.size)
    if longest <= _SIDE_PX:
        by = max(_SIDE_PX // longest, 1)
        return image.convert("RGB").resize((image.width * by, image.height * by), Resampling.NEAREST)
    scale = _SIDE_PX / longest
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.convert("RGB").resize(size, Resampling.BOX)


def _sheet(width: int, height: int, title: str, note: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    from PIL import Image, ImageDraw

    sheet = Image.new("RGB", (max(width + 2 * _GAP_PX, 720), height + _HEAD_PX + _FOOT_PX), PAPER)
    pen = ImageDraw.Draw(sheet)
    write(pen, (_GAP_PX, 10), title[:80], 20, INK)
    write(pen, (_GAP_PX, 36), note[:120], 13, NOTE)
    return sheet, pen


def _draw_scale(
    sheet: Image.Image, pen: ImageDraw.ImageDraw, at: tuple[int, int], width: int, ends: tuple[str, str]
) -> None:
    bar = coloured(np.linspace(0, 1, max(width, 2))[None].repeat(8, 0))
    sheet.paste(_image(bar), at)
    frame(pen, at, (width, 8))
    write(pen, (at[0], at[1] + 10), ends[0], 12, NOTE)
    write(pen, (at[0] + width, at[1] + 10), ends[1], 12, NOTE, anchor="ra")


def write(pen: ImageDraw.ImageDraw, at: tuple[int, int], text: str, size: int, colour: str, anchor: str = "la") -> None:
    """Write one line, with signs that Pillow's own font does not have replaced."""
    pen.text(at, text.translate(_DRAWABLE), fill=colour, font=_font(size), anchor=anchor)


def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.load_default(size)


def frame(pen: ImageDraw.ImageDraw, at: tuple[int, int], size: tuple[int, int]) -> None:
    """Draw a hairline around a picture at a place."""
    pen.rectangle((at[0] - 1, at[1] - 1, at[0] + size[0], at[1] + size[1]), outline="#dcddd9")


def _image(pixels: NDArray[np.uint8]) -> Image.Image:
    from PIL import Image

    return Image.fromarray(pixels)


def _png(sheet: Image.Image) -> bytes:
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _value(value: float, maps: PredictionMaps) -> str:
    return probability(value) if maps.unit == "probability" else figure(value)


def _where(entry: Strongest) -> str:
    row, column = entry.centre_px
    return f"strongest around row {row:.0f}, column {column:.0f} of the image"
