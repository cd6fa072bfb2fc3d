"""The sections of the page about beginnings: before the first step, filters, how it was made."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from striate.findings import Finding, worst
from striate.graph import times
from striate.numbers import THIN, count, measure, percent, plural
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
    Tile,
    Tiles,
)
from striate.records import BeginningComparison, LayerStart, Start
from striate.report.arrays import ArrayStore
from striate.report.beginnings.steps import steps_section, style
from striate.report.making import making_section
from striate.runs.folder import environment

_MOST_TILES = 32
_FLOOR = 1e-12


def sections(
    found: BeginningComparison, findings: Sequence[Finding], store: ArrayStore, *, command: str
) -> list[Section]:
    """Return the sections; filters only where the network begins with a convolution of images."""
    made = [_before(found, findings), steps_section(found)]
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
                style=style(place),
            )
            for place, start in enumerate(found.starts)
        ],
    )


def _log(value: float) -> float | None:
    return math.log10(value) if value > _FLOOR else None


def _spread_sentence(starts: Sequence[Start]) -> str:
    factors = [(start.factor, start.beginning) for start in starts if start.factor is not None]
    if not factors:
        return "There are too few hidden layers to follow values through."
    far, name = max(factors, key=lambda pair: abs(math.log(max(pair[0], _FLOOR))))
    return f"No start lets values die out or blow up; {name} changes their spread most, ×{THIN}{measure(far)} a layer."


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


def _made(found: BeginningComparison, command: str) -> Section:
    said: dict[str, str] = {
        **({"Command": command} if command else {}),
        "Beginnings": ", ".join(found.beginnings),
        "Seeds": ", ".join(map(str, found.seeds)),
        "Training images": count(found.train_count),
        "Held out": f"{count(found.held_out_count)} validation samples; the test part was not touched",
        **{f"{row.name}, seed {row.seed}": " ".join(row.told) for row in found.begun if row.told},
    } | environment()
    share = percent(sum(steps.seconds for steps in found.steps[1:]) / max(sum(s.seconds for s in found.steps), 1e-9), 0)
    return making_section(
        said.items(),
        Caption(
            shown=f"With these the page can be made again. All but {found.beginnings[0]} took {share} of the time.",
            should_see="The network, the data and the beginnings you meant.",
            wrong_if="there are too few seeds for the differences you care about.",
            source="Made with `striate init --compare`.",
        ),
        table="Data, seeds and versions",
    )
