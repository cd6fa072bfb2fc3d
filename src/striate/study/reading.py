"""What a study's results say: means and intervals, differences, effects, interactions, and what it could have seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from statistics import fmean, median, stdev
from typing import Literal

from striate.study.plan import Published
from striate.study.results import CellResult, StudyResults
from striate.study.statistics import Difference, Interaction, detectable, difference, holm, interactions, pooled
from striate.train.paired import mean_interval

# Of three seeds of one normal distribution the spread is so many times the median cell's once in 60,000 cells.
_FAR = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CellReading:
    """A cell's figures over its seeds.

    Attributes:
        row: The cell with its trainings.
        mean: Of the scores, 0 … 1; None without any.
        interval: 95 %, by Student's t over seeds; None for fewer than two.
        against: This cell's scores less the reference's, seed by seed; None for the
            reference itself, and where no seed has both.
        corrected: p-value of that difference, corrected by Holm over all cells.
        is_front: Whether no other cell is both better and cheaper in MACs.
        apart: How many times as far apart as in the median cell its seeds lie, by standard deviations, where that is more than
            four times; else None. Some of its trainings learned and others did not: its mean is no typical training's.
    """

    row: CellResult
    mean: float | None
    interval: tuple[float, float] | None
    against: Difference | None
    corrected: float | None
    is_front: bool = False
    apart: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A level of a factor beside the reference's level, over all combinations of the other factors that have both.

    Attributes:
        factor: Name of the factor.
        level: Name of the level.
        than: The reference's level.
        difference: Mean over the combinations, seed by seed.
        corrected: Its p-value, corrected by Holm over all effects.
        combinations: How many.
    """

    factor: str
    level: str
    than: str
    difference: Difference
    corrected: float
    combinations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A published finding beside the study's own.

    Attributes:
        published: What others found.
        difference: The better levels' score less the other's here, seed by seed over the combinations that have both; None if
            none has.
        combinations: How many.
    """

    published: Published
    difference: Difference | None
    combinations: int

    @property
    def verdict(self) -> Literal["agrees", "contradicts", "cannot tell"]:
        """Whether the direction is the same here, by the 95 % interval of the difference."""
        if self.difference is None or self.difference.pairs < 2:
            return "cannot tell"
        low, high = self.difference.interval
        return "agrees" if low > 0 else "contradicts" if high < 0 else "cannot tell"


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
        detectable: Smallest difference between two such cells that as many seeds show with 80 % probability; None if that is
            not known.
        best: The cell with the highest mean; None while there is none.
        claims: One a published finding.
    """

    results: StudyResults
    cells: tuple[CellReading, ...]
    effects: tuple[Effect, ...]
    interactions: tuple[Interaction, ...]
    spread: float
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
    against = [None if row is reference else _paired(row, reference) for row in results.cells]
    corrected = iter(holm([one.p for one in against if one is not None]))
    cells = tuple(
        _cell(row, one, None if one is None else next(corrected))
        for row, one in zip(results.cells, against, strict=True)
    )
    apart = _apart(results.cells)
    cells = tuple(
        replace(cell, is_front=_is_front(cell, cells), apart=far) for cell, far in zip(cells, apart, strict=True)
    )
    known = [cell for cell in cells if cell.mean is not None]
    spread = pooled(_spreads([cell.row for cell in cells if cell.apart is None]))
    smallest = detectable(spread, results.study.seeds)
    return StudyReading(
        results=results,
        cells=cells,
        effects=_effects(results),
        interactions=_interactions(results),
        spread=spread,
        detectable=smallest if smallest == smallest else None,  # noqa: PLR0124 - not a number is not itself
        best=max(known, key=lambda cell: cell.mean or 0.0, default=None),
        claims=tuple(_claim(results, one) for one in results.study.published),
    )


def _cell(row: CellResult, against: Difference | None, corrected: float | None) -> CellReading:
    scores = row.scores
    mean, interval = mean_interval(scores) if scores else (None, None)
    return CellReading(
        row=row,
        mean=mean,
        interval=interval if len(scores) > 1 else None,
        against=against,
        corrected=corrected,
    )


def _by_seed(row: CellResult) -> dict[int, float]:
    return {run.seed: run.score for run in row.runs if run.score is not None}


def _paired(row: CellResult, other: CellResult) -> Difference | None:
    one, two = _by_seed(row), _by_seed(other)
    seeds = sorted(one.keys() & two.keys())
    return difference([one[seed] for seed in seeds], [two[seed] for seed in seeds]) if seeds else None


def _spreads(cells: Sequence[CellResult]) -> list[float]:
    """Return the standard deviation of every two cells' paired differences."""
    found = []
    for row, other in combinations(cells, 2):
        one, two = _by_seed(row), _by_seed(other)
        pairs = [one[seed] - two[seed] for seed in sorted(one.keys() & two.keys())]
        if len(pairs) > 1:
            found.append(stdev(pairs))
    return found


def _apart(cells: Sequence[CellResult]) -> list[float | None]:
    """Return how far apart each cell's seeds lie beside the median cell's, where that is far."""
    spreads = [stdev(row.scores) if len(row.scores) > 1 else None for row in cells]
    usual = median([one for one in spreads if one is not None] or [0.0])
    return [one / usual if one is not None and one > _FAR * usual > 0 else None for one in spreads]


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


def _effects(results: StudyResults) -> tuple[Effect, ...]:
    found = []
    for place, factor in enumerate(results.study.factors):
        than = results.study.reference[place]
        for level in factor.levels:
            contrast, count = _contrast(results, ((factor.name, level.name),), ((factor.name, than),))
            if level.name != than and contrast is not None:
                found.append(
                    Effect(
                        factor=factor.name,
                        level=level.name,
                        than=than,
                        difference=contrast,
                        corrected=contrast.p,
                        combinations=count,
                    )
                )
    corrected = holm([effect.difference.p for effect in found])
    return tuple(replace(effect, corrected=p) for effect, p in zip(found, corrected, strict=True))


def _claim(results: StudyResults, published: Published) -> Claim:
    contrast, count = _contrast(results, published.better, published.than)
    return Claim(published=published, difference=contrast, combinations=count)


def _contrast(
    results: StudyResults, first: tuple[tuple[str, str], ...], second: tuple[tuple[str, str], ...]
) -> tuple[Difference | None, int]:
    """Return first levels less second ones, seed by seed, over all combinations of the other factors that have both."""
    names = [factor.name for factor in results.study.factors]
    table = {row.cell.levels: _by_seed(row) for row in results.cells}
    pairs = []
    for levels, scores in table.items():
        said = dict(zip(names, levels, strict=True))
        if all(said[name] == level for name, level in first):
            other = table.get(tuple((said | dict(second))[name] for name in names))
            if scores and other:
                pairs.append((scores, other))
    seeds = sorted(set.intersection(*(set(one) & set(two) for one, two in pairs))) if pairs else []
    if not seeds:
        return None, 0
    # Over combinations first: what is left to vary is the seed.
    means = [[fmean(pair[side][seed] for pair in pairs) for seed in seeds] for side in (0, 1)]
    return difference(*means), len(pairs)


def _interactions(results: StudyResults) -> tuple[Interaction, ...]:
    rows = [(row.cell.levels, seed, score) for row in results.cells for seed, score in _by_seed(row).items()]
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
