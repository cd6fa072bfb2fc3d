"""Collects how much every unit is on."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from striate.observe.collector import Collector, Seen
from striate.observe.units import by_unit, unit_layers
from striate.records import LayerActivity, LayerReading


class ActivityCollector(Collector):
    """Collects, for every layer, how much of it is above zero, and which units never or always are.

    Args:
        layers: Names of layers; None takes those that learned or rectify.

    When it misleads:
        A unit that is dead on these images may fire on others. Without an activation that puts
        values to zero (`is_rectified` false) "above zero" is half of everything and says little.

    Cost:
        One reading of every value; three numbers a unit are kept.
    """

    name = "activity"

    def __init__(self, layers: Sequence[str] | None = None) -> None:
        self._names = layers
        self._tallies: list[_Tally] = []

    def taps(self, readings: tuple[LayerReading, ...]) -> tuple[str, ...]:
        """Begin a pass, and ask for the activation of every layer."""
        self._tallies = [_Tally(reading) for reading in unit_layers(readings, self._names)]
        return tuple(tally.reading.tap for tally in self._tallies)

    def update(self, seen: Seen) -> None:
        """Take in the activations of one batch."""
        for tally in self._tallies:
            tally.add(seen.taps[tally.reading.tap])

    def result(self) -> tuple[LayerActivity, ...]:
        """Return one record a layer, in the network's order."""
        return tuple(tally.record() for tally in self._tallies)


class _Tally:
    def __init__(self, reading: LayerReading) -> None:
        self.reading = reading
        self._seen = 0
        self._above: Tensor | None = None
        self._maximum = float("-inf")

    def add(self, value: Tensor) -> None:
        units = by_unit(value)
        above = torch.count_nonzero(units > 0, dim=2).sum(0).cpu()
        self._above = above if self._above is None else self._above + above
        self._seen += units.shape[0] * units.shape[2]
        self._maximum = max(self._maximum, float(units.max()))

    def record(self) -> LayerActivity:
        above = torch.zeros(0) if self._above is None else self._above
        units = len(above)
        return LayerActivity(
            layer=self.reading.name,
            units=units,
            active_share=int(above.sum()) / max(units * self._seen, 1),
            dead=tuple(torch.nonzero(above == 0).flatten().tolist()),
            always_on=tuple(torch.nonzero(above == self._seen).flatten().tolist()),
            maximum=self._maximum,
            is_rectified=self.reading.is_rectified,
        )
