"""What is read off a table on paper: cost, kept memory and receptive field of every op."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Work and storage of one op or of a whole network, for the table's batch.

    Attributes:
        params: Trained and untrained parameters.
        macs: Multiply-accumulates of convolutions, fully connected layers and matrix products, forward.
        kept_bytes: Activations kept for the backward pass, counted once where several ops keep the same value.
    """

    params: int
    macs: int
    kept_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CostTable:
    """Cost of every op and in all.

    Attributes:
        ops: By op name.
        total: Sums; a parameter that two ops share counts once.
        not_counted: Ops whose work nobody knows.
    """

    ops: dict[str, Cost]
    total: Cost
    not_counted: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Receptive field of one op's output along one axis of space.

    The unit at index j reads the input pixels j·stride + low … j·stride + high, both included.
    """

    low: int
    high: int
    stride: int

    @property
    def size_px(self) -> int:
        """Input pixels one unit reads."""
        return self.high - self.low + 1

    @property
    def padding_px(self) -> int:
        """How far the first unit reaches beyond the border."""
        return -self.low


@dataclass(frozen=True, slots=True, kw_only=True)
class Receptive:
    """Receptive field of one op's output.

    Attributes:
        axes: One field per axis of space; empty if it is global or unknown.
        is_global: Every unit reads the whole input.
        is_known: False where a kind on the way has no rule.
    """

    axes: tuple[Field, ...] = ()
    is_global: bool = False
    is_known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerReading:
    """One layer as people speak of it: an op that does the work with the followers folded into it.

    Attributes:
        name: Name of the op that does the work.
        summary: In words: "3×3, norm, ReLU".
        ops: Names of all its ops, in order.
        tap: Name of the last of them: its value is the layer's activation.
        shape: Output shape without the batch.
        receptive: Field of the output.
        cost: Sums over its ops.
        is_learned: Whether it holds parameters.
        is_rectified: Whether it ends in an activation that puts values to zero (ReLU).
        kind: Kind of the op that does the work.
    """

    name: str
    summary: str
    ops: tuple[str, ...]
    tap: str
    shape: tuple[int, ...]
    receptive: Receptive
    cost: Cost
    is_learned: bool
    is_rectified: bool
    kind: str
