"""The map of a store at the wire: points placed in several ways, what they may be coloured by, and their pictures."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from striate.page.frozen import Wire
from striate.page.picture_wire import Scale


class MapPlacing(Wire):
    """The same points placed once: a layer, a method, its settings.

    `points` (n, 2) int16 × scale, within −1 … 1, y downwards; −32768 stands for a point without a place.
    """

    layer: str
    method: Literal["t-SNE", "PCA"]
    settings: str = Field(description="In words: 'perplexity 30, seed 0'.")
    is_drawn: bool = Field(description="Whether it is the one its layer is judged by; it is shown first.")
    points: str
    judged: str = Field(description="Measured of it, in words; empty where it was not.")


class MapChannel(Wire):
    """What points may be coloured and counted by.

    `array` (n): int32 numbers of `words` for classes and flags, −1 where not known; float32 for values, NaN where not known.
    Of flags, word 1 is the one that stands out.
    """

    name: str
    kind: Literal["classes", "flags", "values"]
    array: str
    words: list[str] = Field(default=[])
    colours: list[int] = Field(default=[], description="Number of the class colour of each word; −1 for grey.")
    unit: str = ""


class VectorMap(Wire):
    """Points of a store on a plane; the first channel is shown first.

    `pictures` (m, h, w[, 3]) are those of the points `pictured` (m) int32; `neighbours` (n, k) int32 are the nearest by the
    vectors, the nearest first.
    """

    kind: Literal["vector-map"] = "vector-map"
    placings: list[MapPlacing]
    channels: list[MapChannel]
    ids: list[str]
    places: list[str] = Field(default=[], description="Where each point's input lies; empty where that is not kept.")
    pictures: str | None = None
    pictured: str | None = None
    scale: Scale | None = None
    neighbours: str | None = None
    neighbours_of: str = Field(default="", description="Whose vectors they are nearest by: 'block4, cosine'.")
    shown: str = Field(default="", description="Layer that is shown first; the last if empty.")
    note: str = Field(default="", description="What the file leaves out, in words.")
