"""The strongest ways from a unit to an output, in the words of the wire."""

from __future__ import annotations

from striate.explain.neuron import Pass
from striate.explain.neuron.onward import onward
from striate.studio.looks.neurons import row_of, strongest_units
from striate.studio.unit_wire import Onward, OnwardRow


def ways_onward(seen: Pass, row: int, channel: int, at: tuple[int, ...], *, about: int | None, count: int) -> Onward:
    """Return, for each later row, the units through which most of a unit's effect on a score goes.

    Raises:
        InputError: There is no such row, channel, place or output.
    """
    source = row_of(seen, row)
    output = int(seen.scores.argmax()) if about is None else about
    found = onward(seen, source, channel, at, output)
    rows = []
    for number, later in enumerate(seen.rows):
        through = found.through.get(later.number)
        if number > row and through is not None and bool(through.any()):
            units = strongest_units(later, number, seen.value(later), through, count)
            shown = sum(unit.number for unit in units)
            rows.append(OnwardRow(row=number, units=units, shown=shown, whole=float(through.sum())))
    return Onward(
        row=row,
        channel=channel,
        at=list(at),
        value=found.value,
        about=output,
        score=float(seen.scores[output]),
        total=found.total,
        rows=rows,
    )
