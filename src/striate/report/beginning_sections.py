"""The sections of the page about beginnings: before the first step, filters, the first steps, how it was made."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from striate.findings import Finding, worst
from striate.graph import times
from striate.numbers import count, measure, percent, plural
from striate.page.wire import (
    Caption,
    Cell,
    Chart,
    Charts,
    Column,
    Curve,
    Figure,
    Scale,
    Section,
    Table,
    TableFigure,
    Tile,
    Tiles,
)
from striate.records import BeginningComparison, FirstSteps, LayerStart, Start
from striate.report.arrays import ArrayStore
from striate.runs.folder import environment
from striate.train.paired import mean_interval

_MOST_TILES = 32
_SMOOTHED = 10
_FLOOR = 1e-12


def sections(
    found: BeginningComparison, findings: Sequence[Finding], store: ArrayStore, *, command: str
) -> list[Section]:
    """Return the sections; filters only where the network begins with a convolution of images."""
    made = [_before(found, findings), _steps(found)]
    if found.filters:
        made.insert(1, _filters(found, store))
    return [*made, _made(found, command)]


def _before(found: BeginningComparison, findings: Sequence[Finding]) -> Section:
    """Return values and gradients of each layer before the first step."""
    charts = [
        _by_layer(found, "Spread of values", "log₁₀ of the standard deviation", lambda row: _log(row.std)),
        _by_layer(found, "Active", "% of values above zero", lambda row: 100 * row.active_share, low=0.0, high=100.0),
        _by_layer(found, "Gradient", "log₁₀ of its norm, by the layer's weights", lambda row: _log(row.gradient_norm)),
    ]
    layers = [row.layer for row in found.starts[0].layers]
    order = ", ".join(f"{place} {name}" for place, name in enumerate(layers, start=1))
    return Section(
        id="beginnings",
        term="Before the first step",
        judgement=worst(findings) or "ok",
        sentence=findings[0].message if findings else _spread_sentence(found.starts),
        figures=[Charts(charts=charts, table=_layer_table(found))],
        caption=Caption(
            shown=f"Each layer's values behind its normalisation and activation, on one batch, from the input to the scores. "
            f"Layers: {order}.",
            should_see="Level lines: values and gradients of the same size in every layer; about half of the values active.",
            wrong_if="a line falls or rises by more than a factor of 100 (2 on this scale): values die out or blow up.",
            source=f"One batch of {count(found.starts[0].images)} training images, mean of {plural(len(found.seeds), 'seed')}; "
            "batch normalisation by the batch, dropout off. Spreads over seeds stand in the table.",
        ),
    )


def _by_layer(
    found: BeginningComparison,
    title: str,
    unit: str,
    value: Callable[[LayerStart], float | None],
    *,
    low: float | None = None,
    high: float | None = None,
) -> Chart:
    return Chart(
        title=title,
        unit=unit,
        x_label="layer",
        low=low,
        high=high,
        curves=[
            Curve(
                label=start.beginning,
                x=[float(place) for place in range(1, len(start.layers) + 1)],
                y=[value(row) for row in start.layers],
                style=_style(place),
            )
            for place, start in enumerate(found.starts)
        ],
    )


def _style(place: int) -> Literal["solid", "dashed"]:
    return "solid" if place == 0 else "dashed"


def _log(value: float) -> float | None:
    return math.log10(value) if value > _FLOOR else None


def _spread_sentence(starts: Sequence[Start]) -> str:
    factors = [(start.factor, start.beginning) for start in starts if start.factor is not None]
    if not factors:
        return "There are too few hidden layers to follow values through."
    far, name = max(factors, key=lambda pair: abs(math.log(max(pair[0], _FLOOR))))
    return f"No start lets values die out or blow up; {name} changes their spread most, × {measure(far)} a layer."


def _layer_table(found: BeginningComparison) -> Table:
    several = len(found.seeds) > 1
    columns = [
        Column(label="Beginning", align="left"),
        Column(label="Layer", align="left"),
        Column(label="Mean"),
        Column(label="Std"),
        Column(label="Active", unit="%", decimals=1),
        Column(label="Gradient norm"),
        Column(label="Weight norm"),
    ]
    if several:
        columns += [Column(label="Std ± over seeds"), Column(label="Active ±", unit="%"), Column(label="Gradient ±")]
    rows: list[list[Cell]] = []
    for start in found.starts:
        for row in start.layers:
            cells: list[Cell] = [
                start.beginning,
                row.layer,
                measure(row.mean),
                measure(row.std),
                100 * row.active_share,
                measure(row.gradient_norm),
                measure(row.weight_norm),
            ]
            if several:
                cells += [measure(row.std_spread), measure(100 * row.active_spread), measure(row.gradient_spread)]
            rows.append(cells)
    return Table(
        columns=columns, rows=rows, caption="Layers before the first step; ± is the standard deviation over seeds"
    )


def _filters(found: BeginningComparison, store: ArrayStore) -> Section:
    figures: list[Figure] = []
    for place, (name, weights) in enumerate(found.filters.items()):
        shown = weights[:_MOST_TILES]
        largest = float(np.abs(shown).max()) or 1.0
        is_colour = shown.shape[1] == 3
        array = _kept(store, f"filters-{place}", shown, largest, is_colour=is_colour)
        scale = Scale(
            kind="colour" if is_colour else "diverging",
            low=-largest,
            high=largest,
            unit=f"weight about mid-grey, ±{measure(largest)}" if is_colour else "weight, no unit",
        )
        figures.append(
            Tiles(
                title=name,
                note=_norm_words(weights),
                array=array,
                scale=scale,
                tiles=[Tile(index=number) for number in range(len(shown))],
                side=40,
                table=Table(
                    columns=[
                        Column(label="Filter"),
                        Column(label="Norm", decimals=3),
                        Column(label="Mean", decimals=4),
                    ],
                    rows=[
                        [number, float(np.linalg.norm(one)), float(one.mean())] for number, one in enumerate(weights)
                    ],
                    caption=f"Norm and mean of the filters, {name}",
                ),
            )
        )
    shape = times(next(iter(found.filters.values())).shape)
    return Section(
        id="filters",
        term=f"First-layer filters, {found.filter_layer}",
        judgement=None,
        sentence="What the first layer looks for before it has learned anything.",
        figures=figures,
        caption=Caption(
            shown="The filters of seed 0, one row a beginning; each row on a scale of its own"
            + ("; channels averaged." if next(iter(found.filters.values())).shape[1] not in {1, 3} else "."),
            should_see="Grain for random starts; edges, bars and blobs for filters made by hand or from images.",
            wrong_if="filters from images are copies of each other, or as grainy as random ones.",
            source=f"{found.filter_layer}.weight, {shape}."
            + (f" The first {_MOST_TILES}." if len(next(iter(found.filters.values()))) > _MOST_TILES else ""),
            extra=" ".join(f"{row.name}: {' '.join(row.told)}" for row in found.begun if row.told),
        ),
    )


def _norm_words(weights: NDArray[np.floating]) -> str:
    norms = np.linalg.norm(weights.reshape(len(weights), -1), axis=1)
    return f"norms {measure(float(norms.min()))} to {measure(float(norms.max()))}"


def _kept(store: ArrayStore, name: str, values: NDArray[np.floating], largest: float, *, is_colour: bool) -> str:
    if is_colour:
        shown = np.moveaxis(values, 1, -1) / (2 * largest) + 0.5
        return store.images(name, np.rint(shown * 255).astype(np.uint8))
    return store.maps(name, values.mean(axis=1))


def _steps(found: BeginningComparison) -> Section:
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
                style=_style(place),
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
            Curve(label=steps.beginning, x=_points(steps), y=_means(found, steps), style=_style(place))
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


def _made(found: BeginningComparison, command: str) -> Section:
    said: dict[str, str] = {
        **({"Command": command} if command else {}),
        "Beginnings": ", ".join(found.beginnings),
        "Seeds": ", ".join(map(str, found.seeds)),
        "Training images": count(found.train_count),
        "Held out": f"{count(found.held_out_count)} validation samples; the test part was not touched",
        **{f"{row.name}, seed {row.seed}": " ".join(row.told) for row in found.begun if row.told},
    } | environment()
    rows: list[list[Cell]] = [[label, value] for label, value in said.items()]
    share = percent(sum(steps.seconds for steps in found.steps[1:]) / max(sum(s.seconds for s in found.steps), 1e-9), 0)
    return Section(
        id="made",
        term="How this was made",
        judgement=None,
        sentence="What went into this page.",
        figures=[
            TableFigure(
                table=Table(
                    columns=[Column(label="What", align="left"), Column(label="Value", align="left")],
                    rows=rows,
                    caption="Data, seeds and versions",
                )
            )
        ],
        caption=Caption(
            shown=f"With these the page can be made again. All but {found.beginnings[0]} took {share} of the time.",
            should_see="The network, the data and the beginnings you meant.",
            wrong_if="there are too few seeds for the differences you care about.",
            source="Made with `striate init --compare`.",
        ),
    )
