"""The best of a search trained again, on its page: the sections of their study, and what the search's scores are worth."""

from __future__ import annotations

from striate.numbers import percent, plural
from striate.page.wire import Caption, Column, Figure, Section, Table, TableFigure
from striate.page.wire import Cell as TableCell
from striate.report.studies.health import health_section
from striate.report.studies.search.words import design_name, source, tried_words
from striate.report.studies.sections import cells_section, change_section, costs_section, scores_section
from striate.study import StudyReading, verdict
from striate.study.reading import CellReading
from striate.study.search import SearchReading, Trial


def again_sections(again: StudyReading) -> list[Section]:
    """Return the scores, costs and texts of the designs that were trained again, as a study's page has them."""
    made = [scores_section(again), costs_section(again), cells_section(again)]
    return [_named(section) for section in made if section is not None]


def closing_sections(again: StudyReading) -> list[Section]:
    """Return how those trainings went, and what would change the verdict."""
    made = [health_section(again), change_section(again, verdict(again).would_change)]
    return [_named(section) for section in made if section is not None]


def mislead_section(reading: SearchReading) -> Section:
    """Return what the search's own scores are worth: beside those of the same designs trained again, if any were."""
    pairs = _pairs(reading)
    figures: list[Figure] = [TableFigure(table=_pairs_table(pairs))] if pairs else []
    return Section(
        id="mislead",
        term="What would mislead",
        judgement=None,
        sentence=f"{_worth(reading, pairs)} {tried_words(reading)}",
        figures=figures,
        caption=Caption(
            shown="Each design that was trained again: its score in the search, by which it was chosen, and its mean from other "
            "seeds on samples that nothing was chosen by. Differences also hold what the two parts of the data differ in."
            if pairs
            else "Nothing to set beside the search's scores: the same command with --best 2 or more trains the best again, from "
            "other seeds, and judges them on the test part.",
            should_see="Scores of the search inside the intervals of the test part."
            if pairs
            else "Designs trained again.",
            wrong_if="the search's scores lie above: the best of many trials on one part of the data is also the luckiest, so "
            "quote the test part only. Few of the designs were tried: a better one may not have been.",
            source=f"Validation and test parts of {source(reading)}.",
        ),
    )


def _named(section: Section) -> Section:
    # On a study's own page the term needs no owner.
    return section.model_copy(update={"term": f"Trained again: {section.term[:1].lower()}{section.term[1:]}"})


def _pairs(reading: SearchReading) -> list[tuple[Trial, CellReading]]:
    """Return trials with what came of training them again, where both have a score; in the study's order."""
    if reading.again is None:
        return []
    found = [(reading.trial_of(design_name(cell)), cell) for cell in reading.again.cells]
    return [
        (trial, cell)
        for trial, cell in found
        if trial is not None and trial.score is not None and cell.mean is not None
    ]


def _pairs_table(pairs: list[tuple[Trial, CellReading]]) -> Table:
    columns = [
        Column(label="Trial"),
        *(Column(label=label, unit="%", decimals=2) for label in ("In the search", "Trained again")),
        *(Column(label=label, unit="%", decimals=2) for label in ("95 % from", "to")),
        Column(label="Difference", unit="points", decimals=2),
    ]
    rows: list[list[TableCell]] = []
    for trial, cell in pairs:
        searched, mean = 100 * (trial.score or 0.0), 100 * (cell.mean or 0.0)
        ends = [None if one is None else 100 * one for one in cell.interval or (None, None)]
        rows.append([trial.number, searched, mean, *ends, mean - searched])
    return Table(
        columns=columns, rows=rows, caption="On the validation part in the search, on the test part trained again"
    )


def _worth(reading: SearchReading, pairs: list[tuple[Trial, CellReading]]) -> str:
    if not pairs:
        trials = plural(len(reading.results.trials), "trial")
        return f"The validation part chose, so that the highest score of {trials} is no measure of what its design will reach."
    lower = sum((cell.mean or 0.0) < (trial.score or 0.0) for trial, cell in pairs)
    trial, cell = max(pairs, key=lambda pair: pair[0].score or 0.0)
    gap = 100 * abs((cell.mean or 0.0) - (trial.score or 0.0))
    word = "less" if (cell.mean or 0.0) < (trial.score or 0.0) else "more"
    return (
        f"Trained again, {lower} of {plural(len(pairs), 'design')} {'scores' if lower == 1 else 'score'} lower on the test part "
        f"than in the search: trial {trial.number}, first there with {percent(trial.score or 0.0)}, {gap:.1f} points {word}."
    )
