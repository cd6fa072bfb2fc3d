"""What the studio's server tells of long work, and of the units that a survey saw."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from striate.page.frozen import Wire
from striate.studio.wire import Failure


class OcclusionWanted(Wire):
    """How every answer changes while a square covers each part of a look's input."""

    look: str = Field(pattern="^[0-9a-f]{4,64}$", description="Key of the look.")
    window_px: int = Field(default=0, ge=0, le=4096, description="Side of the square; 0 takes a seventh of the input.")
    stride_px: int = Field(default=0, ge=0, le=4096, description="Step of the square; 0 takes half of its side.")


class SurveyWanted(Wire):
    """What every unit answers to, over samples of the data, evenly spread."""

    samples: int = Field(default=2000, ge=1, le=100_000, description="At most so many; all, if there are fewer.")


class Job(Wire):
    """Long work: how far it is."""

    key: str = Field(description="Of what was asked: the same work is the same job, also after a reload.")
    kind: Literal["occlusion", "survey", "map", "unit-image", "unit-occlusion", "training"]
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    about: str = Field(description="What it is of, where a page asks for its own: 'row/channel' of a unit; else empty.")
    task: str = Field(description="What is being done just now; empty before it begins.")
    done: int
    total: int | None = Field(description="None while it is not known.")
    unit: str = Field(description="What is counted: 'window', 'image'.")
    elapsed_s: float
    left_s: float | None = Field(description="Estimated seconds to go; None while nothing is known.")
    failure: Failure | None


class Jobs(Wire):
    """All jobs that are known, the newest first."""

    jobs: list[Job]


class Twin(Wire):
    """Another unit of the layer that answers to the same images."""

    channel: int
    correlation: float = Field(description="Of their means over single images.")


class Unit(Wire):
    """What a unit answers to, over all samples of the last survey. Its pictures come apart, in the same order as `samples`."""

    row: int
    channel: int
    seen: str = Field(description="What was looked at, in words.")
    broken: int = Field(description="Images with values that are not finite; they count nowhere.")
    is_dead: bool = Field(description="Never above zero.")
    always_on: bool = Field(description="Above zero at every place of every image.")
    active: float = Field(description="Share of places above zero, 0 … 1.")
    largest: float
    quantile_shares: list[float]
    quantiles: list[float] = Field(
        description="Of its values at single places; each is off by at most 6.25 % of itself."
    )
    samples: list[int] = Field(description="The images it answers to most strongly, falling.")
    values: list[float] = Field(description="Its largest value in each of them.")
    places: list[list[int]] = Field(
        description="Where on its map that is; empty for a vector, or where it never fired."
    )
    field: str = Field(description="Pixels that it can read: '7×7'; empty where that is not known.")
    class_names: list[str] = Field(description="Of the data; empty where they have no classes, as are the next two.")
    class_counts: list[int] = Field(description="Of its strongest images.")
    class_means: list[float] = Field(description="Its mean over places and images of each class.")
    selectivity: float | None = Field(description="(Largest class mean − mean of the others) / their sum, 0 … 1.")
    explained: float | None = Field(description="Share of its variance between images that classes explain, 0 … 1.")
    coherence: float | None = Field(description="Mean cosine between the features of its strongest images.")
    chance_coherence: list[float] = Field(description="95 % of random sets of as many images; empty with no coherence.")
    twins: list[Twin]
    verdicts: list[str] = Field(description="A sentence for each figure.")
