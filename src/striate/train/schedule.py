"""The learning rate as a function of the step: nothing to store, nothing to restore."""

from __future__ import annotations

import math

from striate.records.training import Recipe

_WARM_UP = 0.3
_START_DIVISOR = 25.0
_END_DIVISOR = 1e4


def rate_at(recipe: Recipe, step: int, steps: int) -> float:
    """Return the learning rate of one step.

    * "one-cycle": half a cosine from rate/25 up to the rate over the first 30 % of the steps, then
      half a cosine down to rate/250,000.
    * "cosine": half a cosine from the rate down towards 0.
    * "constant": the rate.

    With `warm_up`, the first steps climb in a straight line to where the schedule begins, and the schedule has the rest.

    Args:
        recipe: Names the schedule and the highest rate.
        step: 0 for the first.
        steps: Steps in all.

    Source:
        Smith & Topin, "Super-Convergence", 2018, in the form of torch's `OneCycleLR`.
        Differs: the momentum stays as it is. Warm-up: Goyal et al., "Accurate, Large Minibatch SGD", 2017, section 2.2.

    Example:
        >>> recipe = Recipe(rate=1.0, schedule="cosine")
        >>> [round(rate_at(recipe, step, 4), 3) for step in range(4)]
        [1.0, 0.854, 0.5, 0.146]
    """
    warm = min(round(recipe.warm_up * steps), steps - 1)
    if step < warm:
        return _scheduled(recipe, 0, steps - warm) * (step + 1) / (warm + 1)
    return _scheduled(recipe, step - warm, steps - warm)


def _scheduled(recipe: Recipe, step: int, steps: int) -> float:
    if recipe.schedule == "constant":
        return recipe.rate
    if recipe.schedule == "cosine":
        return _between(recipe.rate, 0.0, step / steps)
    start = recipe.rate / _START_DIVISOR
    top = max(_WARM_UP * steps - 1, 0.0)
    if step <= top:
        return _between(start, recipe.rate, step / top) if top else recipe.rate
    return _between(recipe.rate, start / _END_DIVISOR, (step - top) / (steps - 1 - top))


def _between(start: float, end: float, share: float) -> float:
    """Return the value on half a cosine from start to end."""
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))
