"""What came of a study, as frozen rows: cells by seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from striate.study.cells import Cell
from striate.study.plan import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerHealth:
    """One layer of a trained network, and of the same network before its first step.

    Attributes:
        layer: Its name.
        gradient_start: Norm of the loss's gradient with respect to its weights before training.
        gradient_end: The same after it.
        active_end: Share of its values above zero after training.
        dead: Units never above zero on the validation images looked at; None where zero is not "off".
        units: How many it has.
    """

    layer: str
    gradient_start: float
    gradient_end: float
    active_end: float
    dead: int | None
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedResult:
    """One training.

    Attributes:
        seed: Of weights, order and shifts.
        score: Accuracy or R² on the test part, 0 … 1; None if there is none.
        loss: On the test part.
        train_loss: Of the last epoch.
        validation_loss: Of the last epoch.
        seconds: What its steps took; the one thing here that another run of it changes.
        failed: Why there is no score.
        health: Layer by layer.
    """

    seed: int
    score: float | None = None
    loss: float | None = None
    train_loss: float | None = None
    validation_loss: float | None = None
    seconds: float = 0.0
    failed: str = ""
    health: tuple[LayerHealth, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CellResult:
    """A cell with its trainings.

    Attributes:
        cell: Its network.
        rate: Learning rate it was trained with; the recipe's if None.
        runs: One a seed, in their order; () if there is no network.
    """

    cell: Cell
    rate: float | None
    runs: tuple[SeedResult, ...]

    @property
    def scores(self) -> tuple[float, ...]:
        """Scores of the seeds that have one."""
        return tuple(run.score for run in self.runs if run.score is not None)

    @property
    def by_seed(self) -> dict[int, float]:
        """Scores by seed, of those that have one."""
        return {run.seed: run.score for run in self.runs if run.score is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyResults:
    """A study with what came of it.

    Attributes:
        study: What was asked.
        cells: One row a cell, in the study's order.
        score_name: What a score is: "accuracy", or "R²" of data with values.
    """

    study: Study
    cells: tuple[CellResult, ...]
    score_name: str = "accuracy"

    @property
    def score_limits(self) -> tuple[float, float]:
        """What no score passes: an accuracy is a share, R² has no least."""
        return (0.0 if self.score_name == "accuracy" else -inf), 1.0

    @property
    def reference(self) -> CellResult:
        """The cell that others are compared with."""
        return next(row for row in self.cells if row.cell.levels == self.study.reference)


def cell_result(
    cell: Cell, rate: float | None, seeds: Sequence[int], found: Sequence[tuple[Mapping[str, Any] | None, str]]
) -> CellResult:
    """Return a cell's row from what its trainings wrote, and why some wrote nothing."""
    runs = tuple(_seed_result(seed, result, reason) for seed, (result, reason) in zip(seeds, found, strict=False))
    return CellResult(cell=cell, rate=rate, runs=runs)


def rate_of(rates: Sequence[float], results: Sequence[Mapping[str, Any] | None]) -> float | None:
    """Return the rate with the lowest validation loss; None while a trial is missing, or if every one failed.

    Example:
        >>> rate_of((0.1, 1.0), ({"failed": "", "validation_loss": 0.4}, {"failed": "diverged"}))
        0.1
    """
    if any(result is None for result in results):
        return None
    done = [
        (result["validation_loss"], rate)
        for rate, result in zip(rates, results, strict=True)
        if result is not None and not result["failed"]
    ]
    return min(done)[1] if done else None


def _seed_result(seed: int, result: Mapping[str, Any] | None, reason: str) -> SeedResult:
    if result is None:
        return SeedResult(seed=seed, failed=reason or "not done yet")
    if result["failed"]:
        return SeedResult(seed=seed, failed=result["failed"])
    return SeedResult(
        seed=seed,
        score=result["score"],
        loss=result["loss"],
        train_loss=result["train_loss"],
        validation_loss=result["validation_loss"],
        seconds=result["seconds"],
        health=_health(result["health"]),
    )


def _health(found: Mapping[str, Any]) -> tuple[LayerHealth, ...]:
    start = {row["layer"]: row for row in found["start"]}
    rows = []
    for row in found["end"]:
        dead, units = found["dead"].get(row["layer"], (None, 0))
        rows.append(
            LayerHealth(
                layer=row["layer"],
                gradient_start=start.get(row["layer"], row)["gradient_norm"],
                gradient_end=row["gradient_norm"],
                active_end=row["active_share"],
                dead=dead,
                units=units,
            )
        )
    return tuple(rows)
