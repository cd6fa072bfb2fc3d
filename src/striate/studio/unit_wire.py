"""What the studio's server tells of one unit: its filter, images grown for it, what covering does to it."""

from __future__ import annotations

from pydantic import Field

from striate.page.frozen import Wire
from striate.page.gradient_wire import LawPart
from striate.studio.wire import PathUnit


class UnitImageWanted(Wire):
    """An image grown until a unit's value is high; for an output, until its score is."""

    row: int = Field(ge=0)
    channel: int = Field(ge=0)
    steps: int = Field(default=128, ge=1, le=1000, description="Of gradient ascent.")
    seed: int = Field(default=0, ge=0, le=2**31 - 1)


class UnitOcclusionWanted(Wire):
    """How a unit's value changes while a square covers each part of a sample."""

    row: int = Field(ge=0)
    channel: int = Field(ge=0)
    sample: int = Field(ge=0)
    window_px: int = Field(default=0, ge=0, le=4096, description="Side of the square; 0 takes a seventh of the input.")
    stride_px: int = Field(default=0, ge=0, le=4096, description="Step of the square; 0 takes half of its side.")


class GrownImage(Wire):
    """An image grown for a unit; its pictures come apart: with the prior, without, for weights drawn anew."""

    row: int
    channel: int
    is_output: bool = Field(description="It was grown for an output's score, else for a unit's value.")
    names: list[str] = Field(description="What each picture is, in their order.")
    reached: list[float | None] = Field(description="What was climbed, for each picture; None where it is not known.")
    natural: float | None = Field(description="The same over real images: mean of the class's, or the unit's highest.")
    rank: int | None = Field(description="Place among all outputs, or all channels of the layer; 1 is the highest.")
    of: int = Field(description="How many outputs, or channels.")
    steps: int
    words: list[str] = Field(description="What was reached, a phrase each.")
    notes: list[str]


class FilterChannel(Wire):
    """The weights with which a unit reads one channel."""

    channel: int = Field(
        description="Its number in the layer that is read; its place in the filter is that less `first`."
    )
    norm: float = Field(description="Root of the sum of squares.")
    sum: float


class UnitFilter(Wire):
    """The weights a unit reads with, as stored; their pictures come apart, in the same order."""

    row: int
    channel: int
    op: str = Field(description="Name of the op they belong to.")
    key: str = Field(description="Name of the parameter.")
    kernel: list[int] = Field(description="Sides of the window; empty for a fully connected layer.")
    inputs: int = Field(description="Channels it reads, or features.")
    first: int = Field(description="Number of the first of them; 0 but for convolutions in groups.")
    norm: float = Field(description="Of all its weights.")
    bias: float | None
    share: float = Field(description="Share of its weights' power in the channels listed, 0 … 1.")
    channels: list[FilterChannel] = Field(description="Those of the largest norm, falling.")


class RuleSaid(Wire):
    """What a rule found about the unit's layer."""

    code: str
    name: str
    severity: str
    message: str
    todo: str


class UnitFigures(Wire):
    """How a unit's mean is spread over images and classes, and what rules say of its layer."""

    row: int
    channel: int
    images: int = Field(
        description="Whose means are counted: at most 512, evenly spread over those that were surveyed."
    )
    edges: list[float] = Field(description="Of the bins, one more than `counts`.")
    counts: list[int]
    mean: float = Field(description="Of those images.")
    rules: list[RuleSaid]


class OnwardRow(Wire):
    """The units of one row through which most of a unit's effect on a score goes, the strongest first."""

    row: int
    units: list[PathUnit] = Field(description="`number` is what of the effect goes through it.")
    shown: float = Field(description="What goes through these together.")
    whole: float = Field(
        description="What goes through all units of the row; the effect itself, if no way passes it by."
    )


class Onward(Wire):
    """The strongest ways from a unit to an output, nearest row first."""

    row: int
    channel: int
    at: list[int]
    value: float
    about: int = Field(description="Number of the output.")
    score: float
    total: float = Field(
        description="Value × gradient of the score: what it would lose, to first order, without the unit."
    )
    rows: list[OnwardRow]


class Law(Wire):
    """How the gradient of a score came to a unit, and how its op hands it on; the pictures' arrays come apart."""

    row: int
    channel: int
    at: list[int]
    op: str = Field(description="Name of the op that is told of: the one that does the row's work.")
    about: int = Field(description="Number of the output whose score it is.")
    gradient: float = Field(description="That arrives at the op's value there.")
    weights: list[int] = Field(description="Channels and sides of the unit's filter; empty where it has none to share.")
    weight: list[int] = Field(description="Which of them is told as a sum over places; empty without.")
    parts: list[LawPart]
