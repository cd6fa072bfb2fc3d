"""Tours as data: the YAML files beside this module, read and checked."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from striate.errors import SchemaError, unknown_name
from striate.page.frozen import Wire
from striate.studio.tour_wire import Spot

FOLDER = Path(__file__).parent
NAMES = ("first-steps", "what-is-a-convolution", "is-my-network-cheating")

InputChoice = Literal["clear", "other", "wrong"]
LayerChoice = Literal["", "first-conv", "second-conv", "last-conv", "first-pool", "answer"]
ChannelChoice = Literal["strongest", "weighted", "answered"]
PlaceChoice = Literal["strongest", "weakest"]
Measure = Literal[
    "", "answer", "active", "adds-up", "winner", "field", "moved", "norms", "shared", "weights", "few", "border"
]


class StepFile(Wire):
    """One step of a tour, before it meets a network: nothing in it is a number of a channel or a sample.

    Words may hold {layer}, {channel}, {place}, {value}, {answer}, {shape}, {input}, {other}, {kept}.
    """

    title: str
    words: str
    look_for: str
    points_at: Spot
    input: InputChoice = "clear"
    layer: LayerChoice = ""
    channel: ChannelChoice = "strongest"
    place: PlaceChoice = "strongest"
    opens: bool = Field(default=False, description="Whether the layer is unfolded.")
    chooses: bool = Field(default=True, description="Whether the layer's unit is chosen.")
    by: Literal["contribution", "weight", "gradient"] = "contribution"
    shown: Literal["values", "gradient"] = "values"
    keeps: bool = Field(default=False, description="Whether another input is kept, and the layers show the difference.")
    silences: bool = Field(default=False, description="Whether the unit's channel is silenced.")
    measured: Measure = ""


class TourFile(Wire):
    """A tour's file."""

    title: str
    about: str
    steps: list[StepFile] = Field(min_length=2, max_length=20)


@cache
def tour_file(name: str) -> TourFile:
    """Return a tour as its file says it.

    Raises:
        UnknownNameError: There is no such tour.
        SchemaError: A file that is not as `TourFile` says.

    Example:
        >>> tour_file("first-steps").steps[0].points_at
        'input'
    """
    import yaml

    if name not in NAMES:
        raise unknown_name("tour", name, list(NAMES))
    path = FOLDER / f"{name}.yaml"
    try:
        return TourFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise SchemaError("a tour must be as its schema says", got=error.errors()[0]["msg"], where=place) from None
