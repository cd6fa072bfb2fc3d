"""A ranking at the wire: scores with their intervals on one axis, the best first or in an order of their own."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from striate.page.frozen import Wire
from striate.page.picture_wire import Table


class RankingRow(Wire):
    """One score. Figures are words already, but those of the axis."""

    name: str
    detail: str = Field(description="Beneath the name: how it was reached.")
    open: bool = Field(description="Whether the dot is an outline: of the second sort.")
    level: bool = Field(description="Whether it cannot be told from what it is compared with.")
    value: float
    interval: tuple[float, float] | None = Field(description="None where a single value has none.")
    single: list[float] = Field(
        default=[], description="What the score is the mean of, as small dots beneath: its seeds."
    )
    shown: str
    interval_shown: str
    difference: str = Field(description="To what `to` says; empty for that one itself.")
    difference_interval: str


class Ranking(Wire):
    """Scores under each other, on one axis from `low` to `high`."""

    kind: Literal["ranking"] = "ranking"
    score: str = Field(description="What the axis shows, with its unit.")
    sorts: tuple[str, str] = Field(
        description="What a filled dot and an outline stand for; the second empty if there is none."
    )
    to: Literal["best", "reference", ""] = Field(
        default="best", description="Which row differences are to; empty where rows are not compared."
    )
    low: float
    high: float
    rows: list[RankingRow]
    table: Table
