"""What is read off a table on paper: cost, kept memory and receptive field of every op."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Work and storage of one op or of many, for the table's batch; `analyse.cost` has the definitions.

    Attributes:
        params: Trained and untrained parameters.
        macs: Multiply-accumulates of all products, forward: convolution, fully connected, matrix product, attention.
        layer_macs: Of these, convolution and fully connected layers.
        other_flops: Every other operation, forward.
        backward_flops: Operations of the products in the backward pass, two for each multiply-accumulate.
        read_bytes: Inputs and parameters read, forward.
        written_bytes: Outputs written, forward.
        kept_bytes: Activations kept for the backward pass, counted once where several ops keep the same value.
    """

    params: int
    macs: int
    kept_bytes: int
    layer_macs: int = 0
    other_flops: int = 0
    backward_flops: int = 0
    read_bytes: int = 0
    written_bytes: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            params=self.params + other.params,
            macs=self.macs + other.macs,
            kept_bytes=self.kept_bytes + other.kept_bytes,
            layer_macs=self.layer_macs + other.layer_macs,
            other_flops=self.other_flops + other.other_flops,
            backward_flops=self.backward_flops + other.backward_flops,
            read_bytes=self.read_bytes + other.read_bytes,
            written_bytes=self.written_bytes + other.written_bytes,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CostTable:
    """Cost of every op and in all.

    Attributes:
        ops: By op name.
        total: Sums; a parameter that two ops share counts once, one that no op reads counts here only.
        not_counted: Ops whose work nobody knows.
        paths: Module path of each op.
        kinds: Kind of each op.
    """

    ops: dict[str, Cost]
    total: Cost
    not_counted: tuple[str, ...]
    paths: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)

    def by_module(self, depth: int | None = None) -> dict[str, Cost]:
        """Return the cost of the ops of each module, in the order they first run.

        Args:
            depth: Levels of the path to tell apart ("layer1.0" has two): a module counts with all that is deeper inside.
                If None, each op counts for the innermost module it runs in. "" is the network itself.
        """
        found: dict[str, Cost] = {}
        for name, cost in self.ops.items():
            path = ".".join(self.paths.get(name, "").split(".")[:depth])
            found[path] = found[path] + cost if path in found else cost
        return found

    def by_kind(self) -> dict[str, Cost]:
        """Return the cost of each kind of op, in the order they first run."""
        found: dict[str, Cost] = {}
        for name, cost in self.ops.items():
            kind = self.kinds.get(name, "")
            found[kind] = found[kind] + cost if kind in found else cost
        return found


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
