"""Prediction maps as a figure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from striate.errors import InputError, Quoted
from striate.numbers import measure, percent, probability
from striate.page.dense_wire import Dense, DenseWinner
from striate.page.wire import Cell, Column, Scale, Table
from striate.records.dense import Conversion, PredictionMaps
from striate.report.arrays import ArrayStore
from striate.report.pictures.shrinking import shrunk

# Longest side of the image on the page, and values of all maps on it: some 8 MB of text.
IMAGE_PX = 336
MOST_VALUES = 1_500_000
_COLOURS = 12


def dense_figure(
    maps: PredictionMaps, conversion: Conversion, picture: NDArray[np.uint8], store: ArrayStore
) -> tuple[Dense, int]:
    """Return the figure, and how many of the outputs' maps are on it.

    Args:
        maps: What the network says.
        conversion: What it became.
        picture: The image, (h, w) or (h, w, 3).
        store: Where the arrays go.

    Raises:
        InputError: No output's map was kept.
    """
    if not maps.kept:
        raise InputError("maps must be kept to be drawn", got=Quoted("none"), hint="Name the classes to keep.")
    place = {output: row for row, output in enumerate(maps.kept)}
    most = max(1, MOST_VALUES // maps.winner.size)
    order = [top.output for top in maps.strongest if top.output in place][:most]
    values = np.stack([maps.maps[place[output]] for output in order])
    best = next(top for top in maps.strongest if top.output == order[0])
    shown = shrunk(picture, IMAGE_PX)[None]
    low, high = float(values.min()), float(values.max())
    rows, columns = maps.winner.shape
    figure = Dense(
        image=store.images("dense-image", shown),
        image_scale=Scale(kind="grey" if shown.ndim == 3 else "colour", low=0, high=1, unit="its own colours"),
        size_px=maps.size_px,
        maps=store.numbers("dense-maps", values),
        scale=_scale(maps, low, high),
        classes=[maps.names[output] for output in order],
        scaled=[] if maps.scaled is None else [_shown(maps, float(maps.scaled[output])) for output in order],
        winner=store.numbers("dense-winner", _winners(maps)),
        winners=_named(maps),
        stride_px=maps.stride_px,
        centre_px=maps.centre_px,
        field_px=_field(conversion, maps),
        crop_px=(conversion.input_shape[1], conversion.input_shape[2]),
        position=(min(best.position[0], rows - 1), min(best.position[1], columns - 1)),
        threshold=_half(low, best.value),
        unit=maps.unit,
        table=table_of(maps),
    )
    return figure, len(order)


def table_of(maps: PredictionMaps) -> Table:
    """Return each output's maximum over space, where it is, its share of the positions, and the scaled answer."""
    shares = maps.shares()
    rows: list[list[Cell]] = []
    for top in maps.strongest[:200]:
        scaled = None if maps.scaled is None else float(maps.scaled[top.output])
        at = [float(pixel) for pixel in top.centre_px]
        rows.append([top.name, top.value, *at, 100 * shares.get(top.output, 0.0), scaled])
    return Table(
        columns=[
            Column(label="Output", align="left"),
            Column(label="Largest", unit=maps.unit, decimals=4),
            Column(label="There, row", unit="px", decimals=0),
            Column(label="There, column", unit="px", decimals=0),
            Column(label="First at", unit="% of positions", decimals=1),
            Column(label="Image scaled down", unit=maps.unit, decimals=4),
        ],
        rows=rows,
        caption="What each output says, the strongest first",
    )


def _scale(maps: PredictionMaps, low: float, high: float) -> Scale:
    largest = max(abs(low), abs(high)) or 1.0
    if low >= 0:
        return Scale(kind="sequential", low=0, high=largest, unit=maps.unit)
    return Scale(kind="diverging", low=-largest, high=largest, unit=maps.unit)


def _half(low: float, high: float) -> float:
    """Return the middle between the lowest value and the highest, to two significant digits."""
    middle = (min(low, 0.0) + high) / 2
    return float(f"{middle:.2g}")


def _won(maps: PredictionMaps) -> list[int]:
    return list(maps.shares())


def _winners(maps: PredictionMaps) -> NDArray[np.int32]:
    """Return the winner of each position as a number of the list of winners."""
    place = {output: number for number, output in enumerate(_won(maps))}
    rows = [[place[int(output)] for output in row] for row in maps.winner]
    return np.array(rows, dtype=np.int32)


def _named(maps: PredictionMaps) -> list[DenseWinner]:
    """Return the winners, most positions first; a class below twelve keeps the colour of its number."""
    is_few = len(maps.names) <= _COLOURS
    return [
        DenseWinner(
            name=maps.names[output],
            share=percent(share),
            colour=output if is_few else place if place < _COLOURS else -1,
        )
        for place, (output, share) in enumerate(maps.shares().items())
    ]


def _field(conversion: Conversion, maps: PredictionMaps) -> tuple[int, int] | None:
    if not conversion.is_local or maps.way == "crops":
        return None
    return (conversion.field_px[0], conversion.field_px[1])


def _shown(maps: PredictionMaps, value: float) -> str:
    return probability(value) if maps.unit == "probability" else measure(value)
