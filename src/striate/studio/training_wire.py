"""Trainings of the watched network, at the wire."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from striate.page.frozen import Wire
from striate.studio.job_wire import Job
from striate.studio.version_wire import VersionRow


class RecipeWanted(Wire):
    """How to train: the fields of a recipe that the page offers."""

    optimizer: Literal["sgd", "adam", "adamw"] = "adam"
    rate: float = Field(default=0.003, description="Highest learning rate.")
    schedule: Literal["one-cycle", "cosine", "constant"] = "one-cycle"
    epochs: int = Field(default=6, ge=1, le=10_000)
    batch: int = Field(default=50, ge=1, le=65_536)
    weight_decay: float = 0.0
    shift_px: int = Field(default=0, ge=0, le=1024)
    warm_up: float = 0.0
    label_smoothing: float = 0.0
    patience: int = Field(default=0, ge=0, le=10_000)
    guard: Literal["none", "watch", "rollback"] = "none"
    seed: int = Field(default=0, ge=0, le=2**31 - 1)


class TrainingWanted(Wire):
    """A training to begin, in a folder of its own beside the opened one."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", description="What its folder's name ends with.")
    start: Literal["anew", "weights"] = Field(description="Random weights of the blueprint, or those that are watched.")
    recipe: RecipeWanted
    keep_every: int = Field(default=1, ge=0, le=10_000, description="Keep the weights after every so many epochs.")


class TrainingRow(Wire):
    """A training beside the watched network, or its own."""

    name: str = Field(description="Of its folder.")
    state: Literal["waiting", "running", "done", "stopped", "failed", "killed", "elsewhere"]
    words: str = Field(description="Its state in a sentence.")
    can_resume: bool
    is_opened: bool = Field(description="The watched network is what it made.")
    job: Job | None = Field(description="Its progress, while this studio works on it or has done so.")


class Trainings(Wire):
    """All trainings that lie beside the watched network, its own first."""

    stem: str = Field(description="What the name of every new folder begins with.")
    refusal: str = Field(description="Why none can be begun; empty if one can.")
    starts: list[Literal["anew", "weights"]]
    suggested: TrainingWanted
    trainings: list[TrainingRow]


class TrainingShown(Wire):
    """How a training went, so far."""

    training: TrainingRow
    verdict: str = Field(description="How far it came, in a sentence with its score.")
    said: str = Field(description="What was trained by which recipe, in words.")
    figures: list[dict[str, Any]] = Field(
        description="Its curves, each a `Charts` of the report: by epoch, by step; none before the first measurement."
    )
    versions: list[VersionRow] = Field(description="Weights it kept on its way, and its end, in their order.")
