"""What the front end reads: pydantic models at the wire, and nowhere else.

A page is a verdict, facts, findings and sections; a section holds figures; a figure names the arrays it is drawn from.
Arrays travel beside the JSON in the safetensors layout: uint8 for inputs, int8 for maps (value = int8 × scale), float32 or
int32 where the number itself is shown. `striate.page.schema` writes `web/src/wire.ts` from these models.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Judgement = Literal["ok", "note", "warning", "error"]
Cell = str | int | float | None


class Wire(BaseModel):
    """Frozen, and refuses words it does not know.

    A default is written out as well, so the page never guesses.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_serialization_defaults_required=True)


class Column(Wire):
    """A column of a table. `bar` draws each number as a bar to the column's maximum as well."""

    label: str
    unit: str = ""
    align: Literal["left", "right"] = "right"
    decimals: int | None = Field(default=None, description="Digits after the point; None: as written.")
    bar: bool = False


class Table(Wire):
    """Rows under columns; `foot` sums them. Also the twin of every picture."""

    columns: list[Column]
    rows: list[list[Cell]]
    foot: list[Cell] | None = None
    caption: str = ""


class Scale(Wire):
    """How numbers become ink.

    `sequential`: 0 is paper, `high` is ink. `diverging`: symmetric about 0. `grey`: black `low` to white `high`.
    `colour`: RGB as stored.
    """

    kind: Literal["sequential", "diverging", "grey", "colour"]
    low: float
    high: float
    unit: str = Field(description="What the numbers are, in words: 'weight, no unit'.")


class Tile(Wire):
    """One small picture out of an array's first axis."""

    index: int
    label: str = ""
    value: str = ""
    crossed: bool = False
    warn: bool = False


class Tiles(Wire):
    """Pictures of equal size on one scale: channels, filters, class images, mistakes.

    `array` has shape (n, h, w), or (n, h, w, 3) where the scale is `colour`.
    `side` is the wished side of a tile in CSS pixels; the zoom is the nearest whole number of device pixels.
    """

    kind: Literal["tiles"] = "tiles"
    title: str = ""
    note: str = ""
    end: str = Field(default="", description="Words at the right of the title: '0 to 4.59'.")
    array: str
    scale: Scale
    show_scale: bool = True
    tiles: list[Tile]
    side: int = 64
    outline: str | None = Field(default=None, description="Array (n, h, w) of 0/1; its border is drawn on each tile.")
    table: Table | None = None


class PatchGroup(Wire):
    """The strongest patches of one unit, with how its strongest images spread over the classes."""

    label: str
    value: str = ""
    patches: list[int]
    counts: list[int] = []
    peak: str = ""
    warn: bool = False


class Patches(Wire):
    """Nine patches a unit, in a 3 × 3 block. `array` as in `Tiles`."""

    kind: Literal["patches"] = "patches"
    title: str = ""
    array: str
    scale: Scale
    groups: list[PatchGroup]
    classes: list[str] = []
    side: int = 32
    table: Table | None = None


class CaseMap(Wire):
    """One map in a case: a picture with its name and number."""

    index: int
    label: str
    value: str = ""
    large: bool = False
    strong: bool = False


class Case(Wire):
    """One image of the data: input at the left, its maps at the right."""

    title: str
    note: str
    input: int
    outline: int | None = None
    maps: list[CaseMap]


class Cases(Wire):
    """Occlusion, saliency: a row per image. `images` (n, h, w[, 3]) on `image_scale`; `maps` (m, h, w) on `map_scale`."""

    kind: Literal["cases"] = "cases"
    title: str = ""
    images: str
    image_scale: Scale
    maps: str
    map_scale: Scale
    outlines: str | None = None
    cases: list[Case]
    side: int = 140
    table: Table | None = None


class Curve(Wire):
    """One line; `None` where nothing was measured."""

    label: str
    x: list[float]
    y: list[float | None]
    style: Literal["solid", "dashed", "thin"] = "solid"


class Chart(Wire):
    """One of some small multiples with the same x axis. `events` are labelled ticks on that axis."""

    title: str
    unit: str
    x_label: str
    curves: list[Curve]
    low: float | None = None
    high: float | None = None
    events: list[tuple[float, str]] = []


class Charts(Wire):
    """Small multiples of lines."""

    kind: Literal["charts"] = "charts"
    charts: list[Chart]
    table: Table | None = None


class Histogram(Wire):
    """Counts over bins, with chance and limit as ticks."""

    kind: Literal["histogram"] = "histogram"
    title: str
    unit: str
    edges: list[float]
    counts: list[int]
    marks: list[tuple[float, str, Literal["chance", "limit", "mean"]]] = []
    table: Table | None = None


class Block(Wire):
    """One box of the network's drawing, to scale: height = map side, width = channels."""

    name: str
    size: str
    channels: int
    side: int
    learned: bool


class Drawing(Wire):
    """The network as boxes from left to right."""

    kind: Literal["drawing"] = "drawing"
    blocks: list[Block]
    log_width: bool = False
    table: Table | None = None


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
    macs: int
    kept_bytes: int
    crowded: list[int] = Field(description="Rows that hold more lines than there are lanes.")


class MapLayer(Wire):
    """The points of the map at one layer. `points`: array (n, 2) float32, within −1 … 1, y downwards."""

    name: str
    points: str
    separation: str


class Map(Wire):
    """Samples placed by the distance of their features.

    `images` (n, h, w[, 3]) on `scale`; `labels` int32 (n): class of each sample; `wrong` uint8 (n): 1 = answered wrongly.
    The last layer is shown first and large.
    """

    kind: Literal["map"] = "map"
    layers: list[MapLayer]
    images: str
    scale: Scale
    labels: str
    wrong: str
    classes: list[str]
    table: Table | None = None


class Confusion(Wire):
    """Counts: rows are the true class, columns the answer."""

    kind: Literal["confusion"] = "confusion"
    classes: list[str]
    counts: list[list[int]]
    note: str


class Scatter(Wire):
    """Answer against truth, for regression; the diagonal is drawn."""

    kind: Literal["scatter"] = "scatter"
    title: str
    x_label: str
    y_label: str
    x: list[float]
    y: list[float]
    table: Table | None = None


class TableFigure(Wire):
    """A table that is the picture itself."""

    kind: Literal["table"] = "table"
    table: Table


Figure = Annotated[
    Tiles | Patches | Cases | Charts | Histogram | Drawing | Graph | Map | Confusion | Scatter | TableFigure,
    Field(discriminator="kind"),
]


class Strip(Wire):
    """A measurement against its limit.

    The `…_shown` are numbers with their unit; the page adds the word "limit".
    """

    value: float
    shown: str
    limit: float
    limit_shown: str
    wrong: Literal["above", "below"]
    low: float
    high: float
    low_shown: str
    high_shown: str
    interval: tuple[float, float] | None = None
    marks: list[float] = []
    chance: float | None = None


class FindingRow(Wire):
    """One finding, with the id of the section that shows it."""

    code: str
    name: str
    severity: Judgement
    message: str
    todo: str
    why: str
    source: str
    section: str
    strip: Strip | None = None


class Caption(Wire):
    """What stands beside a picture."""

    shown: str
    should_see: str
    wrong_if: str
    source: str
    extra: str = ""
    aside: Table | None = None


class Section(Wire):
    """A term, a judgement, the sentence, its pictures and their caption."""

    id: str
    term: str
    judgement: Judgement | None
    sentence: str
    figures: list[Figure]
    caption: Caption


class Fact(Wire):
    """One of the five numbers under the verdict."""

    label: str
    value: str
    note: str = ""


class Page(Wire):
    """A whole report."""

    schema_: str = Field(alias="schema", serialization_alias="schema")
    title: str
    run_line: str
    verdict: str
    prose: str
    facts: list[Fact]
    findings: list[FindingRow]
    findings_sentence: str
    found_nothing: list[str]
    could_not_look: list[str] = Field(description="Rules whose evidence was not measured.")
    sections: list[Section]
