"""The section on the first steps from each beginning."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from striate.numbers import count, measure, plural
from striate.page.wire import Caption, Cell, Chart, Charts, Column, Curve, Section, Table, TableFigure
from striate.records import BeginningComparison, FirstSteps
from striate.train.paired import mean_interval

_SMOOTHED = 10


def style(place: int) -> Literal["solid", "dashed"]:
    """Return how the line of a beginning is drawn: the first solid, the others dashed."""
    return "solid" if place == 0 else "dashed"


def steps_section(found: BeginningComparison) -> Section:
    """Return losses and scores over the first steps, each beginning beside the first one, and the differences."""
    number = found.steps[0].losses.shape[1]
    charts = [_loss_chart(found, number), _score_chart(found)]
    charts += [_against(found, steps) for steps in found.steps[1:]]
    lost = [steps for steps in found.steps if steps.lost]
    return Section(
        id="first-steps",
        term=f"The first {plural(number, 'step')}",
        judgement="warning" if lost else None,
        sentence=_lost_sentence(lost) if lost else _difference_sentence(found),
        figures=[
            Charts(charts=charts, table=_score_table(found)),
            *([TableFigure(table=_difference_table(found))] if found.differences else []),
        ],
        caption=Caption(
            shown=f"Training loss, mean of {plural(_SMOOTHED, 'step')}, and {found.score_name} on {count(found.held_out_count)} "
            f"held-out samples, means over {plural(len(found.seeds), 'seed')}. Then each beginning (solid) with its 95 % "
            f"interval (thin) beside {found.beginnings[0]} (dashed).",
            should_see="Losses that leave the loss of one answer for all within a few steps, and intervals that stay apart where "
            "one start is said to be better.",
            wrong_if="a loss stays level at the beginning (values or gradients died out), or leaves the picture.",
            source=f"{count(found.train_count)} training images; the same seeds, images, order and shifts for all. One answer "
            f"for all has loss {measure(found.chance)}. Intervals: Student's t over seeds; differences are paired by seed.",
        ),
    )


def _loss_chart(found: BeginningComparison, number: int) -> Chart:
    return Chart(
        title="Training loss",
        unit=f"mean of {_SMOOTHED} steps",
        x_label="step",
        low=0.0,
        curves=[
            Curve(
                label=steps.beginning,
                x=[float(min(end, number)) for end in range(_SMOOTHED, number + _SMOOTHED, _SMOOTHED)],
                y=_smoothed(steps.losses, number, most=2 * found.chance),
                style=style(place),
            )
            for place, steps in enumerate(found.steps)
        ],
    )


def _smoothed(losses: NDArray[np.floating], number: int, *, most: float) -> list[float | None]:
    made: list[float | None] = []
    for begin in range(0, number, _SMOOTHED):
        part = losses[:, begin : begin + _SMOOTHED]
        known = part[np.isfinite(part)]
        made.append(min(float(known.mean()), most) if len(known) else None)
    return made


def _score_chart(found: BeginningComparison) -> Chart:
    return Chart(
        title=found.score_name if found.score_name == "R²" else found.score_name.capitalize(),
        unit="held out" if found.score_name == "R²" else "%, held out",
        x_label="step",
        high=1.0 if found.score_name == "R²" else 100.0,
        curves=[
            Curve(label=steps.beginning, x=_points(steps), y=_means(found, steps), style=style(place))
            for place, steps in enumerate(found.steps)
        ],
    )


def _against(found: BeginningComparison, steps: FirstSteps) -> Chart:
    """Return one beginning with its interval, beside the first."""
    first = found.steps[0]
    lows, highs = _intervals(found, steps)
    several = len(found.seeds) > 1
    return Chart(
        title=steps.beginning,
        unit=f"{found.score_name}, held out" if found.score_name == "R²" else f"{found.score_name}, %, held out",
        x_label="step",
        high=1.0 if found.score_name == "R²" else 100.0,
        curves=[
            Curve(label=steps.beginning, x=_points(steps), y=_means(found, steps)),
            Curve(label=first.beginning, x=_points(first), y=_means(found, first), style="dashed"),
            *([Curve(label="", x=_points(steps), y=lows, style="thin")] if several else []),
            *([Curve(label="", x=_points(steps), y=highs, style="thin")] if several else []),
        ],
    )


def _points(steps: FirstSteps) -> list[float]:
    return [float(point) for point in steps.points]


def _factor(found: BeginningComparison) -> float:
    return 1.0 if found.score_name == "R²" else 100.0


def _columns(steps: FirstSteps) -> list[list[float]]:
    return [[float(value) for value in column if np.isfinite(value)] for column in steps.scores.T]


def _means(found: BeginningComparison, steps: FirstSteps) -> list[float | None]:
    return [_factor(found) * mean_interval(column)[0] if column else None for column in _columns(steps)]


def _intervals(found: BeginningComparison, steps: FirstSteps) -> tuple[list[float | None], list[float | None]]:
    top = _factor(found)
    pairs = [mean_interval(column)[1] if column else None for column in _columns(steps)]
    bottom = 0.0 if found.score_name != "R²" else -math.inf
    lows = [None if pair is None else max(top * pair[0], bottom) for pair in pairs]
    return lows, [None if pair is None else min(top * pair[1], top) for pair in pairs]


def _score_table(found: BeginningComparison) -> Table:
    rows: list[list[Cell]] = []
    for steps in found.steps:
        lows, highs = _intervals(found, steps)
        means = _means(found, steps)
        rows += [
            [steps.beginning, point, mean, low, high]
            for point, mean, low, high in zip(steps.points, means, lows, highs, strict=True)
        ]
    unit = "" if found.score_name == "R²" else "%"
    decimals = 3 if found.score_name == "R²" else 1
    return Table(
        columns=[
            Column(label="Beginning", align="left"),
            Column(label="Step"),
            Column(label=found.score_name.capitalize(), unit=unit, decimals=decimals),
            Column(label="95 % from", unit=unit, decimals=decimals),
            Column(label="to", unit=unit, decimals=decimals),
        ],
        rows=rows,
        caption=f"{found.score_name.capitalize()} on held-out samples over the first steps",
    )


def _difference_table(found: BeginningComparison) -> Table:
    top = _factor(found)
    return Table(
        columns=[
            Column(label=f"Against {found.beginnings[0]}", align="left"),
            Column(label="Difference", unit="" if top == 1.0 else "points", decimals=2),
            Column(label="95 % from", decimals=2),
            Column(label="to", decimals=2),
            Column(label="Seeds"),
            Column(label="Time for all seeds", unit="s", decimals=1),
        ],
        rows=[
            [row.beginning, top * row.mean, top * row.interval[0], top * row.interval[1], row.seeds, steps.seconds]
            for row, steps in zip(found.differences, found.steps[1:], strict=True)
        ],
        caption=f"Last {found.score_name}, paired by seed",
    )


def _lost_sentence(lost: Sequence[FirstSteps]) -> str:
    words = [f"{steps.beginning} in {len(steps.lost)} of {len(steps.losses)} runs" for steps in lost]
    return f"The loss left the finite numbers: {', '.join(words)}."


def _difference_sentence(found: BeginningComparison) -> str:
    if not found.differences:
        return f"The loss begins at {measure(found.starts[0].loss)}; one answer for all would have {measure(found.chance)}."
    row = max(found.differences, key=lambda difference: abs(difference.mean))
    low, high = (_shown(found, value) for value in row.interval)
    interval = f", 95 % interval {low} to {high}" if row.seeds > 1 else ", from one seed"
    return (
        f"The largest difference is that of {row.beginning}: {_shown(found, row.mean)} against {row.against}{interval}."
    )


def _shown(found: BeginningComparison, value: float) -> str:
    if found.score_name == "R²":
        return measure(value, signed=True)
    return f"{measure(100 * value, signed=True)} points"
