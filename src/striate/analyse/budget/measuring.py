"""What a budget can be stated in, and the figures told beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from striate.analyse.cost import cost
from striate.analyse.field.receptive import receptive_fields
from striate.analyse.memory.ledger import memory_ledger
from striate.blueprint import Blueprint
from striate.errors import InputError
from striate.graph import Graph
from striate.records.figures import Figures

Figure = Literal["macs", "params", "peak_bytes", "latency_us"]
# What paper tells; latency has to be measured, by whoever can run a network.
FIGURES: tuple[Figure, ...] = ("macs", "params", "peak_bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """So much of one figure.

    Attributes:
        figure: "macs" of one image forward, "params", "peak_bytes" of a training step, or measured "latency_us" of one image.
        amount: How much.
        batch: Images of the training step.
        optimizer: Of the training step.
    """

    figure: Figure
    amount: int
    batch: int = 1
    optimizer: str = "adam"


def measured(graph: Graph, figure: Figure, *, optimizer: str = "adam") -> int:
    """Return one figure of a table.

    Raises:
        InputError: Latency, which no table tells.

    Example:
        >>> graph = Blueprint.from_text("input 1x4x4; conv 3x3 2 bias off; classes 3").graph()
        >>> measured(graph, "macs"), measured(graph, "params")   # 2·16 places × 9, 32 × 3; 2·9 + 32·3 + 3
        (384, 117)
    """
    if figure == "latency_us":
        raise InputError("a figure must be one that paper tells", got=figure, where="budget", hint="Measure latency.")
    if figure == "peak_bytes":
        return memory_ledger(graph, optimizer=optimizer).peak_bytes
    total = cost(graph).total
    return total.macs if figure == "macs" else total.params


def table_for(plan: Blueprint, budget: Budget) -> Graph:
    """Return the table a budget speaks of."""
    is_step = budget.figure == "peak_bytes"
    return plan.graph(batch=budget.batch, mode="train") if is_step else plan.graph()


def measured_or_none(
    plan: Blueprint, budget: Budget, kinds: tuple[str, ...] | None, price: Callable[[Blueprint], int] | None = None
) -> int | None:
    """Return a blueprint's figure, or None if its layers do not fit each other, or are others than stated kinds.

    Args:
        plan: The blueprint.
        budget: Names the figure.
        kinds: Of its layers; None for any.
        price: Tells the figure of a blueprint; the table does if None.
    """
    try:
        graph = table_for(plan, budget)
    except InputError:
        return None
    if kinds is not None and tuple(op.kind for op in graph) != kinds:
        return None
    return measured(graph, budget.figure, optimizer=budget.optimizer) if price is None else price(plan)


def figures(plan: Blueprint, *, batch: int = 1) -> Figures:
    """Return the figures of a blueprint.

    Example:
        >>> figures(Blueprint.from_text("input 1x8x8; conv 3 4, relu; conv 3 4, relu; classes 2")).field_px
        (5, 5)
    """
    graph = plan.graph(batch=batch)
    total, fields = cost(graph).total, receptive_fields(graph)
    maps = [fields[op.name] for op in graph if fields[op.name].axes]
    return Figures(
        params=total.params,
        macs=total.macs,
        kept_bytes=total.kept_bytes,
        field_px=tuple(axis.size_px for axis in maps[-1].axes) if maps else (),
    )


def budget_from(
    *, macs: int | None, params: int | None, peak_bytes: int | None, batch: int = 1, optimizer: str = "adam"
) -> Budget:
    """Return the one budget that is given.

    Raises:
        InputError: None, or several; one below 1; a batch below 1.
    """
    given: dict[Figure, int] = {
        figure: amount for figure, amount in zip(FIGURES, (macs, params, peak_bytes), strict=True) if amount is not None
    }
    if len(given) != 1:
        raise InputError(
            "one budget must be given",
            got=", ".join(given) or "none",
            where="budget",
            hint=f"One of {', '.join(FIGURES)}.",
        )
    [(figure, amount)] = given.items()
    if amount < 1:
        raise InputError("a budget must be at least 1", got=amount, where=figure)
    if batch < 1:
        raise InputError("batch must be at least 1", got=batch)
    return Budget(figure=figure, amount=amount, batch=batch, optimizer=optimizer)
