"""A look's neurons in the words of the wire: what they are made of, what they see, which ways lead to them."""

from __future__ import annotations

import numpy as np
import torch

from striate.errors import InputError
from striate.explain.neuron import Pass, Row, told
from striate.records import Neuron as Record
from striate.report.arrays import ArrayStore
from striate.report.pictures.shrinking import strongest
from striate.studio.looks.pictures import fitting_side, flattened
from striate.studio.wire import Box, Neuron, Part, PathRow, Paths, PathUnit

# Values of windows in one answer: some two megabytes of text.
_MOST_TAPS = 25_000


def neuron(seen: Pass, row: int, channel: int, at: tuple[int, ...], *, by: str, about: int | None, top: int) -> Neuron:
    """Return a unit at a place, and how that adds up.

    Raises:
        InputError: There is no such row, channel, place or output.
        UnknownNameError: An order nobody knows.
    """
    source = row_of(seen, row)
    found = told(seen, source, channel, at, by=by, about=about, top=top)
    taps = max((len(part.input) for part in found.parts), default=1)
    if len(found.parts) * taps > _MOST_TAPS:
        fewer = max(1, _MOST_TAPS // taps)
        found = told(seen, source, channel, at, by=by, about=about, top=fewer)
    return _wired(seen, row, found, has_windows=taps <= _MOST_TAPS)


def effective(seen: Pass, row: int, channel: int, at: tuple[int, ...]) -> bytes:
    """Return the gradient of a unit at the input, summed over the input's channels, as safetensors.

    `gradient` is int8 (1, h, w), as wide as the input unless that is too large for one answer; `scale.gradient` turns it into
    the unit's rise for each unit of the input.

    Raises:
        InputError: There is no such row, channel or place.
    """
    source = row_of(seen, row)
    slopes = seen.slopes(source, source.flat(channel, at)).get(seen.input.number)
    value = torch.zeros(seen.input.shape) if slopes is None else slopes
    summed = flattened(value[0].sum(0, keepdim=True).float().cpu().numpy())
    store = ArrayStore()
    store.maps("gradient", strongest(summed, fitting_side(len(summed), max(summed.shape[1:]))))
    return store.to_safetensors()


def paths(seen: Pass, row: int, channel: int, at: tuple[int, ...], *, count: int) -> Paths:
    """Return the units of every earlier row that matter most to a unit: value × gradient, by magnitude.

    Raises:
        InputError: There is no such row, channel or place.
    """
    source = row_of(seen, row)
    flat = source.flat(channel, at)
    slopes = seen.slopes(source, flat)
    rows = []
    for number, before in [*reversed(list(enumerate(seen.rows[:row]))), (-1, seen.input)]:
        slope = slopes.get(before.number)
        if slope is not None:
            value = seen.value(before)
            units = strongest_units(before, number, value, value.double() * slope.double(), count)
            rows.append(PathRow(row=number, units=units))
    here = float(seen.value(source).reshape(-1)[flat])
    return Paths(row=row, channel=channel, at=list(at), value=here, rows=rows)


def row_of(seen: Pass, number: int) -> Row:
    """Return a row by its number.

    Raises:
        InputError: There is none.
    """
    if not 0 <= number < len(seen.rows):
        raise InputError(f"a layer's number must be 0 … {len(seen.rows) - 1}", got=number)
    return seen.rows[number]


def strongest_units(row: Row, number: int, value: torch.Tensor, matters: torch.Tensor, count: int) -> list[PathUnit]:
    """Return the units of a row that matter most, by magnitude; those that do not matter are left out."""
    products = matters.reshape(-1).cpu().numpy()
    found = np.argpartition(-np.abs(products), min(count, len(products)) - 1)[:count]
    flats = found[np.argsort(-np.abs(products[found]), kind="stable")]
    values = value.reshape(-1)
    units = []
    for flat in flats.tolist():
        if products[flat]:
            channel, at = row.unit(flat)
            units.append(
                PathUnit(
                    row=number, channel=channel, at=list(at), value=float(values[flat]), number=float(products[flat])
                )
            )
    return units


def _wired(seen: Pass, row: int, found: Record, *, has_windows: bool) -> Neuron:
    number_of = {one.name: number for number, one in enumerate(seen.rows)} | {seen.input.name: -1}
    parts = [
        Part(
            row=number_of[part.layer],
            channel=part.channel,
            window=list(part.window),
            places=list(part.places) if has_windows else [],
            input=list(part.input) if has_windows else [],
            weight=list(part.weight) if has_windows else [],
            product=list(part.product) if has_windows else [],
            number=part.number,
            strength=part.strength,
            gradient=part.gradient,
        )
        for part in found.parts
    ]
    return Neuron(
        row=row,
        channel=found.channel,
        at=list(found.at),
        value=found.value,
        before=found.before,
        did=found.did,
        kind=found.kind,
        formula=found.formula,
        parts=parts,
        others=found.others,
        others_number=found.others_number,
        bias=found.bias,
        total=found.total,
        network=found.before,
        adds_up=found.adds_up,
        absent=found.absent,
        winner=list(found.winner),
        boxes=[Box(row=number_of[box.layer], spans=list(box.spans)) for box in found.boxes],
        about=found.about,
    )
