"""What rules about gradients read of a backward pass."""

from __future__ import annotations

from striate.lint.paper import LEARNED
from striate.records import Backward, GradientRow


def learned(record: Backward | None) -> tuple[GradientRow, ...] | None:
    """Return the learned layers of a backward pass, last to first; None with fewer than two."""
    if record is None:
        return None
    rows = tuple(row for row in record.rows if row.kind in LEARNED and row.reached)
    return rows if len(rows) >= 2 else None
