"""What the studio's server tells the page of guided tours."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from striate.page.frozen import Wire

Spot = Literal["input", "cover", "compare", "layers", "neuron", "change"]


class TourName(Wire):
    """A tour that can be taken."""

    name: str
    title: str
    about: str = Field(description="What one knows after it, in a sentence.")


class TourStep(Wire):
    """A step: where it is, what it says, and what was measured there."""

    title: str
    words: str
    look_for: str
    points_at: Spot = Field(description="The part of the page beside which it stands.")
    address: str = Field(description="What the address says after '#/explore?' while it is shown, without the tour.")
    measured: str = Field(
        description="What holds of this network here, with its figure; empty if nothing was measured."
    )
    holds: bool = Field(description="Whether what was measured is as it should be.")


class StepLeft(Wire):
    """A step that this network has nothing for."""

    title: str
    why: str


class Tour(Wire):
    """A tour through the network that is watched."""

    name: str
    title: str
    about: str
    steps: list[TourStep]
    left_out: list[StepLeft]
