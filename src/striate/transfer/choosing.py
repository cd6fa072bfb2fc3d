"""Which regime is taken: the cheapest that is not worse than the best by more than one standard error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from striate.errors import InputError, Quoted
from striate.records.adapting import CutPoint, Estimate
from striate.transfer.estimating import Gains, difference
from striate.transfer.ground import Measured
from striate.transfer.probing import Probed

Costs = tuple[float, ...]


def best_cut(probed: Sequence[Probed], cuts: Sequence[CutPoint]) -> CutPoint:
    """Return the shallowest cut whose probe is within one standard error of the best one's, sample by sample.

    Source:
        Breiman et al., "Classification and Regression Trees", 1984, section 3.4.3. Differs: the standard error is that of the
        difference on the same samples.
    """
    best = max(probed, key=lambda one: one.probe.estimate.mean)
    for cut, one in zip(cuts, probed, strict=True):
        if is_as_good(one.gains, best.gains):
            return cut
    return cuts[-1]


def is_as_good(one: Gains, best: Gains) -> bool:
    """Return whether one's mean lies within one standard error of the difference below the best's."""
    gap = difference(best, one)
    return gap.mean <= (0.0 if not np.isfinite(gap.error) else gap.error) + 1e-12


def common(one: Mapping[int, Gains], other: Mapping[int, Gains]) -> tuple[Gains, Gains]:
    """Return the gains of two on the samples that both answered.

    Raises:
        InputError: They answered none in common.
    """
    folds = sorted(set(one) & set(other))
    if not folds:
        raise InputError("two regimes must have answered a fold in common to be compared", got=Quoted("none"))
    return np.concatenate([one[fold] for fold in folds]), np.concatenate([other[fold] for fold in folds])


def choose(
    measured: Sequence[Measured], costs: Mapping[int, Costs], *, eligible: Sequence[int] | None = None
) -> tuple[int, str]:
    """Return the place of the regime to take, and the reason in a sentence.

    The best is the one with the highest mean among those that answered most folds, unless one that answered fewer is better on
    these by more than one standard error; of those within one standard error of it the cheapest is taken.

    Args:
        measured: At least one, each with answers.
        costs: By place, what makes one cheaper than another: compared in turn.
        eligible: Places that may be taken: those that were trained to the last rung; all if None.
    """
    places = range(len(measured)) if eligible is None else eligible
    most = max(len(measured[place].gains) for place in places)
    best = max((p for p in places if len(measured[p].gains) == most), key=lambda p: _mean(measured[p].gains))
    for place in places:
        own, other = common(measured[place].gains, measured[best].gains)
        gap = difference(own, other)
        # Whoever answered fewer folds must be better by more than chance would have it.
        if len(measured[place].gains) < most and gap.mean > gap.error:
            best = place
    good = []
    for place in places:
        own, other = common(measured[place].gains, measured[best].gains)
        if place == best or is_as_good(own, other):
            good.append(place)
    chosen = min(good, key=lambda place: costs[place])
    return chosen, _why(measured, best, chosen)


def compared(one: Measured, chosen: Measured) -> Estimate:
    """Return one's score minus the chosen one's, on the samples both answered."""
    own, other = common(one.gains, chosen.gains)
    return difference(own, other)


def _mean(own: Mapping[int, Gains]) -> float:
    return float(np.concatenate(list(own.values())).mean())


def _why(measured: Sequence[Measured], best: int, chosen: int) -> str:
    if best == chosen:
        return f"“{measured[chosen].regime.name}” has the highest score, and nothing cheaper is within one standard error of it."
    own, other = common(measured[chosen].gains, measured[best].gains)
    gap = difference(other, own)
    return (
        f"“{measured[chosen].regime.name}” is the cheapest within one standard error of the best, "
        f"“{measured[best].regime.name}”, which is {_points(gap.mean)} better with a standard error of {_points(gap.error)}."
    )


def _points(value: float) -> str:
    return f"{100 * value:.1f} points"
