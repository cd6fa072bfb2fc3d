"""What would be if images entered otherwise: other preprocessing, other statistics of batch normalisation."""

from __future__ import annotations

from striate.numbers import count, measure, percent
from striate.page.wire import Caption, Cell, Column, Figure, Section, Table, TableFigure
from striate.records import NormTrial, PreprocessingTrial, Rival
from striate.report.subject import Subject


def section(subject: Subject) -> Section | None:
    """Return the section if another way was tried."""
    trial, norms = subject.evidence.preprocessing_trial, subject.evidence.norm_trial
    if trial is None and norms is None:
        return None
    figures: list[Figure] = []
    if trial is not None:
        figures.append(TableFigure(table=_ways(trial)))
    if norms is not None:
        figures += [TableFigure(table=_statistics(norms)), TableFigure(table=_layers(norms))]
    return Section(
        id="entering",
        term="What enters",
        judgement=subject.judgement("entering"),
        sentence=subject.sentence("entering", _otherwise(trial, norms)),
        figures=figures,
        caption=Caption(
            shown="The same held-out images, answered as the network is used and with one thing otherwise: how pixels become "
            "numbers, and what batch normalisation divides by.",
            should_see="Every other way at or below the one in use, or so near above it that p is not small.",
            wrong_if="another way is far above: then the network is not fed as it was trained.",
            source="McNemar's exact test, two-sided, each way against the one in use: right only so, right only as used."
            + (
                " Statistics of these data: each half of the images is answered with those of the other half."
                if norms is not None
                else ""
            ),
        ),
    )


def _otherwise(trial: PreprocessingTrial | None, norms: NormTrial | None) -> str:
    said = []
    if trial is not None and trial.best is not None:
        best = trial.best
        said.append(
            f"As it is used the network answers {percent(trial.accuracy)} of {count(trial.images)} right; the best other way "
            f"to prepare them ({best.name}) gives {percent(best.accuracy)}."
        )
    if norms is not None:
        said.append(
            f"With batch statistics of these data it is {percent(norms.measured.accuracy)}, with the running ones "
            f"{percent(norms.accuracy)}."
        )
    return " ".join(said) or "No other way differs from the one in use."


def _ways(trial: PreprocessingTrial) -> Table:
    rows: list[list[Cell]] = [["as used", 100 * trial.accuracy, None, None, None]]
    rows += [_row(rival) for rival in trial.rivals]
    return Table(columns=_COLUMNS, rows=rows, caption=f"Preprocessing, {count(trial.images)} held-out images")


def _statistics(norms: NormTrial) -> Table:
    rows: list[list[Cell]] = [["running statistics", 100 * norms.accuracy, None, None, None], _row(norms.measured)]
    return Table(columns=_COLUMNS, rows=rows, caption=f"Batch normalisation, {count(norms.images)} held-out images")


def _row(rival: Rival) -> list[Cell]:
    told = measure(rival.p_value, 2) if rival.p_value >= 0.001 else "below 0.001"
    return [rival.name, 100 * rival.accuracy, rival.gained, rival.lost, told]


_COLUMNS = [
    Column(label="Way", align="left"),
    Column(label="Right", unit="%", decimals=1),
    Column(label="Right only so"),
    Column(label="Right only as used"),
    Column(label="p", align="left"),
]


def _layers(norms: NormTrial) -> Table:
    rows: list[list[Cell]] = [[row.layer, row.channels, row.mean_shift, row.variance_ratio] for row in norms.layers]
    return Table(
        columns=[
            Column(label="Normalisation", align="left"),
            Column(label="Channels"),
            Column(label="Mean off by", unit="σ", decimals=2),
            Column(label="Variance ratio", unit="×", decimals=2),
        ],
        rows=rows,
        caption="Statistics of what enters, beside the running ones; medians over channels",
    )
