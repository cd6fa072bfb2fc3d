"""What is searched, and by which rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from striate.blueprint import Blueprint
from striate.records.training import Recipe
from striate.study.search.asking import Direction, Sampler
from striate.study.search.limits import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is searched.

    Attributes:
        plan: Blueprint with open choices.
        limits: What no design may pass.
        recipe: How each design is trained.
        goal: "score" for the best score, "front" for the best score at every number of MACs.
        sampler: "tpe" or "random".
        prune: Whether designs that are behind the median of those before them are stopped early; only for "score".
        seed: Of the sampler, and of the trainings.
        known: Designs to begin with, by their choices.
    """

    plan: Blueprint
    limits: Limits
    recipe: Recipe
    goal: Direction = "score"
    sampler: Sampler = "tpe"
    prune: bool = True
    seed: int = 0
    known: tuple[Mapping[str, Any], ...] = ()
