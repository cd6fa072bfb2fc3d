"""An adaptation at the wire: regimes on one axis, curves with their intervals, the classic table, the receipt."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from striate.page.frozen import Cell, Wire
from striate.page.picture_wire import Table

SpineCell = Literal["frozen", "trained", "absent"]


class RegimeRow(Wire):
    """One regime that was measured. Figures are words already, but those of the axis."""

    name: str
    title: str
    chosen: bool
    level: bool = Field(description="Whether it cannot be told from the chosen one; the bracket joins such rows.")
    spine: list[SpineCell] = Field(description="One cell for the network up to each cut point, from the one before.")
    new_layers: int
    spine_words: str
    value: float
    interval: tuple[float, float]
    shown: str
    interval_shown: str
    difference: str = Field(description="To the chosen one; empty for that one itself.")
    difference_interval: str
    time: str
    memory: str
    trained: str
    macs: str


class RegimeLeft(Wire):
    """One regime that was given up, or never measured."""

    name: str
    outcome: str
    reason: str


class Regimes(Wire):
    """Regimes under each other, their scores on one axis from `low` to `high`."""

    kind: Literal["regimes"] = "regimes"
    score: str = Field(description="What the axis shows, with its unit.")
    measured: str = Field(description="Head of the column of scores.")
    low: float
    high: float
    rows: list[RegimeRow]
    left: list[RegimeLeft]
    tried: Table | None = Field(description="Rates and policies looked at; None if there were none.")
    table: Table


class EstimateCurve(Wire):
    """One line with dots, and the band of its intervals; `None` where nothing was measured."""

    label: str
    x: list[float]
    y: list[float | None]
    low: list[float | None] = Field(default=[], description="Ends of the intervals; empty without a band.")
    high: list[float | None] = Field(default=[])
    style: Literal["solid", "dashed"] = "solid"


class EstimateMark(Wire):
    """An open mark behind the end of a curve: what was forecast and not measured, with its interval."""

    curve: int
    x: float
    y: float
    low: float
    high: float
    label: str


class EstimateChart(Wire):
    """Estimates with intervals over one axis. `names` stand under its numbers, of an order in their place; `chosen` is a tick."""

    title: str
    unit: str
    x_label: str
    is_log: bool = False
    is_order: bool = Field(default=False, description="Whether places along the axis are an order, not amounts.")
    low: float | None = None
    high: float | None = None
    curves: list[EstimateCurve]
    marks: list[EstimateMark] = Field(default=[])
    names: list[tuple[float, str]] = Field(default=[])
    chosen: tuple[float, str] | None = None
    references: list[tuple[float, str]] = Field(default=[], description="Dashed level lines: chance, a limit.")


class Estimates(Wire):
    """Charts of estimates beside or under each other; a single one takes the whole width."""

    kind: Literal["estimates"] = "estimates"
    charts: list[EstimateChart]
    table: Table


class QuadrantCell(Wire):
    """One of the four classic cases: what is done there, and what that measured here."""

    regime: str
    measured: str
    here: bool


class Quadrants(Wire):
    """The classic table: rows similar and different, columns little and much; it is its own twin."""

    kind: Literal["quadrants"] = "quadrants"
    similar: tuple[QuadrantCell, QuadrantCell]
    different: tuple[QuadrantCell, QuadrantCell]
    here: str = Field(description="What the marked cell says: 'this problem', or that it is not sure.")
    why: list[str]


class ReceiptLine(Wire):
    """One claim; `checked` is None where it is told only."""

    label: str
    value: Cell
    checked: bool | None
    how: str


class ReceiptPart(Wire):
    """Claims under one title."""

    title: str
    lines: list[ReceiptLine]


class Receipt(Wire):
    """What was loaded, frozen and trained, with ticks that were checked; it is its own twin."""

    kind: Literal["receipt"] = "receipt"
    parts: list[ReceiptPart]
