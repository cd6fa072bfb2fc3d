"""The health of a study's networks: gradient norms by depth before training, and dead units after it."""

from __future__ import annotations

from statistics import fmean

from striate.numbers import measure, percent
from striate.page.wire import Caption, Chart, Charts, Column, Curve, Section, Table, TableFigure
from striate.page.wire import Cell as TableCell
from striate.report.studies.words import cell_name, source
from striate.study import StudyReading
from striate.study.health import dead_share, gradient_means, gradient_powers
from striate.study.naming import name_of
from striate.study.reading import CellReading
from striate.study.results import SeedResult


def health_section(reading: StudyReading) -> Section | None:
    """Return gradient norms by depth, a chart a cell, and what became of units and losses; None without any."""
    known = [cell for cell in reading.cells if any(run.health for run in cell.row.runs)]
    if not known:
        return None
    return Section(
        id="health",
        term="Health",
        judgement=None,
        sentence=f"{_falls(reading, known)} {_dead(reading, known)}",
        figures=[_gradients(reading, known), TableFigure(table=_ends(reading, known))],
        caption=Caption(
            shown="Above, a chart a cell: the norm of the loss's gradient with respect to each layer's weights before the first "
            "step, as a power of ten; thin, each seed; thick, their geometric mean. Beneath: units never above zero after "
            "training, and losses, as means over seeds.",
            should_see="Curves that are about level from the first layer to the last, few dead units, and training losses that "
            "are alike.",
            wrong_if="a curve falls by two or more towards the first layer: that network's early layers hardly learn at the "
            "start. A cell that scores worse has many dead units, or a higher training loss: it was not trained "
            "as well as the others.",
            source=f"Layers from the input to the output; {source(reading)}.",
        ),
    )


def _gradients(reading: StudyReading, known: list[CellReading]) -> Charts:
    charts = []
    for cell in known:
        curves = [
            Curve(label="", x=_places(run), y=gradient_powers(run), style="thin") for run in cell.row.runs if run.health
        ]
        means = gradient_means(cell.row)
        curves.append(Curve(label="", x=[float(place) for place in range(1, len(means) + 1)], y=means))
        charts.append((cell_name(reading, cell), curves))
    values = [value for _, curves in charts for curve in curves for value in curve.y if value is not None] or [0.0]
    return Charts(
        charts=[
            Chart(
                title=title,
                unit="gradient norm, power of ten",
                x_label="layer",
                curves=curves,
                low=min(values),
                high=max(values),
            )
            for title, curves in charts
        ],
        table=_layers(reading, known),
    )


def _places(run: SeedResult) -> list[float]:
    return [float(place) for place in range(1, len(run.health) + 1)]


def _layers(reading: StudyReading, known: list[CellReading]) -> Table:
    columns = [
        Column(label="Cell", align="left"),
        Column(label="Seed"),
        Column(label="Layer", align="left"),
        Column(label="Gradient norm at the start"),
        Column(label="at the end"),
        Column(label="Values above zero at the end", unit="%", decimals=1),
        Column(label="Dead"),
        Column(label="of units"),
    ]
    rows: list[list[TableCell]] = [
        [
            cell_name(reading, cell),
            run.seed,
            layer.layer,
            measure(layer.gradient_start),
            measure(layer.gradient_end),
            100 * layer.active_end,
            layer.dead,
            None if layer.dead is None else layer.units,
        ]
        for cell in known
        for run in cell.row.runs
        for layer in run.health
    ]
    return Table(columns=columns, rows=rows, caption="Every layer of every cell and seed")


def _ends(reading: StudyReading, known: list[CellReading]) -> Table:
    columns = [
        Column(label="Cell", align="left"),
        Column(label="Dead units", unit="%", decimals=1),
        Column(label="Training loss", decimals=4),
        Column(label="Validation loss", decimals=4),
    ]
    rows: list[list[TableCell]] = []
    for cell in known:
        share = dead_share(cell.row)
        losses = [
            [loss for run in cell.row.runs if (loss := getattr(run, name)) is not None]
            for name in ("train_loss", "validation_loss")
        ]
        rows.append(
            [
                cell_name(reading, cell),
                None if share is None else 100 * share,
                *(fmean(loss) if loss else None for loss in losses),
            ]
        )
    return Table(columns=columns, rows=rows, caption="After training, means over seeds")


def _falls(reading: StudyReading, known: list[CellReading]) -> str:
    """Return in which cell the gradient falls most from the last layer to the first, before training."""
    falls = []
    for cell in known:
        means = gradient_means(cell.row)
        if len(means) > 1 and means[0] is not None and means[-1] is not None:
            falls.append((means[-1] - means[0], cell))
    if not falls:
        return "How gradients fall with depth is not known."
    fall, cell = max(falls, key=lambda pair: pair[0])
    if fall <= 0:
        return "Before training no network's gradient is smaller at the first layer than at the last."
    return (
        f"Before training the first layer's gradient is at most {measure(10**fall)} times smaller than the last's "
        f"({name_of(reading, cell)})."
    )


def _dead(reading: StudyReading, known: list[CellReading]) -> str:
    shares = [(share, cell) for cell in known if (share := dead_share(cell.row)) is not None]
    if not shares:
        return "No layer has units that can be dead."
    share, cell = max(shares, key=lambda pair: pair[0])
    if share == 0:
        return "After training no unit is dead."
    return f"After training at most {percent(share)} of units are dead ({name_of(reading, cell)})."
