"""The backward pass at the wire: rows from last to first, each with its law."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from striate.page.frozen import Wire
from striate.page.picture_wire import Table, Tile, Tiles


class LawPart(Wire):
    """One part of how a gradient came or went: a sentence, its pictures, its numbers."""

    heading: str
    text: str
    pictures: list[Tiles]
    tables: list[Table]


class GradientRow(Wire):
    """The gradient at one op. `array` (n, h, w) holds its strongest channels, on a scale of the row's own up to `high`."""

    name: str
    kind: str
    size: str
    reached: bool
    norm: float
    norm_shown: str
    zeros: str
    weights: str = Field(description="Norm of the weights' gradient; empty without weights.")
    law: str
    difference: str = Field(description="Largest difference to autograd, as a share; empty where no law was checked.")
    array: str
    tiles: list[Tile]
    high: float
    parts: list[LawPart]


class Gradients(Wire):
    """The backward pass: norms on one ruler of powers of ten from `low` to `high`; the row `first` is open at the start."""

    kind: Literal["gradients"] = "gradients"
    low: int
    high: int
    first: int
    rows: list[GradientRow]
    table: Table
