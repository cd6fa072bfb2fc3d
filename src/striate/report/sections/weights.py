"""The weights of every layer: lengths, rank, what is dead or copied; waves of the first, and the second on the input."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
    Histogram,
    Scale,
    Section,
    Table,
    Tile,
    Tiles,
)
from striate.records import EffectiveFilters, LayerWeights
from striate.report.arrays import ArrayStore
from striate.report.pictures.weights import principal
from striate.report.subject import Subject

_MOST_CURVES = 5
_MOST_LINES, _MOST_CHANNELS = 8, 4
_COLOURS = 3


def section(subject: Subject) -> Section | None:
    """Return the section if weights were looked at."""
    found = subject.evidence.weights
    if not found:
        return None
    effective = subject.evidence.effective_filters
    figures: list[Figure] = [*_lines(found[0]), _charts(found), *_waves(found[0])]
    if effective is not None:
        figures.append(_effective(subject.store, effective))
    return Section(
        id="weights",
        term="Weights",
        judgement=subject.judgement("weights"),
        sentence=subject.sentence("weights", _otherwise(found)),
        figures=figures,
        caption=Caption(
            shown="Filters by falling length, and singular values of each layer's weights as a matrix of filters; dashed: "
            "weights at random with the same sum of squares."
            + (" Waves: where each first-layer filter's spectrum is largest." if found[0].waves is not None else "")
            + (" Beneath, a deeper layer as it reads the input." if effective is not None else ""),
            should_see="Lengths of one size, and singular values that fall more steeply than at random, but not to nothing; "
            "first-layer waves of many orientations and few frequencies.",
            wrong_if="some filters have no length (dead), a layer has a few large singular values only, many filters are "
            "copies, or the first layer's waves are all as fine as can be.",
            source=f"{plural(len(found), 'layer')}; random: He, seed 0. A filter is dead at 1/1,000 of the 90 % quantile "
            "of length (normalisation counted in), a copy above a cosine of 0.95 and of what random filters of the shape reach. "
            "Effective rank: exp of the entropy of the singular values." + _effective_source(effective),
        ),
    )


def _otherwise(found: tuple[LayerWeights, ...]) -> str:
    dead, copied = sum(len(row.dead) for row in found), sum(len(group) - 1 for row in found for group in row.copies)
    filters = sum(len(row.norms) for row in found)
    least = min(found, key=lambda row: row.spectrum.effective_rank / max(row.spectrum.random_effective_rank, 1))
    rank = least.spectrum
    return (
        f"Of {count(filters)} filters in {plural(len(found), 'layer')} {count(dead)} are dead and {count(copied)} copies. "
        f"{least.layer} has the lowest rank: {measure(rank.effective_rank)} beside {measure(rank.random_effective_rank)} "
        "at random."
    )


def _charts(found: tuple[LayerWeights, ...]) -> Charts:
    step = max(1, -(-len(found) // _MOST_CURVES))
    shown = found[::step]
    lengths = Chart(
        title="Length of filters",
        unit="of the layer's longest",
        x_label="share of the layer's filters, %",
        low=0.0,
        high=1.0,
        curves=[_falling(row.layer, row.norms) for row in shown],
    )
    ranks = [
        Chart(
            title=f"{row.layer}, singular values",
            unit="weight",
            x_label="number",
            low=0.0,
            curves=[
                _numbered("learned", row.spectrum.values, "solid"),
                _numbered("random", row.spectrum.random_values, "dashed"),
            ],
        )
        for row in shown
    ]
    return Charts(charts=[lengths, *ranks], table=_table(found))


def _falling(layer: str, lengths: NDArray[np.floating]) -> Curve:
    falling = np.sort(lengths)[::-1] / (float(lengths.max()) or 1.0)
    at = 100 * (np.arange(len(falling)) + 0.5) / len(falling)
    return Curve(label=layer, x=at.tolist(), y=falling.astype(float).tolist())


def _numbered(label: str, values: NDArray[np.floating], style: str) -> Curve:
    # A line of a few hundred points is as good as one of thousands.
    places = np.unique(np.linspace(0, len(values) - 1, min(len(values), 200)).round().astype(int))
    x = [float(place + 1) for place in places]
    return Curve(
        label=label, x=x, y=[float(values[place]) for place in places], style="dashed" if style == "dashed" else "solid"
    )


def _table(found: tuple[LayerWeights, ...]) -> Table:
    rows: list[list[Cell]] = [
        [
            row.layer,
            times(row.weights.shape),
            float(np.median(row.norms)),
            len(row.dead),
            sum(len(group) - 1 for group in row.copies),
            row.random_cosine,
            row.spectrum.effective_rank,
            row.spectrum.random_effective_rank,
            len(row.dead_inputs),
        ]
        for row in found
    ]
    return Table(
        columns=[
            Column(label="Layer", align="left"),
            Column(label="Shape", align="left"),
            Column(label="Middle length", decimals=3),
            Column(label="Dead"),
            Column(label="Copies"),
            Column(label="Highest cosine at random", decimals=3),
            Column(label="Effective rank", decimals=1),
            Column(label="at random", decimals=1),
            Column(label="Unread channels"),
        ],
        rows=rows,
        caption="Weights by layer",
    )


def _waves(first: LayerWeights) -> list[Figure]:
    """Return how the first layer's filters spread over frequencies and orientations."""
    if first.waves is None:
        return []
    cycles, turned = first.waves.cycles_per_px, first.waves.orientation_deg
    waving = cycles > 0
    edges = np.linspace(0, max(0.5, float(cycles.max())), 11)
    names = ("Filter", "Frequency", "Orientation", "Colour")
    colour = first.waves.colour_share
    table = Table(
        columns=[
            Column(label=names[0]),
            Column(label=names[1], unit="cycles per px", decimals=3),
            Column(label=names[2], unit="°", decimals=0),
            Column(label=names[3], decimals=2),
        ],
        rows=[
            [
                unit,
                float(cycles[unit]),
                float(turned[unit]) if turned is not None and waving[unit] else None,
                float(colour[unit]) if colour is not None else None,
            ]
            for unit in range(len(cycles))
        ],
        caption=f"Waves of {first.layer}'s filters",
    )
    figures: list[Figure] = [
        Histogram(
            title=f"{first.layer}: frequency of each filter",
            unit="cycles per px; 0 is a blob",
            edges=edges.tolist(),
            counts=np.histogram(cycles, edges)[0].tolist(),
            marks=[(0.25, "4 px", "limit")],
            table=table,
        )
    ]
    if turned is not None:
        bins = np.linspace(0, 180, 13)
        figures.append(
            Histogram(
                title=f"{first.layer}: orientation of its {plural(int(waving.sum()), 'wave')}",
                unit="° across the stripes",
                edges=bins.tolist(),
                counts=np.histogram(turned[waving], bins)[0].tolist(),
                table=None,
            )
        )
    return figures


def _lines(first: LayerWeights) -> list[Figure]:
    """Return the filters of signals as curves."""
    if first.weights.ndim != 3 or not first.reads_input:
        return []
    high = float(np.abs(first.weights).max()) or 1.0
    x = [float(place) for place in range(first.weights.shape[2])]
    charts = [
        Chart(
            title=f"{first.layer}, filter {unit}",
            unit="weight",
            x_label="sample",
            low=-high,
            high=high,
            curves=[
                Curve(label=f"channel {channel}", x=x, y=[float(value) for value in one[channel]])
                for channel in range(min(len(one), _MOST_CHANNELS))
            ],
        )
        for unit, one in enumerate(first.weights[:_MOST_LINES])
    ]
    return [Charts(charts=charts)]


def _effective(store: ArrayStore, found: EffectiveFilters) -> Tiles:
    is_colour = found.filters.shape[1] == _COLOURS
    # The mean of channels would cancel filters that hold one channel against another.
    shown, share = (found.filters, 1.0) if is_colour else principal(found.filters)
    ends = np.abs(shown).max(axis=(1, 2, 3), keepdims=True)
    values = shown / np.maximum(ends, 1e-30)
    if is_colour:
        pixels = np.rint((np.moveaxis(values, 1, -1) / 2 + 0.5) * 255).astype(np.uint8)
        array = store.images("effective-filters", pixels)
    else:
        array = store.maps("effective-filters", values[:, 0])
    channels = found.filters.shape[1]
    combined = (
        ""
        if channels in {1, _COLOURS}
        else (f"; the combination of the {count(channels)} channels that varies most, {percent(share)} of the power")
    )
    largest = np.abs(found.filters).reshape(len(found.units), -1).max(axis=1)
    return Tiles(
        title=f"{found.layer} on the input",
        note=f"effective filters: activations passed through; each on its own scale{combined}",
        array=array,
        scale=Scale(
            kind="colour" if is_colour else "diverging", low=-1, high=1, unit="share of the filter's own largest value"
        ),
        tiles=[
            Tile(index=place, label=str(unit), value=measure(float(ends[place, 0, 0, 0]), 2))
            for place, unit in enumerate(found.units)
        ],
        side=72,
        table=Table(
            columns=[
                Column(label="Unit"),
                Column(label="Largest", decimals=4),
                Column(label="Value for zeros", decimals=4),
            ],
            rows=[[unit, float(largest[place]), float(found.offsets[place])] for place, unit in enumerate(found.units)],
            caption=f"Effective filters of {found.layer}, change of the unit by a unit of input",
        ),
    )


def _effective_source(found: EffectiveFilters | None) -> str:
    if found is None:
        return ""
    return f" On the input: place {times(found.place)} of {found.layer}'s map. {' '.join(found.notes)}"
