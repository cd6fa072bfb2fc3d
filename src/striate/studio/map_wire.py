"""What the studio's server tells of the map of its samples."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from striate.page.frozen import Wire


class MapWanted(Wire):
    """Samples of the data laid out at some layers."""

    samples: int = Field(default=2000, ge=10, le=10_000, description="At most so many, evenly spread over the data.")
    rows: list[int] = Field(
        default=[],
        max_length=24,
        description="Numbers of the layers; empty takes the ends of stages and what the answer rests on.",
    )
    seed: int = Field(default=0, ge=0, lt=2**31, description="Another seed, another start.")


class MapShown(Wire):
    """A map that was made: a page as reports have them. Its arrays are asked for part by part."""

    page: dict[str, Any]
    parts: int = Field(description="Files of arrays; what is in several is joined along its first axis.")
    samples: list[int] = Field(description="Number in the data of each point's sample.")
    seen: str = Field(description="Which samples these are, in words.")
    units: int = Field(description="Of all layers: each has a value for every point.")


class PlacedAt(Wire):
    """Where an input goes on one layer's map."""

    layer: str
    x: float = Field(description="Within about −1 … 1.")
    y: float = Field(description="The same, downwards, as the page draws.")
    is_far: bool = Field(description="Farther from its nearest than 99 % of the points are from theirs.")
    nearest: list[int] = Field(description="The points nearest by the layer's vectors, nearest first.")


class InputPlaced(Wire):
    """A look's input among the points of a map."""

    layers: list[PlacedAt]
    words: str


class ChoiceWanted(Wire):
    """Which units tell some points from all others."""

    points: list[int] = Field(min_length=1, max_length=10_000)
    row: int | None = Field(default=None, ge=0, description="Number of the layer whose units are told; None for all.")
    top: int = Field(default=12, ge=1, le=500)


class UnitDifference(Wire):
    """How one unit tells the chosen points from the others."""

    row: int
    channel: int
    share: float = Field(
        description="Of pairs of a chosen point and another, those where the chosen one has the larger value; ties half."
    )
    low: float = Field(description="Lower end of its interval.")
    high: float
    differs: bool = Field(description="Whether the interval leaves one half out.")
    chosen_mean: float
    others_mean: float


class Differences(Wire):
    """The units that tell the chosen points from the others best, best first."""

    chosen: int
    others: int
    looked_at: int = Field(description="Units that were looked at; the intervals hold for all of them together.")
    differing: int = Field(description="Of these, units whose interval leaves one half out.")
    units: list[UnitDifference]
    sentence: str
    correction: str
