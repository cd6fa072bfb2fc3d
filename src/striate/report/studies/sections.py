"""The sections of a study's page: the cells, their scores, what they cost, and what would change the verdict."""

from __future__ import annotations

from math import isnan

from striate.numbers import THIN, capital, plural
from striate.page.adapt_wire import EstimateChart, EstimateCurve, EstimateMark, Estimates
from striate.page.ranking_wire import Ranking, RankingRow
from striate.page.wire import Caption, Column, Figure, Section, Table, TableFigure
from striate.page.wire import Cell as TableCell
from striate.report.studies.words import (
    cell_name,
    difference_words,
    held,
    interval_words,
    published_words,
    scores_sentence,
    source,
)
from striate.study import StudyReading
from striate.study.naming import level_words
from striate.study.reading import CellReading
from striate.study.statistics import detectable
from striate.study.verdict import is_sure

# Above so many, names over the chart would stand in each other's way; the table has them.
_MOST_NAMES = 8


def _score(reading: StudyReading) -> str:
    return f"{capital(reading.results.score_name)} on the test part"


def cells_section(reading: StudyReading) -> Section:
    """Return the cells with their text and their cost."""
    has_budget = reading.results.study.fixed.budget is not None
    equal = sum(not read.row.cell.trouble for read in reading.cells)
    lead = f"{equal} of {plural(len(reading.cells), 'cell')} {'is' if equal == 1 else 'are'} as the study asks"
    return Section(
        id="cells",
        term="The cells",
        judgement=None,
        sentence=f"{lead}. {held(reading)}" if has_budget else f"{plural(len(reading.cells), 'cell')}. {held(reading)}",
        figures=[TableFigure(table=_costs_table(reading)), TableFigure(table=_texts_table(reading))],
        caption=Caption(
            shown="Each combination of levels as a network, in the order of the study: its cost, how far that is from what is "
            "held, its receptive field, the rate it was trained with, and its text.",
            should_see="Costs that are equal, or that differ only where the study asks.",
            wrong_if="a cell says that it is off: what it scores is then also a matter of cost. If each cell has its own rate "
            "and many have the first or the last that was tried: try others.",
            source=f"On paper, from the texts. {source(reading)}.",
        ),
    )


def scores_section(reading: StudyReading) -> Section | None:
    """Return every cell's seeds, mean and interval on one axis; None before a training has ended."""
    known = [cell for cell in reading.cells if cell.mean is not None]
    if not known:
        return None
    ends = [end for cell in known for end in (*cell.row.scores, *(cell.interval or ()))]
    figure = Ranking(
        score=f"{_score(reading)}, %",
        sorts=("mean", ""),
        to="reference",
        low=100 * min(ends),
        high=100 * max(ends),
        rows=[_ranked(reading, cell) for cell in known],
        table=_scores_table(reading),
    )
    published = " Beneath each name: on which side of a published finding it stands." if reading.claims else ""
    return Section(
        id="scores",
        term="Scores",
        judgement=None,
        sentence=scores_sentence(reading),
        figures=[figure],
        caption=Caption(
            shown=f"One row a cell, in the order of the study: large dot, the mean; line, its 95{THIN}% interval over seeds; "
            f"small dots beneath, the seeds one by one. Level: not surely different from the reference.{published}",
            should_see="Seeds of a cell close together, and cells further apart than seeds.",
            wrong_if="seeds of one cell lie as far apart as the cells: take more seeds or more images. One seed far below its "
            "others: that training may have gone wrong.",
            source=f"Test part of {source(reading)}. Intervals by Student's t; differences seed by seed, p corrected by Holm "
            "over all cells.",
        ),
    )


def costs_section(reading: StudyReading) -> Section | None:
    """Return score against MACs with the front; None where the cells cost the same."""
    known = [cell for cell in reading.cells if cell.mean is not None and cell.row.cell.figures is not None]
    if len(known) < 2 or not _costs_differ(reading, known):
        return None
    known.sort(key=_macs)
    front = [cell for cell in known if cell.is_front]
    beaten = [cell for cell in known if not cell.is_front]
    ends = [end for cell in known for end in (cell.mean, *(cell.interval or ())) if end is not None]
    chart = EstimateChart(
        title=_score(reading),
        unit="%",
        x_label="MACs, logarithmic",
        is_log=True,
        low=100 * min(ends),
        high=100 * max(ends),
        curves=[_curve("front", front)],
        marks=[_mark(reading, cell, named=len(beaten) <= _MOST_NAMES) for cell in beaten],
        names=[(float(_macs(cell)), cell_name(reading, cell)) for cell in front],
    )
    columns = [
        *_levels(reading),
        Column(label="MACs"),
        *(
            Column(label=label, unit="%", decimals=2)
            for label in (capital(reading.results.score_name), "95 % from", "to")
        ),
        Column(label="Front", align="left"),
    ]
    rows: list[list[TableCell]] = [
        [*cell.row.cell.levels, _macs(cell), *_estimate(cell), "yes" if cell.is_front else "no"] for cell in known
    ]
    return Section(
        id="costs",
        term="Score against cost",
        judgement=None,
        sentence=f"{len(front)} of {plural(len(known), 'cell')} {'is' if len(front) == 1 else 'are'} on the front: no other is "
        "both as cheap and as good.",
        figures=[
            Estimates(charts=[chart], table=Table(columns=columns, rows=rows, caption="Score and MACs of every cell"))
        ],
        caption=Caption(
            shown=f"Mean score against MACs. Filled dots on the line are the front, with a band of 95{THIN}% intervals; open "
            "dots are cells that another one beats at no more cost.",
            should_see="A front that rises with cost and flattens.",
            wrong_if="intervals on the front overlap all along it: which cells are on it may be chance.",
            source=f"MACs on paper; scores on the test part of {source(reading)}.",
        ),
    )


def change_section(reading: StudyReading, would_change: str) -> Section:
    """Return what would change the verdict: other seeds, as a table, and the rest in words."""
    seeds, figures = reading.results.study.seeds, list[Figure]()
    if reading.detectable is not None:
        rows: list[list[TableCell]] = [
            [count, 100 * detectable(reading.spread, count, reading.comparisons)]
            for count in (seeds, 2 * seeds, 4 * seeds)
        ]
        columns = [Column(label="Seeds"), Column(label="Differences seen above", unit="points", decimals=1)]
        figures.append(TableFigure(table=Table(columns=columns, rows=rows, caption="What more seeds would show")))
    return Section(
        id="change",
        term="What would change the verdict",
        judgement=None,
        sentence=would_change,
        figures=figures,
        caption=Caption(
            shown=f"The smallest difference between two cells that so many seeds show with probability 80{THIN}%, if seeds go "
            "on to differ as they did.",
            should_see="Differences seen that are smaller than those you care about.",
            wrong_if="a difference you care about is smaller than the first row: that none was found then says nothing.",
            source=f"Power of the paired t test, {level_words(reading)}; spreads pooled over all pairs of cells but those whose "
            f"seeds lie far apart. {source(reading)}.",
        ),
    )


def _costs_table(reading: StudyReading) -> Table:
    fixed = reading.results.study.fixed
    has_budget, is_measured = fixed.budget is not None, fixed.is_measured
    columns = [
        Column(label="Cell", align="left"),
        Column(label="MACs"),
        *([Column(label="Time of one image", unit="ms", decimals=3)] if is_measured else []),
        *([Column(label="Off", unit="%", decimals=2)] if has_budget else []),
        Column(label="Parameters"),
        Column(label="Field", unit="px"),
        Column(label="Rate"),
    ]
    rows: list[list[TableCell]] = []
    for read in reading.cells:
        cell, figures = read.row.cell, read.row.cell.figures
        off: list[TableCell] = [None if figures is None else cell.off_percent] if has_budget else []
        rows.append(
            [
                cell_name(reading, read),
                None if figures is None else figures.macs,
                *([None if figures is None else cell.reached / 1000] if is_measured else []),
                *off,
                None if figures is None else figures.params,
                None if figures is None else "×".join(map(str, figures.field_px)) or "all",
                read.row.rate or cell.recipe.rate,
            ]
        )
    return Table(
        columns=columns, rows=rows, caption="Every cell by the clock" if is_measured else "Every cell on paper"
    )


def _texts_table(reading: StudyReading) -> Table:
    """Return the networks' texts; where there is no network, why."""
    rows: list[list[TableCell]] = []
    for read in reading.cells:
        cell = read.row.cell
        text = f"No network: {cell.trouble}" if cell.plan is None else cell.plan.to_text()
        rows.append([cell_name(reading, read), text])
    columns = [Column(label=label, align="left") for label in ("Cell", "Network")]
    return Table(columns=columns, rows=rows, caption="Their texts")


def _levels(reading: StudyReading) -> list[Column]:
    return [Column(label=factor.name, align="left") for factor in reading.results.study.factors]


def _ranked(reading: StudyReading, cell: CellReading) -> RankingRow:
    mean = cell.mean or 0.0
    is_reference = cell.row is reading.results.reference
    difference, interval = ("", "") if is_reference else difference_words(cell)
    details = [plural(len(cell.row.scores), "seed"), *published_words(reading, cell)]
    return RankingRow(
        name=cell_name(reading, cell),
        detail="; ".join(details),
        open=False,
        level=not is_reference and cell.against is not None and not is_sure(cell),
        value=100 * mean,
        interval=None if cell.interval is None else (100 * cell.interval[0], 100 * cell.interval[1]),
        single=[100 * score for score in cell.row.scores],
        shown=f"{100 * mean:.1f}{THIN}%",
        interval_shown=interval_words(cell),
        difference=difference,
        difference_interval=interval,
    )


def _scores_table(reading: StudyReading) -> Table:
    seeds = reading.results.study.seed_numbers
    columns = [
        *_levels(reading),
        *(Column(label=label, unit="%", decimals=2) for label in ("Mean score", "95 % from", "to")),
        *(Column(label=label, unit="points", decimals=2) for label in ("To the reference", "95 % from", "to")),
        Column(label="p (Holm)", decimals=4),
        *(Column(label=f"Seed {seed}", unit="%", decimals=2) for seed in seeds),
    ]
    return Table(
        columns=columns,
        rows=[_scores_row(cell, seeds) for cell in reading.cells],
        caption="Scores of every cell and seed, in the order of the study",
    )


def _scores_row(cell: CellReading, seeds: range) -> list[TableCell]:
    against: list[TableCell] = [None, None, None]
    if cell.against is not None:
        interval = cell.against.interval if cell.against.has_spread else (None, None)
        against = [None if one is None else 100 * one for one in (cell.against.mean, *interval)]
    by_seed = {run.seed: 100 * run.score for run in cell.row.runs if run.score is not None}
    p = None if cell.corrected is None or isnan(cell.corrected) else cell.corrected
    return [*cell.row.cell.levels, *_estimate(cell), *against, p, *(by_seed.get(seed) for seed in seeds)]


def _estimate(cell: CellReading) -> list[TableCell]:
    return [None if one is None else 100 * one for one in (cell.mean, *(cell.interval or (None, None)))]


def _macs(cell: CellReading) -> int:
    figures = cell.row.cell.figures
    return 0 if figures is None else figures.macs


def _costs_differ(reading: StudyReading, known: list[CellReading]) -> bool:
    budget = reading.results.study.fixed.budget
    is_equal = budget is not None and budget.figure == "macs" and not any(cell.row.cell.trouble for cell in known)
    return not is_equal and len({_macs(cell) for cell in known}) > 1


def _curve(label: str, cells: list[CellReading]) -> EstimateCurve:
    ends = [cell.interval or (None, None) for cell in cells]
    return EstimateCurve(
        label=label,
        x=[float(_macs(cell)) for cell in cells],
        y=[100 * (cell.mean or 0.0) for cell in cells],
        low=[None if low is None else 100 * low for low, _ in ends],
        high=[None if high is None else 100 * high for _, high in ends],
    )


def _mark(reading: StudyReading, cell: CellReading, *, named: bool) -> EstimateMark:
    mean = cell.mean or 0.0
    low, high = cell.interval or (mean, mean)
    # No curve leads to it: it is measured, not forecast.
    return EstimateMark(
        curve=-1,
        x=float(_macs(cell)),
        y=100 * mean,
        low=100 * low,
        high=100 * high,
        label=cell_name(reading, cell) if named else "",
    )
