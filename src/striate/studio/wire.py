"""What the studio's server tells the page."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from striate.page.frozen import Wire
from striate.studio.edit_wire import EditedFilter


class LayerRow(Wire):
    """One layer of the spine."""

    name: str
    summary: str = Field(description="In words: '3×3, norm, ReLU'.")
    kind: str
    block: str = Field(description="Path of the module that holds it, for folding; empty at the top.")
    channels: int
    sizes: list[int] = Field(description="Of its map; empty for a vector.")
    sees: str = Field(description="Field of a unit in input pixels: '7×7', 'everything'; empty where not known.")
    reads: list[int] = Field(description="Numbers of the rows it reads; −1 is the input.")
    params: int
    macs: int
    is_learned: bool
    is_rectified: bool


class InputKind(Wire):
    """What goes into the network."""

    shape: list[int] = Field(description="Channels, then sizes.")
    is_centred: bool = Field(description="Drawings are centred as the digits were that it was trained on.")
    words: str = Field(description="How a stored picture becomes the input.")


class OutputKind(Wire):
    """What it answers with."""

    kind: Literal["classes", "labels", "values"]
    names: list[str]


class Explored(Wire):
    """The network as the page draws it."""

    name: str
    facts: str = Field(description="Parameters, MACs and score, in words.")
    input: InputKind
    output: OutputKind
    rows: list[LayerRow]
    samples: int = Field(description="How many samples of the data can be chosen; 0 without data.")
    data: str = Field(description="What the data are called.")


class Answer(Wire):
    """One output: its name, its score before softmax, and its probability (a value's own for values)."""

    number: int
    name: str
    score: float
    probability: float


class Changed(Wire):
    """A channel's values times a factor; 0 silences it."""

    row: int = Field(ge=0)
    channel: int = Field(ge=0)
    factor: float = Field(ge=-1e6, le=1e6)


class ChangesWanted(Wire):
    """All changes of a look; none is the look at the network as it is."""

    changes: list[Changed] = Field(max_length=64)
    edits: list[EditedFilter] = Field(default=[], max_length=64)


class Difference(Wire):
    """One look less another: its strips and walls are asked for by its key."""

    key: str
    words: str


class LookMade(Wire):
    """A look that was taken: ask for its pictures by its key."""

    key: str
    words: str = Field(description="What was done to the input before the network saw it.")
    target: int | None = Field(description="The class the data give it.")
    changes: list[Changed] = Field(description="Channels that were silenced or scaled on the way.")
    edits: list[EditedFilter] = Field(description="Filters whose weights were others.")
    changed: str = Field(description="Changes and edits in a sentence; empty without any.")
    before: list[Answer] = Field(description="The same outputs of the network as it is; empty without changes.")
    answers: list[Answer] = Field(description="All up to twelve outputs in their order; else the ten likeliest.")


class SampleWanted(Wire):
    """A sample of the data."""

    sample: int = Field(ge=0)


class DrawingWanted(Wire):
    """A drawing: grey values of one byte, row by row, base64; black is 0."""

    height: int = Field(ge=1, le=1024)
    width: int = Field(ge=1, le=1024)
    pixels: str = Field(max_length=1_400_000)


class Failure(Wire):
    """What went wrong, in the one line every error of Striate has."""

    code: str
    message: str
    hint: str


class Part(Wire):
    """One input channel's part of a neuron's sum, over the window it is read through.

    `input`, `weight`, `product` are the window's values, row by row, of `window` sizes; outside the map the input is 0.
    """

    row: int = Field(description="Number of the row it comes from; −1 is the input.")
    channel: int
    window: list[int]
    places: list[int] = Field(
        description="Where each value of the window stands on that row's map, counted row by row; −1 outside the map."
    )
    input: list[float]
    weight: list[float] = Field(description="With the normalisation that follows folded in.")
    product: list[float]
    number: float = Field(description="Sum of `product`: what it adds.")
    strength: float = Field(description="Sum of the weights' magnitudes.")
    gradient: float = Field(
        description="How much the score asked about rises with it: sum of its gradient over the window."
    )


class Box(Wire):
    """The places of one row that a neuron reads: [first, last + 1] per axis of space, within the map."""

    row: int = Field(description="−1 is the input.")
    spans: list[tuple[int, int]]


class Neuron(Wire):
    """One unit at one place: what it reads, and how that adds up to its value."""

    row: int
    channel: int
    at: list[int]
    value: float = Field(description="The unit's value, after its activation.")
    before: float = Field(description="Before the activation.")
    did: str = Field(
        description="What the activation did, in words: 'after ReLU, which lets it pass'; empty without one."
    )
    kind: Literal["sum", "largest", "mean", "merge", "other"] = Field(
        description="A weighted sum; the largest or the mean of a window; values added, multiplied or joined; anything else."
    )
    formula: str = Field(description="With the layer's own numbers: '5×5 window, stride 1, padding 2, 16 channels'.")
    parts: list[Part] = Field(description="The strongest by what was asked for, strongest first.")
    others: int = Field(description="Channels that were read and are not among `parts`.")
    others_number: float = Field(description="What these add together.")
    bias: float
    total: float = Field(description="Parts, others and bias added up here.")
    network: float = Field(description="The same value as the network computed it.")
    adds_up: bool = Field(description="Whether they agree to a hundred-thousandth of the magnitudes added.")
    absent: str = Field(description="Which channels it has no connection to, in words; empty if it reads all.")
    winner: list[int] = Field(description="Place of the largest value of a window, in the row it reads; else empty.")
    boxes: list[Box]
    about: int = Field(description="Number of the output whose score the gradients are of.")


class GradientRow(Wire):
    """The gradient that arrives at one row: that of a score, or of a unit, with regard to the row's values."""

    row: int = Field(description="−1 is the input.")
    reached: bool = Field(description="Whether any arrives; if not, every number is 0.")
    norm: float = Field(description="Root of the sum of squares.")
    rms: float = Field(description="Root of the mean of squares: the norm without the size of the map.")
    zeros: float = Field(description="Share of values that are exactly zero, 0 … 1.")
    largest: float = Field(description="Largest magnitude.")


class BackwardMade(Wire):
    """One pass back, last row to first, the input at the end."""

    about: int = Field(description="Number of the output it begins at; −1 for a unit of a row.")
    score: float = Field(description="What the gradient is of: the output's score, or the unit's value.")
    rows: list[GradientRow]


class PathUnit(Wire):
    """A unit on the way to another: what it adds to that, in the first order."""

    row: int = Field(description="−1 is the input.")
    channel: int
    at: list[int]
    value: float
    number: float = Field(description="Value × gradient of the unit asked about.")


class PathRow(Wire):
    """The units of one row that matter most to a unit behind it, strongest first."""

    row: int = Field(description="−1 is the input.")
    units: list[PathUnit]


class Paths(Wire):
    """The strongest ways back from a unit, nearest row first, the input at the end."""

    row: int
    channel: int
    at: list[int]
    value: float
    rows: list[PathRow]
