"""The gradient of a score, or of a unit, going back through a look's layers: its norms, and its pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from torch import Tensor

from striate.errors import InputError, Quoted
from striate.explain.neuron import Pass
from striate.studio.looks.look import Look
from striate.studio.looks.neurons import row_of
from striate.studio.looks.orders import by_channel
from striate.studio.looks.pictures import strips, wall
from striate.studio.wire import BackwardMade, GradientRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where a pass back begins.

    Attributes:
        about: Number of an output; the highest if None, unless a row is named.
        row: Number of a row; None for the outputs.
        channel: Of that row.
        at: Its place.
    """

    about: int | None = None
    row: int | None = None
    channel: int = 0
    at: tuple[int, ...] = ()


def backward(seen: Pass, start: Start) -> BackwardMade:
    """Return norm and zeros of the gradient at every row.

    Raises:
        InputError: There is no such output, row, channel or place; a gradient that is not finite.
    """
    about, score, slopes = _slopes(seen, start)
    rows = [_row(number, slopes.get(row.number)) for number, row in reversed(list(enumerate(seen.rows)))]
    return BackwardMade(about=about, score=score, rows=[*rows, _row(-1, slopes.get(seen.input.number))])


def backward_strips(seen: Pass, look: Look, start: Start, first: int, last: int, *, count: int, side: int) -> bytes:
    """Return, of some layers, the channels that the strongest gradient reaches, as `pictures.strips` does of values.

    Raises:
        InputError: There is no such output, row, channel or place.
    """
    _, _, slopes = _slopes(seen, start)
    # Only what is shown is taken apart by channel.
    values = tuple(
        by_channel(seen, number, slopes.get(row.number)) if first <= number < last else look.values[number]
        for number, row in enumerate(seen.rows)
    )
    return strips(replace(look, values=values), first, last, count=count, side=side)


def backward_wall(seen: Pass, look: Look, start: Start, row: int, *, side: int) -> bytes:
    """Return the gradient at every channel of a row, as `pictures.wall` does values.

    Raises:
        InputError: There is no such output, row, channel or place.
    """
    _, _, slopes = _slopes(seen, start)
    values = list(look.values)
    values[row] = by_channel(seen, row, slopes.get(row_of(seen, row).number))
    return wall(replace(look, values=tuple(values)), row, side=side)


def _slopes(seen: Pass, start: Start) -> tuple[int, float, Mapping[int, Tensor]]:
    if start.row is None:
        about = int(seen.scores.argmax()) if start.about is None else start.about
        slopes = seen.slopes(None, about)
        return about, float(seen.scores[about]), slopes
    row = row_of(seen, start.row)
    flat = row.flat(start.channel, start.at)
    return -1, float(seen.value(row).reshape(-1)[flat]), seen.slopes(row, flat)


def _row(number: int, slope: Tensor | None) -> GradientRow:
    if slope is None or not slope.numel():
        return GradientRow(row=number, reached=False, norm=0.0, rms=0.0, zeros=0.0, largest=0.0)
    if not bool(slope.isfinite().all()):
        raise InputError(
            "gradients must be finite to be looked at", got=Quoted("NaN or infinity"), where=f"row {number}"
        )
    # In double precision: squares of small gradients would vanish in single.
    norm = float(slope.double().square().sum().sqrt())
    return GradientRow(
        row=number,
        reached=True,
        norm=norm,
        rms=norm / slope.numel() ** 0.5,
        zeros=float((slope == 0).double().mean()),
        largest=float(slope.abs().max()),
    )
