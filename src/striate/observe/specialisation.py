"""Collects how sparse each layer is, and how much its units tell classes apart."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from striate.observe.active import ABOVE_USUAL, ABOVE_ZERO, threshold
from striate.observe.collector import Collector, Seen
from striate.observe.units import by_unit, unit_layers
from striate.records import LayerReading, LayerSpecialisation

# Places of each map whose values are kept of a layer that puts nothing to zero, evenly spread.
PLACES = 4


class SpecialisationCollector(Collector):
    """Collects active share, effective number of units, and the variance that classes explain, layer by layer.

    Args:
        layers: Names of layers; None takes those that learned or rectify.
        with_classes: Whether targets are classes.

    When it misleads:
        Of few images classes explain much by chance: it stands beside what classes that say nothing would explain. A layer that
        puts nothing to zero is judged by four places of each map.

    Source:
        Effective number: participation ratio, as in Treves and Rolls, 1991; η²: Fisher. Differs: None.

    Cost:
        4 bytes a unit and image; of layers that put nothing to zero 20. Meant for some hundred images.
    """

    name = "specialisation"

    def __init__(self, layers: Sequence[str] | None = None, *, with_classes: bool) -> None:
        self._names = layers
        self._with_classes = with_classes
        self._tallies: list[_Tally] = []
        self._classes: list[Tensor] = []

    def taps(self, readings: tuple[LayerReading, ...]) -> tuple[str, ...]:
        """Begin a pass, and ask for the activation of every layer."""
        self._tallies = [_Tally(reading) for reading in unit_layers(readings, self._names)]
        self._classes = []
        return tuple(tally.reading.tap for tally in self._tallies)

    def update(self, seen: Seen) -> None:
        """Take in the activations of one batch."""
        if self._with_classes:
            self._classes.append(seen.targets.cpu().long())
        for tally in self._tallies:
            tally.add(seen.taps[tally.reading.tap])

    def result(self) -> tuple[LayerSpecialisation, ...]:
        """Return one record a layer, in the network's order."""
        classes = torch.cat(self._classes) if self._classes else None
        return tuple(tally.record(classes) for tally in self._tallies)


class _Tally:
    def __init__(self, reading: LayerReading) -> None:
        self.reading = reading
        self._means: list[Tensor] = []
        self._kept: list[Tensor] = []
        self._above: Tensor | None = None
        self._places = 0

    def add(self, value: Tensor) -> None:
        units = by_unit(value).float()
        self._means.append(units.mean(2).cpu())
        if self.reading.is_rectified:
            above = torch.count_nonzero(units > 0, dim=2).sum(0).cpu()
            self._above = above if self._above is None else self._above + above
            self._places = units.shape[2]
        else:
            at = torch.linspace(0, units.shape[2] - 1, min(PLACES, units.shape[2])).round().long()
            self._kept.append(units[:, :, at].cpu())

    def record(self, classes: Tensor | None) -> LayerSpecialisation:
        means = torch.cat(self._means)
        images, units = means.shape
        if self._above is None:
            kept = torch.cat(self._kept)
            limit = threshold(kept)
            shares = (kept > limit).float().mean((0, 2))
            response = (kept - limit).clamp(min=0).mean(2)
            definition = ABOVE_USUAL.format(over=f"{images} images")
        else:
            shares = self._above / (images * self._places)
            response, definition = means.clamp(min=0), ABOVE_ZERO
        explained, chance = _explained(means, classes)
        return LayerSpecialisation(
            layer=self.reading.name,
            units=units,
            images=images,
            definition=definition,
            active_share=float(shares.mean()),
            effective_units=effective_number(response),
            dead=int((shares == 0).sum()),
            explained=explained,
            chance_explained=chance,
        )


def effective_number(response: Tensor) -> float:
    """Return over how many units responses (n, units), none negative, are spread: the mean of (Σr)² / Σr², 1 … units.

    Images without any response do not count; 0 if there are no others.

    Example:
        >>> effective_number(torch.tensor([[1.0, 1.0, 0.0, 0.0], [0.0, 5.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]))
        1.5
    """
    values = response.double()
    power = values.square().sum(1)
    seen = power > 0
    return float((values.sum(1).square()[seen] / power[seen]).mean()) if bool(seen.any()) else 0.0


def _explained(means: Tensor, classes: Tensor | None) -> tuple[float | None, float | None]:
    """Return η² of classes, mean over the units (n, units) that vary, and what classes that say nothing would explain."""
    if classes is None:
        return None, None
    found = torch.unique(classes)
    if len(found) < 2 or len(means) <= len(found):
        return None, None
    values = means.double()
    centre = values.mean(0)
    total = (values - centre).square().sum(0)
    between = torch.zeros_like(total)
    for one in found:
        own = values[classes == one]
        between += len(own) * (own.mean(0) - centre).square()
    # Rounding leaves of a constant some 1e-13 of its square, which is no variance.
    varies = total > 1e-12 * values.square().sum(0)
    chance = (len(found) - 1) / (len(means) - 1)
    return (float((between[varies] / total[varies]).mean()) if bool(varies.any()) else 0.0), chance
