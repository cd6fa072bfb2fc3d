"""The score a network's receipt tells, beside the score measured now."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRecord:
    """Accuracy at the end of the training, on its validation samples, and accuracy now, on held-out ones.

    Attributes:
        recorded: Share right, 0 … 1, as the receipt tells it.
        recorded_count: Validation samples it was measured on.
        measured: Share right now, 0 … 1.
        measured_count: Held-out samples.
        interval: 95 % interval of recorded − measured.
        is_same_data: Whether the data are those of the training.
    """

    recorded: float
    recorded_count: int
    measured: float
    measured_count: int
    interval: tuple[float, float]
    is_same_data: bool

    @property
    def fall(self) -> float:
        """Recorded − measured; above 0, it has got worse."""
        return self.recorded - self.measured
