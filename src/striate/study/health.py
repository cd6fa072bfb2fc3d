"""The health of a cell's networks: gradients by depth before training, dead units after it."""

from __future__ import annotations

from math import log10
from statistics import fmean

from striate.study.results import CellResult, SeedResult


def gradient_means(row: CellResult) -> list[float | None]:
    """Return a cell's mean power of ten of each layer's gradient norm before training; None where one is 0."""
    curves = [gradient_powers(run) for run in row.runs if run.health]
    return [
        None if any(one is None for one in column) else fmean(one for one in column if one is not None)
        for column in zip(*curves, strict=True)
    ]


def gradient_powers(run: SeedResult) -> list[float | None]:
    """Return the power of ten of each layer's gradient norm before training, from the input on; None where it is 0."""
    return [log10(layer.gradient_start) if layer.gradient_start > 0 else None for layer in run.health]


def dead_share(row: CellResult) -> float | None:
    """Return the share of dead units after training, as a mean over seeds; None where no unit can be dead."""
    shares = []
    for run in row.runs:
        known = [(layer.dead, layer.units) for layer in run.health if layer.dead is not None and layer.units]
        if known:
            shares.append(sum(dead for dead, _ in known) / sum(units for _, units in known))
    return sum(shares) / len(shares) if shares else None
