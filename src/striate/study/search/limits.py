"""Hard limits of a search, on paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from striate.analyse import cost
from striate.analyse.budget import amount_text
from striate.analyse.budget.measuring import Budget, Figure, measured, table_for
from striate.blueprint import Blueprint
from striate.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What no network of a search may pass.

    Attributes:
        macs: Multiply-accumulates of one image, forward; None for no limit.
        params: Parameters.
        peak_bytes: Peak memory of a training step of the recipe's batch and optimiser.
        latency_ms: Time of one image, forward, measured on this machine with one thread.
    """

    macs: int | None = None
    params: int | None = None
    peak_bytes: int | None = None
    latency_ms: float | None = None

    def document(self) -> dict[str, Any]:
        """Return the limits that are set."""
        named = {"macs": self.macs, "params": self.params, "peak_bytes": self.peak_bytes, "latency_ms": self.latency_ms}
        return {name: value for name, value in named.items() if value is not None}


def check_limits(limits: Limits) -> None:
    """Refuse limits that nothing can keep.

    Raises:
        InputError: One that is not above 0.
    """
    for name, value in limits.document().items():
        if not value > 0:
            raise InputError(f"{name} must be above 0", got=value, where="limits")


def passed(plan: Blueprint, limits: Limits, *, batch: int, optimizer: str) -> str:
    """Return which limit a blueprint passes, in words; "" if it keeps all that are on paper.

    Raises:
        InputError: Its layers do not fit each other.

    Example:
        >>> plan = Blueprint.from_text("input 1x4x4; conv 3x3 2; classes 3")   # 2·16·9 + 32·3
        >>> passed(plan, Limits(macs=384), batch=1, optimizer="adam"), passed(plan, Limits(macs=383), batch=1, optimizer="adam")
        ('', '384 MACs')
    """
    # Without limits, too: layers that do not fit each other are told before anything is trained.
    graph = plan.graph()
    found: dict[Figure, tuple[int, int]] = {}
    if limits.params is not None or limits.macs is not None:
        total = cost(graph).total
        found |= {
            "params": (total.params, limits.params or total.params),
            "macs": (total.macs, limits.macs or total.macs),
        }
    if limits.peak_bytes is not None:
        budget = Budget(figure="peak_bytes", amount=limits.peak_bytes, batch=batch, optimizer=optimizer)
        found["peak_bytes"] = (measured(table_for(plan, budget), "peak_bytes", optimizer=optimizer), limits.peak_bytes)
    for figure, (reached, most) in found.items():
        if reached > most:
            return amount_text(Budget(figure=figure, amount=most), reached)
    return ""
