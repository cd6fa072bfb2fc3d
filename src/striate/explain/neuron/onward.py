"""The ways of a unit to an output: what of its effect on the score goes through each unit behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from striate.explain.neuron.passing import Pass, Row
from striate.trace.pushing import pushed


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Onward:
    """What a unit does to a score, and by which ways.

    Attributes:
        value: The unit's.
        total: Value × gradient of the score: what the score would lose, to first order, without the unit.
        through: By the number of each later row's value: what of the total goes through each of its units, in the value's
            shape. Where every way leads through a row, they sum to the total.
    """

    value: float
    total: float
    through: Mapping[int, Tensor]


def onward(seen: Pass, row: Row, channel: int, at: tuple[int, ...], output: int) -> Onward:
    """Return what of a unit's effect on an output's score goes through each unit of the rows behind it.

    That is value × (how the later unit rises with this one) × (how the score rises with the later unit), all at the input as it
    is. The rises are pushed forward from the unit, the score's gradient is pulled back: the sum over a row that no way passes by
    is the chain rule.

    Args:
        seen: The pass of an input.
        row: The unit's.
        channel: The unit's.
        at: Its place.
        output: Number of the output.

    Raises:
        InputError: There is no such channel, place or output.

    When it misleads:
        First order: a unit that would only wake without this one carries nothing. Ways that cancel are both long and of no
        effect. In a residual network a row on the branch carries a part of the total only.
    """
    flat = row.flat(channel, at)
    value = seen.value(row)
    with torch.inference_mode(mode=False):
        change = torch.zeros_like(value)
        change.view(-1)[flat] = value.reshape(-1)[flat]
        slopes = seen.slopes(None, output)
        rises = pushed(seen.run, {row.number: change})
    slope = slopes.get(row.number)
    place = seen.rows.index(row)
    through = {
        later.number: rises[later.number].double() * slopes[later.number].double()
        for later in seen.rows[place + 1 :]
        if later.number in rises and later.number in slopes
    }
    here = float(value.reshape(-1)[flat])
    total = 0.0 if slope is None else here * float(slope.reshape(-1)[flat])
    return Onward(value=here, total=total, through=through)
