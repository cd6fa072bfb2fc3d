"""A clock that waits for the device, and what asking it costs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch

_TRIALS = 50


class Clock:
    """Seconds that count the work of a device and not only its being asked for.

    Args:
        device: Where the work is done.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._waits = device.type not in ("cpu", "meta")

    def now(self) -> float:
        """Return seconds since some moment, after everything asked of the device is done."""
        if self._waits:
            torch.accelerator.synchronize(self._device)
        return time.perf_counter()

    def timed(self, work: Callable[[], object]) -> float:
        """Return the seconds one call takes, freeing what it returns included."""
        began = self.now()
        work()
        return self.now() - began

    def floor(self, work: Callable[[], object]) -> float:
        """Return the seconds of a call that does next to nothing: what is to be taken off calls that do something."""
        return statistics.median(self.timed(work) for _ in range(_TRIALS))
