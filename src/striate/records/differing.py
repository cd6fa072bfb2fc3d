"""Units whose values tell chosen samples from all others."""

from __future__ import annotations

from dataclasses import dataclass

from striate.records.array import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferingUnits:
    """How each unit tells the chosen samples from the rest.

    Attributes:
        share: (units,) float64, 0 … 1: of all pairs of a chosen sample and another, those in which the chosen one has the larger
            value, ties half; 0.5 tells nothing apart.
        low: (units,) float64: lower end of the interval of `share`.
        high: (units,) float64: upper end.
        differs: (units,) bool: whether the interval leaves 0.5 out.
        level: Of a single interval, so that all of them hold together with the wanted probability.
        chosen: Chosen samples.
        others: The rest.
    """

    share: Array
    low: Array
    high: Array
    differs: Array
    level: float
    chosen: int
    others: int
