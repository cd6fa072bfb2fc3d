"""Tables, scales and small pictures at the wire: what every figure is made of."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from striate.page.frozen import Cell, Wire


class Column(Wire):
    """A column of a table. `bar` draws each number as a bar to the column's maximum as well."""

    label: str
    unit: str = ""
    align: Literal["left", "right"] = "right"
    decimals: int | None = Field(default=None, description="Digits after the point; None: as written.")
    bar: bool = False


class Table(Wire):
    """Rows under columns; `foot` sums them. Also the twin of every picture."""

    columns: list[Column]
    rows: list[list[Cell]]
    foot: list[Cell] | None = None
    caption: str = ""


class Scale(Wire):
    """How numbers become ink.

    `sequential`: 0 is paper, `high` is ink. `diverging`: symmetric about 0. `grey`: black `low` to white `high`.
    `colour`: RGB as stored.
    """

    kind: Literal["sequential", "diverging", "grey", "colour"]
    low: float
    high: float
    unit: str = Field(description="What the numbers are, in words: 'weight, no unit'.")


class Tile(Wire):
    """One small picture out of an array's first axis."""

    index: int
    label: str = ""
    value: str = ""
    crossed: bool = False
    warn: bool = False


class Tiles(Wire):
    """Pictures of equal size on one scale: channels, filters, class images, mistakes.

    `array` has shape (n, h, w), or (n, h, w, 3) where the scale is `colour`.
    `side` is the wished side of a tile in CSS pixels; the zoom is the nearest whole number of device pixels.
    """

    kind: Literal["tiles"] = "tiles"
    title: str = ""
    note: str = ""
    end: str = Field(default="", description="Words at the right of the title: '0 to 4.59'.")
    array: str
    scale: Scale
    show_scale: bool = True
    tiles: list[Tile]
    side: int = 64
    outline: str | None = Field(default=None, description="Array (n, h, w) of 0/1; its border is drawn on each tile.")
    table: Table | None = None
