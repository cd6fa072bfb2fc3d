"""The folded graph at the wire."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from striate.page.frozen import Judgement, Wire


class FieldAxis(Wire):
    """Field along one axis of space, in input pixels: what the unit in the middle of the map sees."""

    size: int
    stride: float
    padding: float
    first: float = Field(description="First pixel the middle unit sees; below 0 is beyond the border.")
    unit: int = Field(description="Which unit the middle one is, from 1.")
    units: int


class GraphField(Wire):
    """Field of an op's output. `axes` may be there as well where a global op made it global: the field without it."""

    axes: list[FieldAxis]
    is_global: bool
    is_known: bool


class GraphFinding(Wire):
    """A finding at the row it is about."""

    row: int
    op: str
    code: str
    severity: Judgement
    message: str


class GraphRows(Wire):
    """The rows of the folded graph, column by column, because a network may have thousands.

    A row is followed by what it holds, up to before row `end`; row 0 is the whole network. Words, fields and attributes
    are numbers of entries in the lists of the figure. Lanes are numbered from the left within the row's parent: a row's
    dot is in lane `at`, lines from `reads_lanes` reach it, those in `passes` go by, its own goes on in lane `to`
    (-1: nothing reads it). What it holds has `width` lanes of its own, with lines that come in and go on outside.
    """

    sort: list[Literal["input", "op", "layer", "module", "repeat"]]
    name: list[str]
    path: list[str] = Field(description="Empty where it is that of the module that holds it, a point, and the name.")
    end: list[int]
    count: list[int] = Field(description="Equal parts that follow each other; 1 if they differ.")
    call: list[int]
    calls: list[int]
    kind: list[int]
    summary: list[int]
    output: list[int]
    field: list[int]
    attributes: list[int]
    learned: list[int] = Field(description="1 if it holds parameters.")
    params: list[int]
    macs: list[int]
    kept_bytes: list[int]
    reads: list[list[int]] = Field(description="Rows an op reads, in order; empty for what holds others.")
    at: list[int]
    reads_lanes: list[list[int]]
    passes: list[list[int]]
    to: list[int]
    width: list[int]
    enters: list[list[int]]
    leaves: list[list[int]]


class Graph(Wire):
    """The network folded by module: its table with lines, and each op's field drawn true to size."""

    kind: Literal["graph"] = "graph"
    input: list[int] = Field(description="Sizes of the input that fields are measured on, axes of space only.")
    input_name: str
    rows: GraphRows
    words: list[str]
    fields: list[GraphField]
    attributes: list[list[tuple[str, str]]]
    findings: list[GraphFinding]
    params: int
    idle_params: int = Field(default=0, description="Of `params`, those that no op reads: they stand in no row.")
    macs: int
    kept_bytes: int
    crowded: list[int] = Field(description="Rows that hold more lines than there are lanes.")
