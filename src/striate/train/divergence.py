"""Noticing that a training is lost, soon enough to keep what was good."""

from __future__ import annotations

import math

RUN_AWAY = 10.0
_NEWEST = 0.05


class Watch:
    """Follows the loss from step to step.

    A training has diverged when a loss is not a finite number, or when the smoothed loss is above
    10 times the larger of the first step's loss and the loss of ignorance (ln n for n classes, ln 2
    for labels, 1 for values). So a network that begins well trained is not condemned for getting a
    little worse, and a single bad batch (below 200 times the start) passes. Smoothed: an
    exponential mean in which the newest step counts 5 %.

    Args:
        of_ignorance: Loss of answering every sample alike.
        start: Loss of the first step; None before it.
        smoothed: Smoothed loss so far; None before the first step.

    Example:
        >>> watch = Watch(of_ignorance=1.0)
        >>> watch.follow(2.0), watch.follow(30.0), watch.follow(float("nan"))
        ('', '', 'the loss must stay a finite number')
    """

    def __init__(self, *, of_ignorance: float, start: float | None = None, smoothed: float | None = None) -> None:
        self.of_ignorance = of_ignorance
        self.start = start
        self.smoothed = smoothed

    def follow(self, loss: float) -> str:
        """Take in one step's loss; return the rule it broke, or nothing."""
        if not math.isfinite(loss):
            return "the loss must stay a finite number"
        if self.start is None or self.smoothed is None:
            self.start = self.smoothed = loss
            return ""
        self.smoothed += _NEWEST * (loss - self.smoothed)
        if self.smoothed > RUN_AWAY * max(self.start, self.of_ignorance):
            return f"the smoothed loss must stay below {RUN_AWAY:g} times its start"
        return ""
