"""What the front end reads: pydantic models at the wire, and nowhere else.

A page is a verdict, facts, findings and sections; a section holds figures; a figure names the arrays it is drawn from.
Arrays travel beside the JSON in the safetensors layout: uint8 for inputs, int8 for maps (value = int8 × scale), int16 for
places on a plane, float32 or whole numbers where the number itself is shown. `striate.page.schema` writes `web/src/wire.ts`
from these models.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from striate.page.adapt_wire import Estimates, Quadrants, Receipt, Regimes
from striate.page.dense_wire import Dense as Dense  # noqa: PLC0414

# Sections read these from here with the rest.
from striate.page.frozen import Cell as Cell  # noqa: PLC0414
from striate.page.frozen import Judgement as Judgement  # noqa: PLC0414
from striate.page.frozen import Wire
from striate.page.gradient_wire import Gradients as Gradients  # noqa: PLC0414
from striate.page.graph_wire import Graph
from striate.page.map_wire import VectorMap
from striate.page.picture_wire import Column as Column  # noqa: PLC0414
from striate.page.picture_wire import Scale as Scale  # noqa: PLC0414
from striate.page.picture_wire import Table as Table  # noqa: PLC0414
from striate.page.picture_wire import Tile as Tile  # noqa: PLC0414
from striate.page.picture_wire import Tiles as Tiles  # noqa: PLC0414
from striate.page.ranking_wire import Ranking


class PatchGroup(Wire):
    """The strongest patches of one unit, with how its strongest images spread over the classes."""

    label: str
    value: str = ""
    patches: list[int]
    counts: list[int] = Field(default=[])
    peak: str = ""
    warn: bool = False


class Patches(Wire):
    """Nine patches a unit, in a 3 × 3 block. `array` as in `Tiles`."""

    kind: Literal["patches"] = "patches"
    title: str = ""
    array: str
    scale: Scale
    groups: list[PatchGroup]
    classes: list[str] = Field(default=[])
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
    events: list[tuple[float, str]] = Field(default=[])


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
    marks: list[tuple[float, str, Literal["chance", "limit", "mean"]]] = Field(default=[])
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
    Tiles
    | Patches
    | Cases
    | Charts
    | Dense
    | Estimates
    | Histogram
    | Drawing
    | Graph
    | Gradients
    | Confusion
    | Quadrants
    | Ranking
    | Receipt
    | Regimes
    | Scatter
    | TableFigure
    | VectorMap,
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
    marks: list[float] = Field(default=[])
    chance: float | None = None


class FindingRow(Wire):
    """One finding, with the id of the section that shows it and, where there is one, its cure with the measured effect."""

    code: str
    name: str
    severity: Judgement
    message: str
    todo: str
    why: str
    source: str
    section: str
    op: str = Field(default="", description="What it is about; a graph's finding of that op knows the row.")
    cure: str = ""
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
