"""What an operation does to places: the vocabulary in which every kind answers how far it looks.

A place is a position along the dimensions of a tensor. Dimensions are counted from the end where they are negative, so
that an answer holds with and without a batch. `striate.analyse` turns an answer into maps of indices.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

Pairs = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Window:
    """A window that slides over the last dimensions: kernel, stride, padding (before, after), dilation, per axis."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: Pairs
    dilation: tuple[int, ...]


class Reach:
    """What an operation does to places; one of the records below.

    `window` is the sliding window of those that have one, and `is_pointwise` tells that a value depends on values in
    its own place only.
    """

    __slots__ = ()
    window: ClassVar[Window | None] = None
    is_pointwise: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Same(Reach):
    """Each value depends on its own place; inputs of other sizes are broadcast as torch does it."""

    is_pointwise: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Slides(Reach):
    """A window slides over the last dimensions, and the one before them is mixed where the filters read all of it."""

    window: Window = field()  # type: ignore[misc]
    mixes_channels: bool = True


@dataclass(frozen=True, slots=True)
class Spreads(Reach):
    """The adjoint of sliding, as in a transposed convolution: each value is spread over a window of the output."""

    filter: Window


@dataclass(frozen=True, slots=True)
class Resizes(Reach):
    """The last dimensions are read at other places, between their values where need be.

    Attributes:
        mode: How values are mixed.
        scales: Output places an input place, per axis, where the caller gave them; else the sizes decide.
        align_corners: Whether the first and last places of both maps coincide.
        antialias: Whether the filter widens when the map shrinks.
    """

    mode: Literal["nearest", "nearest-exact", "linear", "cubic"]
    axes: int
    scales: tuple[float, ...] = ()
    align_corners: bool = False
    antialias: bool = False


@dataclass(frozen=True, slots=True)
class Adapts(Reach):
    """The last dimensions are pooled to a stated size: place j reads ⌊j·n/m⌋ … ⌈(j + 1)·n/m⌉ − 1."""

    size: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Mixes(Reach):
    """Every value depends on whole dimensions.

    Attributes:
        over: The dimensions that are read whole.
        leaves: What stays of them: "places" (a normalisation: each value keeps its own, too), "features" (a fully
            connected layer: other values stand there), "one" (a sum with keepdim) or "none" (a sum).
        is_causal: Each value that keeps its place reads only up to it, as in a running sum.
    """

    over: tuple[int, ...]
    leaves: Literal["places", "features", "one", "none"]
    is_causal: bool = False


@dataclass(frozen=True, slots=True)
class Multiplies(Reach):
    """A product of matrices: rows of the first factor, columns of the second, what they share is read whole.

    Attributes:
        left: Shape of the first factor.
        right: Shape of the second.
    """

    left: tuple[int, ...]
    right: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Attends(Reach):
    """Queries keep their place; keys and values (and a mask's second side) are read whole: (…, places, features)."""


@dataclass(frozen=True, slots=True)
class Regroups(Reach):
    """The same values in the same order under another shape, as in a view."""


@dataclass(frozen=True, slots=True)
class Expands(Reach):
    """Dimensions of one place are repeated."""


@dataclass(frozen=True, slots=True)
class Reorders(Reach):
    """Dimensions in another order."""

    order: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Joins(Reach):
    """Values stand side by side along a dimension; a new one where `is_new`."""

    axis: int
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Takes(Reach):
    """A part of one dimension: every `step`-th place from `start` on; `drops` it where one place is picked."""

    axis: int
    start: int
    step: int = 1
    drops: bool = False


@dataclass(frozen=True, slots=True)
class Pads(Reach):
    """Places are added before the map's own (taken away, where negative).

    Attributes:
        before: How many, for the last dimensions, in order.
        fill: What they hold: "zero" is a constant, the others are values of the map.
    """

    before: tuple[int, ...]
    fill: Literal["zero", "reflect", "replicate", "circular"] = "zero"


@dataclass(frozen=True, slots=True)
class Rolls(Reach):
    """Places move on, and what leaves at one end comes in at the other."""

    axes: tuple[int, ...]
    shifts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reverses(Reach):
    """Dimensions are read from their end to their start."""

    axes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Repeats(Reach):
    """Dimensions stand several times: the whole map side by side, or each place beside itself where `is_each`."""

    times: tuple[int, ...]
    is_each: bool = False


@dataclass(frozen=True, slots=True)
class Unfolds(Reach):
    """Windows become columns: (n, c·kernel, windows), as `im2col` writes them."""

    columns: Window
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Shuffles(Reach):
    """Blocks of `factor` × `factor` places and channels are exchanged: to places where `grows`, else to channels."""

    factor: int
    grows: bool


@dataclass(frozen=True, slots=True)
class Unknown(Reach):
    """Nobody knows."""


SAME = Same()
UNKNOWN = Unknown()
