"""Prediction maps as pictures on disk: the map beside the image, with its scale; the segmentation with its legend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from striate.explain import segmentation
from striate.numbers import figure, percent, probability
from striate.records.dense import PredictionMaps, Strongest
from striate.report.pictures.sheets import (
    GAP_PX,
    HEAD_PX,
    INK,
    NOTE,
    coloured,
    draw_scale,
    fitted,
    frame,
    image_of,
    png,
    rgb,
    sheet_of,
    write,
)

if TYPE_CHECKING:
    from PIL import Image

# The light scheme of the page: the classes.
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
_OUTLINE = (131, 135, 138)
_LEGEND = 12
_JUDGED = (
    "You should see one island on each object. Something is wrong if a corner, a caption or plain background is dark."
)
_JUDGED_PARTS = "You should see areas that follow the objects. Something is wrong if classes alternate at random."


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
    shown = fitted(image)
    wide, tall = shown.size
    placed, covered = _at_pixels(maps, values, (tall, wide))
    pixels = coloured((placed - low) / (high - low))
    pixels[~covered] = coloured(np.zeros((1, 1)))[0, 0]
    pixels[outline(shown)] = _OUTLINE
    sheet, pen = sheet_of(2 * wide + GAP_PX, tall, f"{entry.name}: {_value(entry.value, maps)}", _where(entry))
    sheet.paste(shown, (GAP_PX, HEAD_PX))
    sheet.paste(image_of(pixels), (2 * GAP_PX + wide, HEAD_PX))
    frame(pen, (GAP_PX, HEAD_PX), shown.size)
    frame(pen, (2 * GAP_PX + wide, HEAD_PX), shown.size)
    draw_scale((sheet, pen), (2 * GAP_PX + wide, HEAD_PX + tall + 10), wide, (_value(low, maps), _value(high, maps)))
    write(pen, (GAP_PX, HEAD_PX + tall + 10), f"image {maps.size_px[1]}×{maps.size_px[0]} px", 12, NOTE)
    step = f"{maps.unit}; {values.shape[0]}×{values.shape[1]} positions, {maps.stride_px[0]:g} px apart; grey: edges of the image"
    write(pen, (GAP_PX, HEAD_PX + tall + 36), _JUDGED, 12, INK)
    write(pen, (GAP_PX, HEAD_PX + tall + 56), f"{source}. {step}."[:160], 12, NOTE)
    return png(sheet)


def segmentation_picture(image: Image.Image, maps: PredictionMaps, *, source: str) -> bytes:
    """Return a PNG: the image, and beside it which output wins at each pixel, with a legend of the twelve commonest."""
    shown = fitted(image)
    wide, tall = shown.size
    shares = maps.shares()
    first = list(shares)[:_LEGEND]
    colours = np.full((len(maps.names), 3), 200, np.uint8)
    for number, colour in zip(first, _CLASSES, strict=False):
        colours[number] = rgb(colour)
    pixels = colours[segmentation(maps, (tall, wide))]
    pixels[outline(shown)] = (255, 255, 255)
    rows = -(-(len(first) + (len(shares) > _LEGEND)) // 2)
    title = f"{maps.names[first[0]]} wins at {percent(shares[first[0]])} of the positions"
    sheet, pen = sheet_of(
        2 * wide + GAP_PX, tall + 20 * rows, title, "the output that is largest at each pixel's position"
    )
    sheet.paste(shown, (GAP_PX, HEAD_PX))
    sheet.paste(image_of(pixels), (2 * GAP_PX + wide, HEAD_PX))
    frame(pen, (GAP_PX, HEAD_PX), shown.size)
    frame(pen, (2 * GAP_PX + wide, HEAD_PX), shown.size)
    for place, number in enumerate(first):
        x, y = GAP_PX + place % 2 * (wide + GAP_PX), HEAD_PX + tall + 12 + place // 2 * 20
        pen.rectangle((x, y + 2, x + 12, y + 14), fill=f"#{_CLASSES[place]}")
        write(pen, (x + 20, y), f"{maps.names[number][:40]}  {percent(shares[number])}", 13, INK)
    if len(shares) > _LEGEND:
        rest = sum(share for number, share in shares.items() if number not in first)
        x, y = GAP_PX, HEAD_PX + tall + 12 + len(first) // 2 * 20
        pen.rectangle((x, y + 2, x + 12, y + 14), fill="#c8c8c8")
        write(pen, (x + 20, y), f"{len(shares) - len(first)} others  {percent(rest)}", 13, INK)
    note = f"{source}. Edges are no finer than {maps.stride_px[0]:g} px; white lines: edges of the image."
    write(pen, (GAP_PX, HEAD_PX + tall + 20 * rows + 36), _JUDGED_PARTS, 12, INK)
    write(pen, (GAP_PX, HEAD_PX + tall + 20 * rows + 56), note[:160], 12, NOTE)
    return png(sheet)


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


def _value(value: float, maps: PredictionMaps) -> str:
    return probability(value) if maps.unit == "probability" else figure(value)


def _where(entry: Strongest) -> str:
    row, column = entry.centre_px
    return f"strongest around row {row:.0f}, column {column:.0f} of the image"
