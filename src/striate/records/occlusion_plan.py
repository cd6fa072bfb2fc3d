"""How an occlusion was computed, and why so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

OcclusionRoute = Literal["incremental", "dense", "module"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Approximation:
    """What the incremental route may leave out.

    Attributes:
        freezes_gates: Gates that see the whole map (squeeze-and-excitation) keep the clean image's values, so that what a
            window changes stays where it is.
        kept: Largest share of a map's sides that is followed, 0 … 1: of longer boxes the middle, where most of the change is.
    """

    freezes_gates: bool = False
    kept: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproximationError:
    """What an approximation is wrong by, on windows that went through the module as well.

    Attributes:
        windows: How many.
        largest: Largest difference of an output: of a probability, or of a value on its own scale.
        mean: Mean difference of the output that changes most in each window.
        largest_change: Largest change of an output by these windows, which the differences are to be held against.
        same_winner: Share of the windows in which the same output is highest.
    """

    windows: int
    largest: float
    mean: float
    largest_change: float
    same_winner: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OcclusionPlan:
    """How the windows of an image go through the network.

    Attributes:
        route: "incremental": only what a window changes is computed again; "dense": whole passes through the recorded calls,
            batch normalisation folded, channels last in memory; "module": whole passes through the module itself.
        reason: Why, in words.
        windows: Windows of one image.
        batch: Windows that go through at once.
        macs: Multiply-accumulates of a whole pass; None where the network was not traced.
        macs_changed: Of a window where only what changes is computed, mean over the windows; None likewise.
        seconds: Seconds a window takes, measured, by route; empty where nothing was tried.
        difference: Largest difference between the module's scores and those of the other routes on the windows that were tried,
            as a share of the largest score; None where nothing was compared.
        approximation: What was left out; None where nothing was.
    """

    route: OcclusionRoute
    reason: str
    windows: int
    batch: int
    macs: float | None = None
    macs_changed: float | None = None
    seconds: Mapping[OcclusionRoute, float] = field(default_factory=dict)
    difference: float | None = None
    approximation: Approximation | None = None

    @property
    def bound(self) -> float | None:
        """How many times fewer multiply-accumulates the incremental route takes: no more than that can it be quicker."""
        return self.macs / self.macs_changed if self.macs is not None and self.macs_changed else None

    @property
    def expected_s(self) -> float | None:
        """Seconds that all windows of an image take; None where nothing was tried."""
        return self.seconds[self.route] * self.windows if self.route in self.seconds else None
