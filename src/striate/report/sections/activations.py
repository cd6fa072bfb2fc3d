"""Every layer's channels for one image, and how active they are over the data."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from striate.graph import times
from striate.numbers import count, measure, percent, plural
from striate.page.wire import Caption, Cell, Column, Figure, Scale, Section, Table, Tile, Tiles
from striate.records import ActivationMaps, LayerActivity
from striate.report.pictures.shrinking import CHANNEL, SMALL, strongest
from striate.report.subject import Subject

_MOST_CHANNELS = 64
_MOST_LAYERS = 12


def section(subject: Subject) -> Section | None:
    """Return the section if the layers were looked at."""
    maps, activity = subject.evidence.activation_maps, subject.evidence.activity
    if not maps:
        return None
    seen = {row.layer: row for row in activity}
    shown = _spread(maps)
    sample = maps[0].sample
    image = Tiles(
        title="input",
        note=f"{times(subject.network.input_shape)}, as the network receives it",
        array=subject.store.images("activations-input", subject.pictures([sample], SMALL)),
        scale=subject.input_scale,
        show_scale=False,
        tiles=[Tile(index=0)],
        side=84,
    )
    figures: list[Figure] = [image]
    figures += [_layer(subject, layer, seen.get(layer.layer), place, len(shown)) for place, layer in enumerate(shown)]
    images = len(subject.evidence.predictions.samples) if subject.evidence.predictions is not None else 0
    return Section(
        id="activations",
        term="Activations",
        judgement=subject.judgement("activations"),
        sentence=subject.sentence("activations", _otherwise(activity)),
        figures=figures,
        caption=Caption(
            shown=f"All channels for one image, {_about(subject, sample)}",
            should_see="Early maps that resemble the input, later ones sparse and local; the active share falling "
            "from layer to layer.",
            wrong_if="everything is active everywhere, a map is constant, or a unit is zero for every image.",
            source=f"Values after each layer's activation. Each layer has its own scale, all its channels share it; maps "
            f"larger than {CHANNEL} px are shown by the largest value of each cell. "
            f"Shares over {plural(images, 'held-out image')}."
            + (" Of volumes the largest value along the last axis." if len(subject.network.input_shape) == 4 else "")
            + ("" if len(shown) == len(maps) else f" {len(shown)} of {len(maps)} layers, evenly spread.")
            + f" Layers with more than {_MOST_CHANNELS} channels show their strongest {_MOST_CHANNELS}.",
            aside=_aside(activity, images),
        ),
    )


def _layer(
    subject: Subject,
    layer: ActivationMaps,
    activity: LayerActivity | None,
    place: int,
    count_shown: int,
) -> Tiles:
    maps = layer.maps
    channels, height, width = maps.shape
    order = list(range(channels))
    if channels > _MOST_CHANNELS:
        strength = np.abs(maps).reshape(channels, -1).max(axis=1)
        order = sorted(np.argsort(-strength, kind="stable")[:_MOST_CHANNELS].tolist())
    dead = set(activity.dead) if activity is not None and activity.is_rectified else set()
    low, high = float(maps.min()), float(maps.max())
    kind = "diverging" if low < 0 else "sequential"
    edge = max(abs(low), abs(high)) or 1.0
    is_flat = height * width == 1
    shape = next((row.shape for row in subject.evidence.layers if row.name == layer.layer), ())
    # Of a volume's map only two axes are drawn.
    sides = times(shape[1:]) if len(shape) == 4 else f"{height}×{width}"
    note = f"{channels} units" if is_flat else f"{channels} maps of {sides}"
    crossed = sum(1 for unit in order if unit in dead)
    return Tiles(
        title=layer.layer,
        note=note + (", × never fires on any image" if crossed else ""),
        end=f"{measure(low)} to {measure(high)}" if low < 0 else f"0 to {measure(high)}",
        array=subject.store.maps(f"activations-{place}", _seen(strongest(maps[order], CHANNEL))),
        scale=Scale(
            kind="diverging" if kind == "diverging" else "sequential",
            low=-edge if kind == "diverging" else 0.0,
            high=edge,
            unit="activation, no unit; the end is the layer's largest",
        ),
        show_scale=place == count_shown - 1,
        tiles=[Tile(index=position, label="", crossed=unit in dead) for position, unit in enumerate(order)],
        side=20 if is_flat else (84 if max(height, width) > 20 else 42),
        table=_numbers(layer, order),
    )


def _seen(maps: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return maps (n, h, w); those one pixel high, as signals have them, in a band that can be seen."""
    height, width = maps.shape[1:]
    return maps if height > 1 else np.repeat(maps, max(1, width // 4), axis=1)


def _numbers(layer: ActivationMaps, order: list[int]) -> Table:
    flat = layer.maps.reshape(len(layer.maps), -1)
    rows: list[list[Cell]] = [
        [
            unit,
            float(flat[unit].max()),
            float(flat[unit].mean()),
            float(100 * (flat[unit] > 0).mean()),
        ]
        for unit in order
    ]
    return Table(
        columns=[
            Column(label="Channel"),
            Column(label="Largest", decimals=3),
            Column(label="Mean", decimals=3),
            Column(label="Above zero", unit="%", decimals=1),
        ],
        rows=rows,
        caption=f"Channels of {layer.layer} for this image",
    )


def _spread(maps: tuple[ActivationMaps, ...]) -> list[ActivationMaps]:
    if len(maps) <= _MOST_LAYERS:
        return list(maps)
    places = np.linspace(0, len(maps) - 1, _MOST_LAYERS).round().astype(int)
    return [maps[place] for place in places]


def _aside(activity: tuple[LayerActivity, ...], images: int) -> Table | None:
    rows: list[list[Cell]] = [
        [
            row.layer,
            percent(row.active_share, 0),
            f"{len(row.dead)} of {row.units}",
            count(len(row.always_on)),
        ]
        for row in activity
        if row.is_rectified
    ]
    if not rows:
        return None
    return Table(
        columns=[
            Column(label="Layer", align="left"),
            Column(label="Active"),
            Column(label="Dead"),
            Column(label="Always on"),
        ],
        rows=rows,
        caption=f"Over {count(images)} images",
    )


def _otherwise(activity: tuple[LayerActivity, ...]) -> str:
    rectified = [row for row in activity if row.is_rectified]
    if len(rectified) < 2:
        return f"All channels of {len(activity)} layers, for one image."
    first, last = rectified[0], rectified[-1]
    if last.active_share < first.active_share:
        return (
            f"They get sparser with depth: {percent(first.active_share, 0)} active in {first.layer}, "
            f"{percent(last.active_share, 0)} in {last.layer}."
        )
    return (
        f"{percent(first.active_share, 0)} of the values are active in {first.layer}, "
        f"{percent(last.active_share, 0)} in {last.layer}."
    )


def _about(subject: Subject, sample: int) -> str:
    from striate.report.sections.words import about

    for chosen in subject.evidence.chosen:
        if chosen.sample == sample:
            return f"number {count(sample)}, {about(subject, chosen)}."
    return f"number {count(sample)}."
