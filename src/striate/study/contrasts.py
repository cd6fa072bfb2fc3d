"""Levels of a factor beside others, over all combinations of the rest: effects, and published findings."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Literal

from striate.study.plan import Published
from striate.study.results import StudyResults
from striate.study.statistics import Difference, difference, holm

Levels = tuple[str, ...]


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
        rests_on: Levels of cells in it whose seeds lie far apart: one of their trainings may have decided it.
    """

    factor: str
    level: str
    than: str
    difference: Difference
    corrected: float
    combinations: int
    rests_on: tuple[Levels, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A published finding beside the study's own.

    Attributes:
        published: What others found.
        difference: The better levels' score less the other's here, seed by seed over the combinations that have both; None if
            none has.
        combinations: How many.
        rests_on: Levels of cells in it whose seeds lie far apart: one of their trainings may have decided it.
    """

    published: Published
    difference: Difference | None
    combinations: int
    rests_on: tuple[Levels, ...] = ()

    @property
    def verdict(self) -> Literal["agrees", "contradicts", "cannot tell"]:
        """Whether the direction is the same here, by the 95 % interval of the difference.

        Without a spread over seeds there is no interval, and it cannot be told.
        """
        if self.difference is None or not self.difference.has_spread:
            return "cannot tell"
        low, high = self.difference.interval
        return "agrees" if low > 0 else "contradicts" if high < 0 else "cannot tell"


def effects_of(results: StudyResults, apart: Collection[Levels]) -> tuple[Effect, ...]:
    """Return the effect of every level that is not the reference's, corrected by Holm over all.

    Args:
        results: Scores by cell and seed.
        apart: Levels of cells whose seeds lie far apart.
    """
    found = []
    for place, factor in enumerate(results.study.factors):
        than = results.study.reference[place]
        for level in factor.levels:
            contrast, cells = _contrast(results, ((factor.name, level.name),), ((factor.name, than),))
            if level.name != than and contrast is not None:
                found.append(
                    Effect(
                        factor=factor.name,
                        level=level.name,
                        than=than,
                        difference=contrast,
                        corrected=contrast.p,
                        combinations=len(cells) // 2,
                        rests_on=tuple(one for one in cells if one in apart),
                    )
                )
    corrected = holm([effect.difference.p for effect in found])
    return tuple(replace(effect, corrected=p) for effect, p in zip(found, corrected, strict=True))


def claim_of(results: StudyResults, published: Published, apart: Collection[Levels]) -> Claim:
    """Return a published finding beside the study's own; arguments as of `effects_of`."""
    contrast, cells = _contrast(results, published.better, published.than)
    return Claim(
        published=published,
        difference=contrast,
        combinations=len(cells) // 2,
        rests_on=tuple(one for one in dict.fromkeys(cells) if one in apart),
    )


def _contrast(
    results: StudyResults, first: tuple[tuple[str, str], ...], second: tuple[tuple[str, str], ...]
) -> tuple[Difference | None, list[Levels]]:
    """Return first levels less second ones, seed by seed, over all combinations of the other factors that have both.

    With it the cells of each combination, first and second.
    """
    names = [factor.name for factor in results.study.factors]
    table = {row.cell.levels: row.by_seed for row in results.cells}
    pairs, cells = [], list[Levels]()
    for levels, scores in table.items():
        said = dict(zip(names, levels, strict=True))
        if all(said[name] == level for name, level in first):
            beside = tuple((said | dict(second))[name] for name in names)
            other = table.get(beside)
            if scores and other:
                pairs.append((scores, other))
                cells += [levels, beside]
    seeds = sorted(set.intersection(*(set(one) & set(two) for one, two in pairs))) if pairs else []
    if not seeds:
        return None, []
    # Over combinations first: what is left to vary is the seed.
    means = [[fmean(pair[side][seed] for pair in pairs) for seed in seeds] for side in (0, 1)]
    low, high = results.score_limits
    return difference(*means, largest=high - low), cells
