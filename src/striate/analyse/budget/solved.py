"""`Solved`: the blueprint whose cost is nearest to a budget, with what was changed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from striate import schema
from striate.analyse.budget.measuring import Budget
from striate.blueprint import Blueprint
from striate.records import Figures

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class WidthChange:
    """What became of every width of one number.

    Attributes:
        before: The number as it was written.
        after: The number now.
        where: Where it is written: "w" for a setting, "width at 3" for an argument of the item at that path.
        is_fixed: Whether the input or the outputs hold it, so that it could not be scaled.
    """

    before: int
    after: int
    where: tuple[str, ...]
    is_fixed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """The blueprint whose cost is nearest to a budget.

    Attributes:
        plan: The blueprint.
        budget: What was asked for.
        over: What was solved: "width", "input" or the name of a setting.
        amount: Times the widths or the input's sides; or the setting's value.
        reached: What the blueprint costs, in the budget's figure.
        smaller: The next smaller cost that whole numbers permit; None where there is none.
        larger: The next larger.
        before: Figures of the blueprint that was given.
        after: Figures of this one.
        widths: What became of the widths, least first; () where none was changed.
        notes: What was changed before it was solved, and what could not be.
    """

    plan: Blueprint
    budget: Budget
    over: str
    amount: float
    reached: int
    smaller: int | None
    larger: int | None
    before: Figures
    after: Figures
    widths: tuple[WidthChange, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def residual_percent(self) -> float:
        """How far the cost lies from the budget, in percent of the budget; below 0 where some of it is left."""
        return 100 * (self.reached - self.budget.amount) / self.budget.amount

    def document(self) -> dict[str, Any]:
        """Return everything as plain values, for `--json`."""
        return {
            "schema": schema.stamp("solved", SCHEMA_VERSION),
            "text": self.plan.to_text(),
            "figure": self.budget.figure,
            "wanted": self.budget.amount,
            "batch": self.budget.batch,
            "optimizer": self.budget.optimizer,
            "over": self.over,
            "amount": self.amount,
            "reached": self.reached,
            "residual_percent": self.residual_percent,
            "smaller": self.smaller,
            "larger": self.larger,
            "before": asdict(self.before),
            "after": asdict(self.after),
            "widths": [asdict(change) for change in self.widths],
            "notes": list(self.notes),
        }
