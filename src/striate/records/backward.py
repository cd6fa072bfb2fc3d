"""What `backward` returns: the gradient at every op, and where that of one unit and of one weight came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from striate.records.array import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitAt:
    """A unit of a layer, or one of its places.

    Attributes:
        layer: Name of the op; empty for the network's output.
        unit: Channel or feature; None leaves the choice to the reader of it.
        at: Place on the unit's map, an index for each axis of space; None for the sum over the map, or for a choice.
    """

    layer: str = ""
    unit: int | None = None
    at: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterGradient:
    """The gradient of one parameter, summed over every place where the parameter was used.

    Attributes:
        name: Within the op ("weight").
        key: In the state dict.
        shape: Of the parameter.
        norm: Root of the sum of squares (L2).
        largest: Largest magnitude.
    """

    name: str
    key: str
    shape: tuple[int, ...]
    norm: float
    largest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GradientRow:
    """The gradient that arrives at one op's output, score per unit of that output.

    Attributes:
        name: Of the op, or of an input of the network.
        kind: Of the op; "input" for an input.
        shape: Of its output, batch first.
        reached: Whether any gradient arrives; if not, every number below is zero.
        norm: Root of the sum of squares (L2).
        rms: Root of the mean of squares: the norm without the size of the map.
        zeros: Share of values that are exactly zero, 0 … 1.
        largest: Largest magnitude.
        parameters: Gradients of its parameters.
        law: Name of the law by which it hands the gradient on; empty where none is stated here, or nothing is handed on.
        difference: Largest difference between that law's gradients and autograd's, both in double precision, as a share
            of the largest gradient; None without a law.
        gradient: (1, c, …) float32, if arrays were asked for.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    reached: bool
    norm: float
    rms: float
    zeros: float
    largest: float
    parameters: tuple[ParameterGradient, ...] = ()
    law: str = ""
    difference: float | None = None
    gradient: Array | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One product in a sum.

    Attributes:
        unit: Channel or feature of the op that sent it.
        at: Place on that op's map.
        gradient: What had arrived there.
        factor: What it was multiplied with: the weight, a slope, or the input where a weight's gradient is summed.
        product: gradient · factor.
    """

    unit: int
    at: tuple[int, ...]
    gradient: float
    factor: float
    product: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What one op that reads a unit sent back to it.

    Attributes:
        op: Who sent.
        kind: Its kind.
        law: Name of its law; empty without one.
        total: Sum of all products.
        terms: The strongest, strongest first.
        rest: Sum of the products that are not among them.
        rest_count: How many of these are not zero.
        by_position: (places of the op's map) float32: products summed over its units; adds up to `total`. None without
            a map.
        by_unit: (units,) float32: products summed over places; adds up to `total`.
    """

    op: str
    kind: str
    law: str
    total: float
    terms: tuple[Term, ...]
    rest: float
    rest_count: int
    by_position: Array | None
    by_unit: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedWeight:
    """The gradient of one weight of a convolution as the sum over all places where it was used.

    Attributes:
        op: The convolution.
        index: Of the weight, as in the parameter.
        value: The weight.
        total: Sum over all places, by our own arithmetic.
        autograd: The same from autograd.
        terms: The strongest places: arriving gradient × input read there.
        rest: Sum of the others.
        rest_count: How many of these are not zero.
        by_position: (places) float32: one product for each place; adds up to `total`.
    """

    op: str
    index: tuple[int, ...]
    value: float
    total: float
    autograd: float
    terms: tuple[Term, ...]
    rest: float
    rest_count: int
    by_position: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class FlippedFilter:
    """A convolution's gradient at its input as a convolution with the flipped filter.

    Attributes:
        op: The convolution.
        unit: Filter shown.
        channel: Input channel shown.
        filter: (kernel) float32, as used forward.
        flipped: (kernel) float32, turned about its middle: as used backward.
        zeros_between: Zeros put between two arriving gradients, per axis: stride − 1.
        arrived: (places) float32: gradient at that filter's output.
        sent: (places of the input) float32: gradient of that input channel, by our own arithmetic, all filters together.
        autograd: (places of the input) float32: the same from autograd.
        difference: Largest difference between the two.
    """

    op: str
    unit: int
    channel: int
    filter: Array
    flipped: Array
    zeros_between: tuple[int, ...]
    arrived: Array
    sent: Array
    autograd: Array
    difference: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Winners:
    """Who gets the gradient through max pooling, on one channel.

    Attributes:
        op: The pooling.
        channel: Channel shown.
        input: (places of the input) float32.
        wins: (places of the input) float32: windows that each value won.
        arrived: (places) float32.
        sent: (places of the input) float32: each window's gradient at its winner, summed; zero elsewhere.
        windows: Number of windows.
        losers: Values that won no window.
        losers_zero: How many of these have gradient exactly zero in autograd.
    """

    op: str
    channel: int
    input: Array
    wins: Array
    arrived: Array
    sent: Array
    windows: int
    losers: int
    losers_zero: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GradientDetail:
    """The gradient of one unit at one place, taken apart.

    Attributes:
        layer: Name of the op.
        kind: Its kind.
        unit: Channel or feature.
        at: Place on its map.
        gradient: What arrives there, from autograd.
        difference: |sum of the sources − `gradient`|.
        sources: One for each op that reads it; empty for the target, where the backward pass begins.
        law: Name of the law by which the op hands its gradient on.
        statement: That law in one sentence.
        facts: Numbers of the law for this unit, with their names.
        weight: For a convolution, its weight with the largest gradient in this unit.
        flipped: For a convolution.
        winners: For max pooling.
    """

    layer: str
    kind: str
    unit: int
    at: tuple[int, ...]
    gradient: float
    difference: float
    sources: tuple[Source, ...]
    law: str
    statement: str
    facts: tuple[tuple[str, float], ...] = ()
    weight: SharedWeight | None = None
    flipped: FlippedFilter | None = None
    winners: Winners | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backward:
    """One backward pass over one input.

    Attributes:
        sample: Place of the input in the batch.
        target: Where it begins.
        score: The target's value.
        mode: Whether normalisation and dropout worked as in evaluation or in training.
        rows: The ops from the target to the input, last to first, the inputs at the end. Ops that run after the target
            are left out.
        difference: Largest `difference` of the rows; None if no law was checked.
        details: For the layers asked for.
        notes: What a reader has to know: hooks left out, calls that depend on data.
    """

    sample: int
    target: UnitAt
    score: float
    mode: Literal["eval", "train"]
    rows: tuple[GradientRow, ...]
    difference: float | None
    details: tuple[GradientDetail, ...] = ()
    notes: tuple[str, ...] = ()
