"""What the page is told while the studio is still being opened."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from striate.page.frozen import Wire


class Moment(Wire):
    """A point of the training as it goes."""

    done: int
    figures: dict[str, float]


class Beginning(Wire):
    """How far the opening is."""

    state: Literal["opening", "ready", "failed"]
    task: str = Field(description="What is being done just now; empty while the first words are read.")
    done: int
    total: int | None
    unit: str
    left_s: float | None = Field(description="Estimated seconds to go; None while nothing is known.")
    moments: list[Moment] = Field(description="Figures of the task so far, thinned to a few hundred.")
    log: list[str]
    failure: str
