"""Prediction maps at the wire: what a network says everywhere on one image."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from striate.page.frozen import Wire
from striate.page.picture_wire import Scale, Table


class DenseWinner(Wire):
    """An output that is largest somewhere, with its share of the positions."""

    name: str
    share: str
    colour: int = Field(description="Number of the class colour; −1 for grey.")


class Dense(Wire):
    """Prediction maps beside their image, a slider through the classes, and what one position says.

    `maps` (k, rows, columns) float32 are those of `classes`, the strongest first; `winner` (rows, columns) int32 numbers
    `winners`. All pixels are the image's own, `size_px`; `image` (1, h, w[, 3]) may be smaller.
    """

    kind: Literal["dense"] = "dense"
    image: str
    image_scale: Scale
    size_px: tuple[int, int]
    maps: str
    scale: Scale
    classes: list[str]
    scaled: list[str] = Field(description="The network's own answer for the scaled image; empty where not asked for.")
    winner: str
    winners: list[DenseWinner]
    stride_px: tuple[float, float]
    centre_px: tuple[float, float]
    field_px: tuple[int, int] | None = Field(description="None where no rule tells, or a position sees everything.")
    crop_px: tuple[int, int]
    position: tuple[int, int]
    threshold: float
    unit: str
    table: Table
