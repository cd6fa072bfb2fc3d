"""How an occlusion was computed, and why in that way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

OcclusionWay = Literal["incremental", "dense", "module"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OcclusionPlan:
    """How the windows of an image go through the network.

    Attributes:
        way: "incremental": only what a window changes is computed again; "dense": whole passes through the recorded calls,
            batch normalisation folded, channels last in memory; "module": whole passes through the module itself.
        reason: Why, in words.
        windows: Windows of one image.
        batch: Windows that go through at once.
        macs: Multiply-accumulates of a whole pass; None where the network was not traced.
        macs_changed: Of a window where only what changes is computed, mean over the windows; None likewise.
        seconds: Seconds a window takes, measured, by way; empty where nothing was tried.
        difference: Largest difference between the scores of the incremental and the module's way on the windows that were
            tried, as a share of the largest score; None where they were not compared.
    """

    way: OcclusionWay
    reason: str
    windows: int
    batch: int
    macs: float | None = None
    macs_changed: float | None = None
    seconds: Mapping[OcclusionWay, float] = field(default_factory=dict)
    difference: float | None = None

    @property
    def bound(self) -> float | None:
        """How many times fewer multiply-accumulates the incremental way takes: no more than that can it be quicker."""
        return self.macs / self.macs_changed if self.macs is not None and self.macs_changed else None

    @property
    def expected_s(self) -> float | None:
        """Seconds that all windows of an image take; None where nothing was tried."""
        return self.seconds[self.way] * self.windows if self.way in self.seconds else None
