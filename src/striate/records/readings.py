"""What is read off a table on paper: cost, kept memory and receptive field of every op."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from fractions import Fraction
from math import floor


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
    paths: Mapping[str, str] = dataclass_field(default_factory=dict)
    kinds: Mapping[str, str] = dataclass_field(default_factory=dict)

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
    """Receptive field of one op's output along one axis of space, without what passes ops that see everything.

    The unit at index j reads within the input pixels j·stride + low … j·stride + high, both included. Where a map was
    enlarged, neighbouring units see differently: these bounds then hold for all of them and may be fractions.

    Attributes:
        low: First pixel of unit 0, relative to the input; of the widest bounds where units differ.
        high: Last pixel.
        stride: Input pixels from one unit to the next; a fraction where a map was enlarged.
        phases: For each of the units after which the pattern repeats: its first pixel, and as the bits of a number
            which of the pixels from there on it reads. Empty: one phase without holes.
        repeat_px: Input pixels after which the pattern repeats.
        is_uniform: False where units differ without a pattern, because maps met whose sizes have nothing in common:
            all figures then are those of the unit in the middle, and `phases` has one entry for each unit.
    """

    low: int | Fraction
    high: int | Fraction
    stride: int | Fraction
    phases: tuple[tuple[int, int], ...] = dataclass_field(default=(), repr=False)
    repeat_px: int = dataclass_field(default=0, repr=False)
    is_uniform: bool = True

    @property
    def size_px(self) -> int:
        """Input pixels from the first to the last that one unit reads; the largest where units differ."""
        return max(mask.bit_length() for _, mask in self._shown()) if self.phases else int(self.high - self.low) + 1

    @property
    def padding_px(self) -> int:
        """How far the first unit reaches beyond the border."""
        return -(self.phases[0][0] if self.phases and self.is_uniform else floor(self.low))

    @property
    def centre_px(self) -> Fraction:
        """Middle of the first unit's field, in input pixels from the first; half pixels lie between two."""
        first, last = self.span(0)
        return Fraction(first + last - 1, 2)

    @property
    def mean_centre_px(self) -> Fraction:
        """`centre_px` of a map whose units differ, as enlarged ones do: how far fields lie beside their units, on average.

        Example:
            >>> Field(low=-1, high=0, stride=1, phases=((0, 1), (0, 1)), repeat_px=2).mean_centre_px   # each pixel twice
            Fraction(-1, 2)
        """
        stride = Fraction(self.stride)
        middles = [
            Fraction(2 * low + mask.bit_length() - 1, 2) - number * stride
            for number, (low, mask) in enumerate(self.phases)
            if mask
        ]
        return sum(middles, start=Fraction(0)) / len(middles) if middles else self.centre_px

    @property
    def seen_px(self) -> int:
        """Input pixels one unit really reads; the most where units differ."""
        return max(mask.bit_count() for _, mask in self._shown()) if self.phases else self.size_px

    @property
    def holes_px(self) -> int:
        """Input pixels inside the field that the unit does not read; the most where units differ."""
        return max((mask.bit_length() - mask.bit_count() for _, mask in self._shown()), default=0)

    def _shown(self) -> tuple[tuple[int, int], ...]:
        """Return the phases the figures are about."""
        middle = len(self.phases) // 2
        return self.phases if self.is_uniform else self.phases[middle : middle + 1]

    def span(self, place: int) -> tuple[int, int]:
        """Return the input pixels the unit at a place reads within, as (first, last + 1); may lie outside the image.

        Example:
            >>> Field(low=-1, high=1, stride=2).span(3)
            (5, 8)
        """
        if not self.phases:
            first = int(place * self.stride + self.low)
            return first, first + self.size_px
        turns, rest = divmod(place, len(self.phases))
        low, mask = self.phases[rest]
        first = turns * self.repeat_px + low
        return first, first + mask.bit_length()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receptive:
    """Receptive field of one op's output.

    Attributes:
        axes: One local field per axis of space, from the paths on which places stay apart; empty if there is no such
            path, or it is not known.
        is_global: Some path passes an op that sees the whole map along some axis.
        is_known: False where a kind on the way has no rule, or the input has no part in the value.
        is_aligned: False where branches with different centres met on the way.
        global_axes: Axes along which a path sees the whole map.
    """

    axes: tuple[Field, ...] = ()
    is_global: bool = False
    is_known: bool = True
    is_aligned: bool = True
    global_axes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Borders:
    """What borders do to the receptive fields of a network, at the table's input size.

    Attributes:
        padding_share: By op, which part (0 … 1) of the places that its units' local fields read lies beyond the image,
            on average over the units; only ops whose fields are known.
        sees_all: The first op with a unit whose local field covers the whole image; None if there is none.
        first_global: The first op behind something that sees the whole map; None if there is none.
        gains_nothing: Ops with a window that read values whose field is already as large as the image on every axis.
    """

    padding_share: dict[str, float]
    sees_all: str | None
    first_global: str | None
    gains_nothing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSizes:
    """Input sizes along one axis at which no pixel at a border is lost on the way.

    Attributes:
        axis: Axis of space, from 0.
        sizes: All such sizes within `range_px`.
        range_px: (smallest, largest) size that was tried.
        period_px: The sizes repeat after so many pixels; None if they do not.
        remainders_px: The remainders, of sizes divided by the period, at which nothing is lost.
        lost_px: Pixels of the table's own size that no unit reads, summed over the maps on which they are lost.
        losing: Ops whose values lose pixels at the table's own size.
        unknown_at: The first op that has no rule for how its sizes follow; None if all have. Where there is one, nothing
            is known of the axis: the other figures are empty.
    """

    axis: int
    sizes: tuple[int, ...]
    range_px: tuple[int, int]
    period_px: int | None
    remainders_px: tuple[int, ...]
    lost_px: int
    losing: tuple[str, ...]
    unknown_at: str | None = None


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
