"""A backward pass as a figure: its rows from last to first, on one ruler."""

from __future__ import annotations

from math import ceil, floor, log10

import numpy as np
from numpy.typing import NDArray

from striate.graph import times
from striate.numbers import count, measure, percent
from striate.page.gradient_wire import GradientRow as Row
from striate.page.gradient_wire import Gradients
from striate.page.wire import Cell, Column, Table, Tile
from striate.records import Backward, GradientRow
from striate.report.arrays import ArrayStore
from striate.report.backward.gradient_parts import parts_of, plane, small
from striate.report.pictures.shrinking import strongest

_CHANNELS = 8
_SIDE = 28
# A vector is drawn in rows of at most so many values.
_COLUMNS = 32
_SHOWN_FIRST = ("conv", "maxpool")


def gradient_figure(record: Backward, store: ArrayStore) -> Gradients:
    """Return the figure; rows without their gradient have no picture.

    Args:
        record: A backward pass with its gradients kept.
        store: Where the arrays go.
    """
    norms = [row.norm for row in record.rows if row.norm > 0]
    low, high = floor(log10(min(norms))), ceil(log10(max(norms)))
    details = {detail.layer: detail for detail in record.details}
    rows = []
    for row in record.rows:
        parts = parts_of(details[row.name], store) if row.name in details else []
        rows.append(_row(row, store).model_copy(update={"parts": parts}))
    first = next((n for n, row in enumerate(rows) if row.kind in _SHOWN_FIRST and row.parts), 0)
    return Gradients(low=low, high=max(high, low + 1), first=first, rows=rows, table=_table(record))


def _row(row: GradientRow, store: ArrayStore) -> Row:
    weights = [parameter.norm for parameter in row.parameters if parameter.name == "weight"]
    tiles: list[Tile] = []
    name, largest = "", row.largest
    if row.gradient is not None and row.reached:
        channels, stack = _channels(row.gradient)
        name = store.maps(f"gradient-{row.name}", stack)
        tiles = [Tile(index=n, label=label) for n, label in enumerate(channels)]
        largest = float(np.abs(stack).max()) or 1.0
    return Row(
        name=row.name,
        kind=row.kind,
        size=times(row.shape[1:]) or "1",
        reached=row.reached,
        norm=row.norm,
        norm_shown=measure(row.norm),
        zeros=percent(row.zeros, 0),
        weights=measure(weights[0]) if weights else "",
        law=row.law,
        difference="" if row.difference is None else small(row.difference),
        array=name,
        tiles=tiles,
        high=largest,
        parts=[],
    )


def _channels(gradient: NDArray[np.float32]) -> tuple[list[str], NDArray[np.float32]]:
    """Return the strongest channels with their numbers; a vector is one picture."""
    values = gradient[0] if gradient.ndim > 1 and len(gradient) == 1 else gradient
    if values.ndim < 2:
        return [""], _folded(values)[None]
    strength = np.square(values.reshape(len(values), -1).astype(np.float64)).sum(axis=1)
    chosen = np.argsort(-strength, kind="stable")[:_CHANNELS]
    planes = np.stack([plane(values[unit]) for unit in chosen])
    return [str(int(unit)) for unit in chosen], strongest(planes, _SIDE)


def _folded(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a vector in rows of 32, of a long one the strongest value of neighbours; zeros fill the last row."""
    flat = values.reshape(-1)
    if len(flat) > _COLUMNS * _SIDE:
        step = -(-len(flat) // (_COLUMNS * _SIDE))
        padded = np.pad(flat, (0, -len(flat) % step)).reshape(-1, step)
        flat = padded[np.arange(len(padded)), np.abs(padded).argmax(axis=1)]
    columns = min(_COLUMNS, len(flat))
    out: NDArray[np.float32] = np.pad(flat, (0, -len(flat) % columns)).reshape(-1, columns)
    return out


def _table(record: Backward) -> Table:
    rows: list[list[Cell]] = []
    for row in record.rows:
        weights = [parameter.norm for parameter in row.parameters if parameter.name == "weight"]
        rows.append(
            [
                row.name,
                row.kind,
                times(row.shape[1:]),
                measure(row.norm) if row.reached else "none arrives",
                measure(row.rms) if row.reached else None,
                measure(row.largest) if row.reached else None,
                100 * row.zeros if row.reached else None,
                measure(weights[0]) if weights else None,
                row.law,
                None if row.difference is None else small(row.difference),
            ]
        )
    return Table(
        columns=[
            Column(label="Operation", align="left"),
            Column(label="Kind", align="left"),
            Column(label="Output"),
            Column(label="Norm"),
            Column(label="RMS"),
            Column(label="Largest"),
            Column(label="Zeros", unit="%", decimals=1),
            Column(label="Weights' norm"),
            Column(label="Law", align="left"),
            Column(label="Differs by"),
        ],
        rows=rows,
        caption=f"Gradients at {count(len(record.rows))} operations, last to first",
    )
