"""A study in sentences: what was found, how sure it is, why, and what would change it."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, log10

from striate.numbers import THIN, capital, measure, percent, plural
from striate.study.contrasts import Claim, Effect
from striate.study.health import dead_share, gradient_means
from striate.study.naming import between, factors_of, level_words, name_of, named, points, resting, seen_words
from striate.study.reading import CellReading, StudyReading
from striate.study.statistics import ALPHA, detectable
from striate.study.troubles import troubles_of

# Gradients of neighbouring layers differ by some factor anyway; a hundred over the depth is no small matter.
_FALLS = 100.0
_DEAD = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The sentences of a study.

    Attributes:
        headline: What was found, with its figure.
        effects: One sentence a factor's level.
        interactions: What depends on what.
        published: One sentence a published finding.
        why: What training was like where it went worse.
        troubles: Cells that are not equal, are no network, failed, or learned from some seeds only; rates at the edge of
            those tried.
        would_change: What would change the verdict.
    """

    headline: str
    effects: tuple[str, ...]
    interactions: tuple[str, ...]
    published: tuple[str, ...]
    why: tuple[str, ...]
    troubles: tuple[str, ...]
    would_change: str


def verdict(reading: StudyReading) -> Verdict:
    """Return the sentences of a study that was read."""
    return Verdict(
        headline=_headline(reading),
        effects=tuple(_effect(reading, effect) for effect in reading.effects),
        interactions=tuple(_interactions(reading)),
        published=tuple(_claim(reading, claim) for claim in reading.claims),
        why=tuple(_why(reading)),
        troubles=tuple(troubles_of(reading)),
        would_change=_would_change(reading),
    )


def is_sure(cell: CellReading) -> bool:
    """Return whether a cell differs from the reference, by the corrected p-value."""
    return cell.corrected is not None and not isnan(cell.corrected) and cell.corrected < ALPHA


def _headline(reading: StudyReading) -> str:
    best = reading.best
    reference = named(factors_of(reading), reading.results.study.reference)
    if best is None or best.mean is None:
        return "No training has ended yet."
    sure = [cell for cell in reading.cells if is_sure(cell)]
    better = [cell for cell in sure if cell.against is not None and cell.against.mean > 0]
    if better:
        top = max(better, key=lambda cell: cell.mean or 0.0)
        assert top.against is not None and top.mean is not None  # noqa: S101, PT018 - sure cells have both
        return (
            f"{capital(name_of(reading, top))} is better than {reference}: {percent(top.mean)}, "
            f"{points(top.against.mean)} points ({between(top.against)}).{_resting_on(reading, top.row.cell.levels)}"
        )
    if sure:
        return (
            f"Nothing is surely better than {reference}; {plural(len(sure), 'cell')} of "
            f"{len(reading.cells) - 1} {'is' if len(sure) == 1 else 'are'} surely worse."
            f"{_resting_on(reading)}"
        )
    return _nothing_sure(reading, reference)


def _resting_on(reading: StudyReading, *cells: tuple[str, ...]) -> str:
    """Return the mark of a comparison of cells with the reference, if the seeds of one of them or of it lie far apart."""
    compared = (*cells, reading.results.study.reference)
    return resting(reading, [one.row.cell.levels for one in _far(reading) if one.row.cell.levels in compared])


def _far(reading: StudyReading) -> list[CellReading]:
    return [cell for cell in reading.cells if cell.apart is not None]


def _nothing_sure(reading: StudyReading, reference: str) -> str:
    """Return the headline of a study in which no cell surely differs."""
    compared = [cell for cell in reading.cells if cell.against is not None]
    if not compared:
        return "Only one cell has a score: there is nothing to compare."
    # What some trainings of a cell did not learn says nothing of how large differences are.
    steady = [cell for cell in compared if cell.apart is None]
    widest = max((cell.against for cell in steady or compared if cell.against), key=lambda one: abs(one.mean))
    aside = len(compared) - len(steady) if steady else 0
    where = f" among cells whose seeds agree (those of {plural(aside, 'cell')} lie far apart)" if aside else ""
    seen = ""
    if reading.detectable is not None:
        them = " between them" if aside else ""
        seen = f" This study can see {seen_words(reading, reading.detectable)}{them} ({level_words(reading)})."
    return (
        f"No cell differs surely from {reference}: the largest difference{where}, {points(widest.mean)} points "
        f"({between(widest)}), may be chance.{seen}"
    )


def _p(p: float) -> str:
    if isnan(p):
        return "p not known"
    return "p below 0.001" if p < 0.001 else f"p = {p:.3f}"


def _effect(reading: StudyReading, effect: Effect) -> str:
    over = f" over {plural(effect.combinations, 'combination')} of the rest" if effect.combinations > 1 else ""
    said = between(effect.difference)
    if effect.difference.has_spread:
        sure = "" if effect.corrected < ALPHA else "; that may be chance"
        said += f"; {_p(effect.corrected)} corrected by Holm{sure}"
    return (
        f"{capital(effect.factor)} {effect.level} instead of {effect.than}: {points(effect.difference.mean)} points{over} "
        f"({said}).{resting(reading, effect.rests_on)}"
    )


def _interactions(reading: StudyReading) -> list[str]:
    found, mark = [], resting(reading, [cell.row.cell.levels for cell in _far(reading)])
    for one in reading.interactions:
        first, second = one.factors
        ending = f"F({one.degrees[0]}, {one.degrees[1]}) = {measure(one.f)}, {_p(one.p)} corrected by Holm"
        if not isnan(one.p) and one.p < ALPHA:
            found.append(f"What {first} does depends on {second} ({ending}).{mark}")
        else:
            found.append(f"That what {first} does depends on {second} is not shown ({ending}).{mark}")
    return found


def _claim(reading: StudyReading, claim: Claim) -> str:
    says = claim.published.says.removesuffix(".")
    if claim.difference is None:
        return f"{says} ({claim.published.source}). Here there is nothing to set beside it yet."
    here = f"here {points(claim.difference.mean)} points ({between(claim.difference)})"
    word = {
        "agrees": "the direction is the same",
        "contradicts": "the direction is the opposite",
        "cannot tell": "this study cannot tell the direction",
    }[claim.verdict]
    return f"{says} ({claim.published.source}); {here}: {word}.{resting(reading, claim.rests_on)}"


def _why(reading: StudyReading) -> list[str]:
    """Return what training was like in cells that are surely worse, where that could be why."""
    found = []
    for cell in reading.cells:
        if cell.against is None or cell.against.mean >= 0 or not is_sure(cell):
            continue
        said = [text for text in (_gradients(cell), _dead(cell), _fit(cell, reading)) if text]
        if said:
            found.append(f"{capital(name_of(reading, cell))}: {'; '.join(said)}.")
    return found


def _gradients(cell: CellReading) -> str:
    means = gradient_means(cell.row)
    if len(means) < 2 or means[0] is None or means[-1] is None or means[-1] - means[0] <= log10(_FALLS):
        return ""
    times = measure(10 ** (means[-1] - means[0]))
    return f"before training the gradient of the first layer is {times} times smaller than that of the last, which may be why"


def _dead(cell: CellReading) -> str:
    share = dead_share(cell.row)
    return (
        ""
        if share is None or share <= _DEAD
        else f"{percent(share, 0)} of its units are dead after training, which may be why"
    )


def _fit(cell: CellReading, reading: StudyReading) -> str:
    """Return whether it learned the training samples worse, or only the others."""
    own = [run.train_loss for run in cell.row.runs if run.train_loss is not None]
    others = [run.train_loss for run in reading.results.reference.runs if run.train_loss is not None]
    if not own or not others:
        return ""
    mine, theirs = sum(own) / len(own), sum(others) / len(others)
    if mine > theirs:
        return f"its training loss is higher too, {measure(mine)} beside {measure(theirs)}: it learned less, it does not overfit"
    return (
        f"its training loss is no higher, {measure(mine)} beside {measure(theirs)}: what it learned carries over less"
    )


def _would_change(reading: StudyReading) -> str:
    study = reading.results.study
    if study.seeds < 2:
        return "With one seed nothing is known of chance: take at least three."
    if reading.detectable is None:
        return "No seed differs from another in any cell: it is not done, or nothing was learned. Train longer, on more images."
    twice = detectable(reading.spread, 2 * study.seeds, reading.comparisons)
    rates = (
        "each cell at the best of its own rates" if study.rates else f"rate {measure(study.recipe.rate)} for all cells"
    )
    images = f"{study.recipe.images} images" if study.recipe.images else "all training images"
    steady = " between cells whose seeds agree" if _far(reading) else ""
    return (
        f"With {plural(study.seeds, 'seed')} this study can see {seen_words(reading, reading.detectable)}{steady} "
        f"(with probability 80{THIN}%, {level_words(reading)}); with {2 * study.seeds} seeds, {seen_words(reading, twice)}. "
        f"Other data, another recipe ({rates}, {plural(study.recipe.epochs, 'epoch')}, {images}) or another cost may turn it."
    )
