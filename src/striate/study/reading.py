"""What a study's results say: means and intervals, differences, effects, interactions, and what it could have seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import isnan

from striate.study.apart import far_apart
from striate.study.contrasts import Claim, Effect, claim_of, effects_of
from striate.study.results import CellResult, StudyResults
from striate.study.statistics import (
    Difference,
    Interaction,
    detectable,
    difference,
    holm,
    interactions,
    paired_spread,
    pooled,
)
from striate.train.paired import mean_interval


@dataclass(frozen=True, slots=True, kw_only=True)
class CellReading:
    """A cell's figures over its seeds.

    Attributes:
        row: The cell with its trainings.
        mean: Of the scores, 0 … 1; None without any.
        interval: 95 %, by Student's t over seeds, cut where no score can be (an accuracy: 0 and 1); None for fewer than two.
        against: This cell's scores less the reference's, seed by seed; None for the
            reference itself, and where no seed has both.
        corrected: p-value of that difference, corrected by Holm over all cells.
        is_front: Whether no other cell is both better and cheaper in MACs.
        apart: How many times as far apart as in the median cell its seeds lie, by standard deviations, where that is more than
            four times, and at least five cells are there to tell; else None. Probably some of its trainings learned and others
            did not: its mean is no typical training's.
    """

    row: CellResult
    mean: float | None
    interval: tuple[float, float] | None
    against: Difference | None
    corrected: float | None
    is_front: bool = False
    apart: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyReading:
    """A study, read.

    Attributes:
        results: What it was read from.
        cells: One a cell, in the study's order.
        effects: One a level that is not the reference's.
        interactions: One a pair of factors that can be told, their p corrected by Holm.
        spread: Standard deviation of two cells' difference over seeds, pooled over all pairs of cells but those whose seeds lie
            far apart.
        comparisons: Cells whose difference from the reference has a p-value, as Holm counts them; before there is one, cells that
            are to be compared. At least 1.
        detectable: Smallest difference between two such cells that as many seeds show with 80 % probability, at the level of
            Holm's first step for so many comparisons; None if that is not known.
        best: The cell with the highest mean; None while there is none.
        claims: One a published finding.
    """

    results: StudyResults
    cells: tuple[CellReading, ...]
    effects: tuple[Effect, ...]
    interactions: tuple[Interaction, ...]
    spread: float
    comparisons: int
    detectable: float | None
    best: CellReading | None
    claims: tuple[Claim, ...] = ()


def read_results(results: StudyResults) -> StudyReading:
    """Return what a study's results say.

    Seeds are paired: every cell begins from the same seeds, with samples in the same order, so that a difference is taken seed
    by seed. A training that failed has no score, and its seed is left out of what is compared with it; that makes the cell look
    better than it is, so failures are told beside it.

    Args:
        results: Also of a study that is not done.

    When it misleads:
        Intervals are over seeds: they say how sure the mean is on these data with this recipe, not on others. Tests assume
        differences that are about normal, which few seeds cannot show. Many effects that are looked at one by one, and reported
        alone, are not corrected by anything here.

    Source:
        Seeds as paired repetitions: Bouthillier et al., "Accounting for Variance in Machine Learning Benchmarks", MLSys 2021.
        Differs: data are not drawn anew, so what the choice of data adds is not in the intervals.
    """
    reference = results.reference
    limits = results.score_limits
    against = [None if row is reference else _paired(row, reference, limits) for row in results.cells]
    corrected = iter(holm([one.p for one in against if one is not None]))
    cells = tuple(
        _cell(row, one, None if one is None else next(corrected), limits)
        for row, one in zip(results.cells, against, strict=True)
    )
    apart = far_apart(results.cells)
    cells = tuple(
        replace(cell, is_front=_is_front(cell, cells), apart=far) for cell, far in zip(cells, apart, strict=True)
    )
    known = [cell for cell in cells if cell.mean is not None]
    spread = pooled(_spreads([cell.row for cell in cells if cell.apart is None]))
    collapsed = {cell.row.cell.levels for cell in cells if cell.apart is not None}
    comparisons = _comparisons(results, against)
    smallest = detectable(spread, results.study.seeds, comparisons)
    return StudyReading(
        results=results,
        cells=cells,
        effects=effects_of(results, collapsed),
        interactions=_interactions(results),
        spread=spread,
        comparisons=comparisons,
        detectable=smallest if smallest == smallest else None,  # noqa: PLR0124 - not a number is not itself
        best=max(known, key=lambda cell: cell.mean or 0.0, default=None),
        claims=tuple(claim_of(results, one, collapsed) for one in results.study.published),
    )


def _comparisons(results: StudyResults, against: Sequence[Difference | None]) -> int:
    """Return how many comparisons Holm's correction counts: those with a p-value; before there is one, those that are planned."""
    tested = sum(one is not None and not isnan(one.p) for one in against)
    planned = sum(row.cell.plan is not None for row in results.cells if row is not results.reference)
    return tested or max(1, planned)


def _cell(
    row: CellResult, against: Difference | None, corrected: float | None, limits: tuple[float, float]
) -> CellReading:
    scores = row.scores
    mean, (low, high) = mean_interval(scores) if scores else (None, (0.0, 0.0))
    return CellReading(
        row=row,
        mean=mean,
        interval=(max(low, limits[0]), min(high, limits[1])) if len(set(scores)) > 1 else None,
        against=against,
        corrected=corrected,
    )


def _paired(row: CellResult, other: CellResult, limits: tuple[float, float]) -> Difference | None:
    first, second = _shared(row, other)
    return difference(first, second, largest=limits[1] - limits[0]) if first else None


def _shared(row: CellResult, other: CellResult) -> tuple[list[float], list[float]]:
    """Return both cells' scores of the seeds that have both."""
    one, two = row.by_seed, other.by_seed
    seeds = sorted(one.keys() & two.keys())
    return [one[seed] for seed in seeds], [two[seed] for seed in seeds]


def _spreads(cells: Sequence[CellResult]) -> list[float]:
    """Return the standard deviation of every two cells' paired differences."""
    pairs = [_shared(row, other) for row, other in combinations(cells, 2)]
    return [paired_spread(*pair) for pair in pairs if len(pair[0]) > 1]


def _is_front(cell: CellReading, cells: Sequence[CellReading]) -> bool:
    if cell.mean is None or cell.row.cell.figures is None:
        return False
    cost = cell.row.cell.figures.macs
    for other in cells:
        figures = other.row.cell.figures
        if other is cell or other.mean is None or figures is None:
            continue
        if other.mean >= cell.mean and figures.macs <= cost and (other.mean, -figures.macs) != (cell.mean, -cost):
            return False
    return True


def _interactions(results: StudyResults) -> tuple[Interaction, ...]:
    rows = [(row.cell.levels, seed, score) for row in results.cells for seed, score in row.by_seed.items()]
    if len(results.study.factors) < 2 or not rows:
        return ()
    found = interactions(
        [factor.name for factor in results.study.factors],
        [levels for levels, _, _ in rows],
        [seed for _, seed, _ in rows],
        [score for *_, score in rows],
    )
    corrected = holm([one.p for one in found])
    return tuple(replace(one, p=p) for one, p in zip(found, corrected, strict=True))
