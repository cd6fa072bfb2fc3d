"""A study in words, for its page: what was asked and how, the figures under the verdict, what was found as a list."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

from striate.analyse.budget import amount_text
from striate.numbers import THIN, capital, listed, measure, percent, plural
from striate.page.wire import Fact, FindingRow
from striate.records.training import Recipe
from striate.study import StudyReading, Verdict
from striate.study.naming import is_beyond, level_words, name_of, named, points
from striate.study.reading import CellReading
from striate.study.statistics import ALPHA
from striate.study.verdict import is_sure


def run_line(reading: StudyReading) -> str:
    """Return what was asked, of which data, and how many trainings that took."""
    return f"{reading.results.study.question} · {source(reading)}"


def source(reading: StudyReading) -> str:
    """Return the data, the cells and the seeds of a study, for a source line."""
    study = reading.results.study
    return f"{study.data} · {plural(len(reading.cells), 'cell')}, {_seeds(reading)}"


def prose(reading: StudyReading) -> str:
    """Return what was varied, what was held, and how each network was trained."""
    study = reading.results.study
    varied = listed(
        [f"{factor.name} ({', '.join(level.name for level in factor.levels)})" for factor in study.factors],
        len(study.factors),
    )
    names = tuple(factor.name for factor in study.factors)
    return (
        f"Varied: {varied}; the reference is {named(names, study.reference)}. {held(reading)} Every network is trained from the "
        f"same {_seeds(reading)}, and differences are taken seed by seed. {_recipe(reading)}"
    )


def held(reading: StudyReading) -> str:
    """Return what costs the same in every cell, in one sentence."""
    fixed = reading.results.study.fixed
    if fixed.budget is None:
        return "No cost is held: cells may cost differently."
    amount = reading.results.reference.cell.reached if fixed.of_reference else fixed.budget.amount
    over = " and ".join(fixed.over)
    measured = " a pass of one image, measured on one thread" if fixed.is_measured else ""
    return (
        f"Held within {measure(fixed.within_percent)}{THIN}%: {amount_text(fixed.budget, amount)}{measured}, by {over}."
    )


def facts(reading: StudyReading) -> list[Fact]:
    """Return the figures under the verdict."""
    made = []
    reference = next(cell for cell in reading.cells if cell.row is reading.results.reference)
    if reading.best is not None:
        made.append(_fact(reading, "Highest mean", reading.best))
    if reference.mean is not None and reference is not reading.best:
        made.append(_fact(reading, "Reference", reference))
    if reading.detectable is not None:
        beyond = ", more than two shares can lie apart" if is_beyond(reading, reading.detectable) else ""
        seen = f"{100 * reading.detectable:.1f} points{beyond}"
        made.append(
            Fact(
                label="Can see differences above",
                value=seen,
                note=f"with probability 80{THIN}%, {level_words(reading)}",
            )
        )
    done = sum(len(cell.row.scores) for cell in reading.cells)
    planned = reading.results.study.seeds * sum(cell.row.cell.plan is not None for cell in reading.cells)
    return [*made, Fact(label="Trainings with a score", value=f"{done} of {planned}")]


def findings(reading: StudyReading, said: Verdict) -> list[FindingRow]:
    """Return the study's sentences as a list: troubles are warnings, and come first."""
    found = [found_row("trouble", line, "warning", "cells") for line in said.troubles]
    found += [found_row("effect", line, "note", "scores") for line in said.effects]
    found += [found_row("interaction", line, "note", "scores") for line in said.interactions]
    found += [
        found_row("published", line, "note", "scores", f"Published: {claim.verdict}.")
        for line, claim in zip(said.published, reading.claims, strict=True)
    ]
    has_health = any(run.health for cell in reading.cells for run in cell.row.runs)
    return found + [found_row("why", line, "note", "health" if has_health else "") for line in said.why]


def findings_sentence(reading: StudyReading, said: Verdict) -> str:
    """Return how much of what was found is sure."""
    sure = sum(effect.corrected < ALPHA for effect in reading.effects)
    parts = [f"{sure} of {plural(len(reading.effects), 'effect')} {'is' if sure == 1 else 'are'} sure"]
    if reading.claims:
        agree = sum(claim.verdict == "agrees" for claim in reading.claims)
        against = sum(claim.verdict == "contradicts" for claim in reading.claims)
        parts.append(
            f"of {plural(len(reading.claims), 'published finding')} {agree} {'agrees' if agree == 1 else 'agree'}, "
            f"{against} {'contradicts' if against == 1 else 'contradict'}"
        )
    if said.troubles:
        parts.append(f"{plural(len(said.troubles), 'trouble')} to look at")
    return f"{'; '.join(parts)}."


def cell_name(reading: StudyReading, cell: CellReading) -> str:
    """Return a cell's name where it begins a line."""
    return capital(name_of(reading, cell))


def published_words(reading: StudyReading, cell: CellReading) -> list[str]:
    """Return on which side of each published finding a cell stands: "better in He 2015"."""
    levels = dict(zip((factor.name for factor in reading.results.study.factors), cell.row.cell.levels, strict=True))
    found = []
    for claim in reading.claims:
        for word, side in (("better", claim.published.better), ("worse", claim.published.than)):
            if all(levels[name] == level for name, level in side):
                found.append(f"{word} in {claim.published.source}")
    return list(dict.fromkeys(found))


def interval_words(cell: CellReading) -> str:
    """Return the interval of a cell's mean, or how few seeds it has."""
    if cell.interval is None:
        return plural(len(cell.row.scores), "seed")
    low, high = cell.interval
    return f"{100 * low:.1f} to {100 * high:.1f}"


def scores_sentence(reading: StudyReading) -> str:
    """Return how many cells differ surely from the reference, and which way."""
    others = [cell for cell in reading.cells if cell.against is not None]
    better = sum(is_sure(cell) and cell.against.mean > 0 for cell in others if cell.against)
    worse = sum(is_sure(cell) and cell.against.mean < 0 for cell in others if cell.against)
    best = reading.best
    are = "is" if better == 1 else "are"
    lead = (
        f"Of {plural(len(others), 'cell')} beside the reference, {better} {are} surely better and {worse} surely worse"
    )
    if best is None or best.mean is None:
        return f"{lead}."
    return f"{lead}; the highest mean is {percent(best.mean)}, {name_of(reading, best)}."


def _seeds(reading: StudyReading) -> str:
    numbers = reading.results.study.seed_numbers
    span = f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
    return f"{plural(len(numbers), 'seed')} ({span})"


def _recipe(reading: StudyReading) -> str:
    study = reading.results.study
    varied = {word for factor in study.factors if factor.of == "recipe" for word, _ in factor.levels[0].words}
    return recipe_words(study.recipe, rates=study.rates, varied=varied)


def recipe_words(recipe: Recipe, *, rates: Sequence[float] = (), varied: Collection[str] = ()) -> str:
    """Return how networks are trained, in one sentence.

    Args:
        recipe: Of all.
        rates: Of which each has its own best; () for the recipe's.
        varied: Fields that are not said, since they differ.
    """
    rate = f"the best of rates {', '.join(map(measure, rates))} for each cell" if rates else ""
    said = {
        "optimizer": recipe.optimizer,
        "rate": rate or f"rate {measure(recipe.rate)}",
        "epochs": plural(recipe.epochs, "epoch"),
        "batch": f"batches of {recipe.batch}",
        "images": f"{recipe.images} images" if recipe.images else "all training images",
    }
    return f"Recipe: {', '.join(text for name, text in said.items() if name not in varied)}."


def _fact(reading: StudyReading, label: str, cell: CellReading) -> Fact:
    return Fact(
        label=f"{label}, {name_of(reading, cell)}",
        value=percent(cell.mean or 0.0),
        note=f"95{THIN}% interval {interval_words(cell)}" if cell.interval else interval_words(cell),
    )


def found_row(
    name: str, message: str, severity: Literal["note", "warning"], section: str, todo: str = ""
) -> FindingRow:
    """Return a sentence as a row of what was found."""
    return FindingRow(
        code="", name=name, severity=severity, message=message, todo=todo, why="", source="", section=section
    )


def difference_words(cell: CellReading) -> tuple[str, str]:
    """Return a cell's difference to the reference and its interval, in points; a dash where no seed has both."""
    if cell.against is None:
        return "–", ""
    low, high = cell.against.interval
    seeds = plural(cell.against.pairs, "seed")
    none = f"{seeds}, no spread" if cell.against.pairs > 1 else seeds
    interval = f"{points(low)} to {points(high)}" if cell.against.has_spread else none
    return f"{points(cell.against.mean)} points", interval
