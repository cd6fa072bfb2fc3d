"""Two networks side by side: figures, stages, and where their tables part."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from striate import schema

SCHEMA_VERSION = 1
Side = Literal["changed", "first only", "second only"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One figure of both.

    Attributes:
        name: What it is, with its unit ("kept_bytes", "field_px").
        first: Of the first network; None where it is unknown or there is none.
        second: Of the second.
    """

    name: str
    first: float | None
    second: float | None

    @property
    def ratio(self) -> float | None:
        """Second ÷ first; None where that says nothing."""
        return None if not self.first or self.second is None else self.second / self.first


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePair:
    """Both networks' work on maps of one size.

    Attributes:
        size: Of the map, per axis of space; empty for what has no map (fully connected layers).
        macs: Multiply-accumulates there.
        params: Parameters there.
    """

    size: tuple[int, ...]
    macs: Pair
    params: Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDifference:
    """One place where the tables differ.

    Attributes:
        side: Whether a row was changed, or stands in one table only.
        first: Name of the first network's op; empty if it has none there.
        second: Name of the second's.
        what: In words: the row, or what changed in it.
    """

    side: Side
    first: str
    second: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two networks side by side.

    Attributes:
        first: Name of the first network.
        second: Name of the second.
        same_conditions: Whether both tables hold for the same input sizes, type and mode.
        totals: Figures of the whole networks.
        kinds: Number of ops by kind, commonest first.
        stages: Work by size of map, largest map first.
        is_equal: Whether the tables are equal once names and ops that do nothing are left out.
        differences: The first places where they are not, in the order of the ops.
        more: How many places more.
    """

    first: str
    second: str
    same_conditions: bool
    totals: tuple[Pair, ...]
    kinds: tuple[Pair, ...]
    stages: tuple[StagePair, ...]
    is_equal: bool
    differences: tuple[RowDifference, ...] = ()
    more: int = 0

    def total(self, name: str) -> Pair:
        """Return a figure by its name; it must be one of `totals`."""
        return next(pair for pair in self.totals if pair.name == name)

    def document(self) -> dict[str, Any]:
        """Return everything as plain values, for `--json`."""
        return {
            "schema": schema.stamp("comparison", SCHEMA_VERSION),
            "first": self.first,
            "second": self.second,
            "same_conditions": self.same_conditions,
            "totals": {pair.name: _plain(pair) for pair in self.totals},
            "ops_by_kind": {pair.name: _plain(pair) for pair in self.kinds},
            "stages": [
                {"size": list(stage.size), "macs": _plain(stage.macs), "params": _plain(stage.params)}
                for stage in self.stages
            ],
            "is_equal": self.is_equal,
            "differences": [asdict(difference) for difference in self.differences],
            "more_differences": self.more,
        }


def _plain(pair: Pair) -> dict[str, float | None]:
    return {"first": pair.first, "second": pair.second, "ratio": pair.ratio}
