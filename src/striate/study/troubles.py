"""What is wrong with a study: cells that are not equal, failed, or learned from some seeds only; rates at an edge."""

from __future__ import annotations

from striate.numbers import THIN, capital, listed, measure, percent, plural
from striate.study.apart import chance_of_far
from striate.study.naming import name_of
from striate.study.reading import CellReading, StudyReading

# The table of cells has the rates of all.
_MOST_NAMES = 3


def troubles_of(reading: StudyReading) -> list[str]:
    """Return one sentence a trouble, with what may mend it where that is known."""
    found = []
    for cell in reading.cells:
        name = capital(name_of(reading, cell))
        if cell.row.cell.plan is None:
            found.append(f"{name} is no network: {cell.row.cell.trouble}")
        elif cell.row.cell.trouble:
            found.append(f"{name} does not cost the same: {cell.row.cell.trouble}.")
        if cell.apart is not None:
            found.append(_far(reading, cell, cell.apart))
        failed = [run for run in cell.row.runs if run.failed and run.failed != "not done yet"]
        if failed:
            seeds = listed([str(run.seed) for run in failed])
            found.append(f"{name} has no score for seed {seeds}: {failed[0].failed}")
    return found + _edges(reading)


def _far(reading: StudyReading, cell: CellReading, times: float) -> str:
    scores = listed([percent(score) for score in cell.row.scores])
    spreads = sum(len(one.row.scores) > 1 for one in reading.cells)
    chance = chance_of_far(spreads, len(cell.row.scores))
    often = f"below 0.1{THIN}%" if chance < 0.001 else f"about {percent(chance)}"
    return (
        f"{capital(name_of(reading, cell))}: its seeds lie {measure(times)} times as far apart as is usual here ({scores}). "
        f"Chance alone brings a cell more than four times as far apart into {often} of studies with {plural(spreads, 'cell')} "
        "and as many seeds; probably some of its trainings learned and others did not, so its mean is no typical training's. "
        "More epochs, a warm-up or another beginning may mend that."
    )


def _edges(reading: StudyReading) -> list[str]:
    """Return how many cells chose the lowest or the highest of the rates that were tried, and which to try next."""
    rates = sorted(reading.results.study.rates)
    if len(rates) < 2:
        return []
    chosen = [cell for cell in reading.cells if cell.row.rate is not None]
    found = []
    for edge, beside, word, way in ((0, 1, "lowest", "below"), (-1, -2, "highest", "above")):
        at = [cell for cell in chosen if cell.row.rate == rates[edge]]
        if at:
            # One more step of those that were tried, by factors.
            further = measure(rates[edge] ** 2 / rates[beside])
            names = [name_of(reading, cell) for cell in at[:_MOST_NAMES]]
            more = [f"{len(at) - _MOST_NAMES} more"] if len(at) > _MOST_NAMES else []
            found.append(
                f"{len(at)} of {plural(len(chosen), 'cell')} chose the {word} rate tried, {measure(rates[edge])} "
                f"({'; '.join([*names, *more])}): their best may lie {way} it, and then they are not "
                f"compared at their best. Add {further} to the rates of the study's file, and begin the changed study with "
                "--fork, which keeps the trainings that still hold."
            )
    return found
