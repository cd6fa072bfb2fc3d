"""A table folded by module, and where its lines run: what the page draws a network from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FoldSort = Literal["input", "op", "layer", "module", "repeat"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneRow:
    """Where the lines run at one row. Lanes are numbered from the left, from 0.

    Attributes:
        at: Lane of the row's dot.
        reads: Lanes whose lines reach the dot from above.
        passes: Lanes whose lines go on to a later row, those that are read here and go on included.
        to: Lane in which the row's own line leaves it downwards; None if nothing reads it.
    """

    at: int
    reads: tuple[int, ...] = ()
    passes: tuple[int, ...] = ()
    to: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """The lines among the rows of one scope, as in the graph of a history.

    Attributes:
        width: Lanes that are used.
        rows: One for each row.
        enters: Lanes of what comes in from outside, above the first row.
        leaves: Lanes of what goes on outside, below the last row.
        is_crowded: More values pass than there are lanes; the last one carries several.
    """

    width: int
    rows: tuple[LaneRow, ...]
    enters: tuple[int, ...] = ()
    leaves: tuple[int, ...] = ()
    is_crowded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """One row of the folded table; what it holds is folded into it.

    Attributes:
        name: What it is called within the module that holds it ("conv1", "0 – 2"); "" for the whole network.
        path: Module path; the op's name for an op, the input's for an input.
        sort: An input, one op, a layer (an op with its normalisation and activation), a module, or a row of equal
            parts that follow each other.
        ops: Names of all its ops, in order.
        children: What it holds, in order.
        lanes: The lines among its children; None if it holds nothing.
        count: Equal parts that follow each other and are all it holds; 1 if they differ.
        call: Which of the module's appearances this is, from 1.
        calls: How often the module appears.
    """

    name: str
    path: str
    sort: FoldSort
    ops: tuple[str, ...]
    children: tuple[Fold, ...] = ()
    lanes: Lanes | None = None
    count: int = 1
    call: int = 1
    calls: int = 1
