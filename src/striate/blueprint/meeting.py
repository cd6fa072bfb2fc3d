"""Where branches meet: the kind that joins them, and whether their shapes fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from striate.errors import Quoted, ShapeError
from striate.graph import Shape, times

# The kind that joins branches, by the word.
JOINS = {"add": "add", "residual": "add", "multiply": "mul", "concat": "concat", "dense": "concat"}


@dataclass(frozen=True, slots=True)
class Value:
    """A value on the way: the op that gives it, and its shape."""

    name: str
    shape: Shape


def check_meeting(kind: str, values: Sequence[Value], path: str) -> None:
    """Refuse branches whose shapes do not fit, naming both and what they give.

    Raises:
        ShapeError: Sums need equal shapes, products equal ones or size 1, concatenation equal sizes of the map.
    """
    first = values[0]
    for value in values[1:]:
        a, b = first.shape, value.shape
        if kind == "concat":
            fits = len(a) == len(b) > 1 and a[2:] == b[2:]
        elif kind == "add":
            fits = a == b
        else:
            fits = len(a) == len(b) and all(m == n or 1 in (m, n) for m, n in zip(a, b, strict=True))
        if not fits:
            what = {"concat": "sizes, whatever their channels,", "add": "shapes", "mul": "shapes, or size 1,"}[kind]
            error = ShapeError(
                f"branches must have equal {what} where they meet",
                got=Quoted(f"{times(a[1:])} from {first.name} and {times(b[1:])} from {value.name}"),
                where=path,
                hint="Give them the same strides and widths, or put a 1×1 convolution into the shorter one.",
            )
            error.operator, error.shapes = kind, (a, b)
            raise error
