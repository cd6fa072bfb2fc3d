"""Curves over depth and tables of what layers and answers do when images change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from striate.numbers import count
from striate.page.adapt_wire import EstimateChart, EstimateCurve, Estimates
from striate.page.wire import Cell, Column, Table
from striate.records import Invariance, Stability

# More names than this would stand on each other.
_MOST_NAMES = 12
_CHARTS = (
    ("Shifted", ("shift",)),
    ("Turned, mirrored, scaled", ("turned", "mirrored", "scaled")),
    ("Light", ("brightness", "contrast")),
)


def depth_figure(found: Invariance) -> Estimates:
    """Return the charts of distances over depth, with their table."""
    charts = [
        _chart(found, title, [place for place, name in enumerate(found.changes) if name.startswith(starts)])
        for title, starts in _CHARTS
    ]
    shifts = [place for place, name in enumerate(found.changes) if name.startswith("shift")]
    charts.append(_moved_chart(found, shifts))
    return Estimates(charts=[chart for chart in charts if chart.curves], table=_depth_table(found))


def _chart(found: Invariance, title: str, places: list[int]) -> EstimateChart:
    curves = [_curve(found.changes[place], [row.distance[place] for row in found.layers]) for place in places]
    return _made(found, title, "0 the same image, 1 another one", curves)


def _moved_chart(found: Invariance, places: list[int]) -> EstimateChart:
    with_maps = replace(
        found, layers=tuple(row for row in found.layers if any(row.moved[at] is not None for at in places))
    )
    curves = [_curve(found.changes[place], [row.moved[place] for row in with_maps.layers]) for place in places]
    return _made(with_maps, "Shifted, maps moved along", "0 the map goes with the image", curves)


def _curve(label: str, values: Sequence[float | None]) -> EstimateCurve:
    return EstimateCurve(label=label, x=[float(place) for place in range(len(values))], y=list(values))


def _made(found: Invariance, title: str, unit: str, curves: list[EstimateCurve]) -> EstimateChart:
    step = max(1, -(-len(found.layers) // _MOST_NAMES))
    kept = [curve for curve in curves if any(value is not None for value in curve.y)]
    return EstimateChart(
        title=title,
        unit=unit,
        x_label="",
        is_order=True,
        low=0.0,
        curves=kept,
        names=[(float(place), row.layer) for place, row in enumerate(found.layers) if place % step == 0],
    )


def _depth_table(found: Invariance) -> Table:
    rows: list[list[Cell]] = []
    for row in found.layers:
        rows.append([row.layer, "distance", *row.distance, row.same_class])
        rows.append([row.layer, "cosine", *row.cosine, None])
        if any(value is not None for value in row.moved):
            rows.append([row.layer, "map moved along", *row.moved, None])
    return Table(
        columns=[
            Column(label="Layer", align="left"),
            Column(label="Figure", align="left"),
            *(Column(label=name.capitalize(), decimals=2) for name in found.changes),
            Column(label="Another of its class", decimals=2),
        ],
        rows=rows,
        caption=(
            f"Features of changed images beside those of the image, {count(found.images)} images; "
            "distance: 0 the same image, 1 another one; cosine: 1 the same direction; map moved along: 0 goes with the image"
        ),
    )


def answers_table(found: Stability) -> Table:
    """Return what each change does to the answers."""
    rows: list[list[Cell]] = [
        [
            row.change,
            row.changed,
            100 * row.interval[0],
            100 * row.interval[1],
            100 * row.mean_changed,
            None if row.accuracy is None else 100 * row.accuracy,
            row.probability_shift,
        ]
        for row in found.rows
    ]
    return Table(
        columns=[
            Column(label="Change", align="left"),
            Column(label="Images changed"),
            Column(label="From", unit="%", decimals=1),
            Column(label="To", unit="%", decimals=1),
            Column(label="Answers changed", unit="%", decimals=1),
            Column(label="Right then", unit="%", decimals=1),
            Column(label="Probability by", decimals=3),
        ],
        rows=rows,
        caption=f"Answers to {count(found.images)} held-out images after a change; an image counts if one direction changes it",
    )
