"""A study in sentences: what was found, how sure it is, why, and what would change it."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, log10

from striate.numbers import MINUS, THIN, capital, listed, measure, percent, plural
from striate.study.health import dead_share, gradient_means
from striate.study.reading import CellReading, Claim, Effect, StudyReading
from striate.study.statistics import Difference, detectable

ALPHA = 0.05
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
        troubles: Cells that are not equal, are no network, failed, or learned from some seeds only.
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
        effects=tuple(_effect(effect) for effect in reading.effects),
        interactions=tuple(_interactions(reading)),
        published=tuple(_claim(claim) for claim in reading.claims),
        why=tuple(_why(reading)),
        troubles=tuple(_troubles(reading)),
        would_change=_would_change(reading),
    )


def named(factors: tuple[str, ...], levels: tuple[str, ...]) -> str:
    """Return a cell as people say it.

    Example:
        >>> named(("depth", "side"), ("4", "3×3"))
        'depth 4, side 3×3'
    """
    return ", ".join(f"{factor} {level}" for factor, level in zip(factors, levels, strict=True))


def points(share: float) -> str:
    """Return a difference of scores in points, signed.

    Example:
        >>> points(0.0123), points(-0.2)
        ('+1.2', '−20.0')
    """
    text = f"{100 * share:+.1f}"
    return text.replace("-", MINUS) if text not in {"-0.0", "+0.0"} else "0.0"


def is_sure(cell: CellReading) -> bool:
    """Return whether a cell differs from the reference, by the corrected p-value."""
    return cell.corrected is not None and not isnan(cell.corrected) and cell.corrected < ALPHA


def name_of(reading: StudyReading, cell: CellReading) -> str:
    """Return a cell of a study as people say it."""
    return named(_factors(reading), cell.row.cell.levels)


def _factors(reading: StudyReading) -> tuple[str, ...]:
    return tuple(factor.name for factor in reading.results.study.factors)


def _between(found: Difference) -> str:
    low, high = found.interval
    return f"95{THIN}% interval {points(low)} to {points(high)}, {plural(found.pairs, 'seed')}"


def _headline(reading: StudyReading) -> str:
    best = reading.best
    reference = named(_factors(reading), reading.results.study.reference)
    if best is None or best.mean is None:
        return "No training has ended yet."
    sure = [cell for cell in reading.cells if is_sure(cell)]
    better = [cell for cell in sure if cell.against is not None and cell.against.mean > 0]
    if better:
        top = max(better, key=lambda cell: cell.mean or 0.0)
        assert top.against is not None and top.mean is not None  # noqa: S101, PT018 - sure cells have both
        return (
            f"{capital(name_of(reading, top))} is better than {reference}: {percent(top.mean)}, "
            f"{points(top.against.mean)} points ({_between(top.against)})."
        )
    if sure:
        return (
            f"Nothing is surely better than {reference}; {plural(len(sure), 'cell')} of "
            f"{len(reading.cells) - 1} {'is' if len(sure) == 1 else 'are'} surely worse."
        )
    return _nothing_sure(reading, reference)


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
    seen = (
        ""
        if reading.detectable is None
        else f" This study can see differences above {100 * reading.detectable:.1f} points{' between them' if aside else ''}."
    )
    return (
        f"No cell differs surely from {reference}: the largest difference{where}, {points(widest.mean)} points "
        f"({_between(widest)}), may be chance.{seen}"
    )


def _p(p: float) -> str:
    if isnan(p):
        return "p not known"
    return "p below 0.001" if p < 0.001 else f"p = {p:.3f}"


def _effect(effect: Effect) -> str:
    over = f" over {plural(effect.combinations, 'combination')} of the rest" if effect.combinations > 1 else ""
    sure = "" if effect.corrected < ALPHA else "; that may be chance"
    return (
        f"{capital(effect.factor)} {effect.level} instead of {effect.than}: {points(effect.difference.mean)} points{over} "
        f"({_between(effect.difference)}; {_p(effect.corrected)} corrected by Holm{sure})."
    )


def _interactions(reading: StudyReading) -> list[str]:
    found = []
    for one in reading.interactions:
        first, second = one.factors
        ending = f"F({one.degrees[0]}, {one.degrees[1]}) = {measure(one.f)}, {_p(one.p)} corrected by Holm"
        if not isnan(one.p) and one.p < ALPHA:
            found.append(f"What {first} does depends on {second} ({ending}).")
        else:
            found.append(f"That what {first} does depends on {second} is not shown ({ending}).")
    return found


def _claim(claim: Claim) -> str:
    says = claim.published.says.removesuffix(".")
    if claim.difference is None:
        return f"{says} ({claim.published.source}). Here there is nothing to set beside it yet."
    here = f"here {points(claim.difference.mean)} points ({_between(claim.difference)})"
    word = {
        "agrees": "the direction is the same",
        "contradicts": "the direction is the opposite",
        "cannot tell": "this study cannot tell the direction",
    }[claim.verdict]
    return f"{says} ({claim.published.source}); {here}: {word}."


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


def _troubles(reading: StudyReading) -> list[str]:
    found = []
    for cell in reading.cells:
        name = capital(name_of(reading, cell))
        if cell.row.cell.plan is None:
            found.append(f"{name} is no network: {cell.row.cell.trouble}")
        elif cell.row.cell.trouble:
            found.append(f"{name} does not cost the same: {cell.row.cell.trouble}.")
        if cell.apart is not None:
            scores = listed([percent(score) for score in cell.row.scores])
            found.append(
                f"{name}: its seeds lie {measure(cell.apart)} times as far apart as is usual here ({scores}); some of its "
                "trainings learned and others did not, so its mean is no typical training's. More epochs, a warm-up or another "
                "beginning may mend that."
            )
        failed = [run for run in cell.row.runs if run.failed and run.failed != "not done yet"]
        if failed:
            seeds = listed([str(run.seed) for run in failed])
            found.append(f"{name} has no score for seed {seeds}: {failed[0].failed}")
    return found


def _would_change(reading: StudyReading) -> str:
    study = reading.results.study
    if study.seeds < 2:
        return "With one seed nothing is known of chance: take at least three."
    if reading.detectable is None:
        return "No seed differs from another in any cell: it is not done, or nothing was learned. Train longer, on more images."
    twice = detectable(reading.spread, 2 * study.seeds)
    rates = (
        "each cell at the best of its own rates" if study.rates else f"rate {measure(study.recipe.rate)} for all cells"
    )
    images = f"{study.recipe.images} images" if study.recipe.images else "all training images"
    steady = " between cells whose seeds agree" if any(cell.apart is not None for cell in reading.cells) else ""
    return (
        f"With {plural(study.seeds, 'seed')} this study can see differences above {100 * reading.detectable:.1f} points{steady} "
        f"(with probability 80{THIN}%); with {2 * study.seeds} seeds, above {100 * twice:.1f}. Other data, another recipe "
        f"({rates}, {plural(study.recipe.epochs, 'epoch')}, {images}) or another cost may turn it."
    )
