"""The faults: where each is planted, and the rules that name it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from benchmarks.faults import planted_pictures, planted_weights
from benchmarks.faults.architectures import NORMALISED
from benchmarks.faults.pictures import Pictures

from striate.nets import Network
from striate.records.training import Recipe

Draw = np.random.Generator
HEALTHY = "none"
# Of the worst layer: below it a high rate has not killed enough to speak of.
KILLED = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault.

    Attributes:
        what: In words.
        caught_by: Rules whose finding names this fault's kind: what is wrong, or what to check.
        pictures: Plants it in what is trained on and judged.
        start: Plants it in the network before training.
        network: Ways to plant it in the trained network; what is judged is the network alone, without its training.
        must_cost: Whether the first way is taken that costs five points of accuracy, instead of the first.
        recipes: Plant it in how it is trained; the first that took effect is kept.
        is_trained: Whether there is a training at all.
        is_class_withheld: Whether the training never saw one of the classes.
        needs_normalisation: Whether only networks with batch normalisation can have it.
        tasks: Where it can be planted.
    """

    what: str
    caught_by: tuple[str, ...]
    pictures: Callable[[Pictures, Draw], Pictures] | None = None
    start: Callable[[Network, Draw], Network] | None = None
    network: Callable[[Network, Draw], Iterator[Network]] | None = None
    recipes: Callable[[Recipe], Sequence[Recipe]] | None = None
    must_cost: bool = False
    is_trained: bool = True
    is_class_withheld: bool = False
    needs_normalisation: bool = False
    tasks: tuple[str, ...] = ("digits", "small", "coloured", "tiles")

    def fits(self, architecture: str) -> bool:
        """Return whether an architecture can have it."""
        return architecture in NORMALISED or not self.needs_normalisation


def _killing(recipe: Recipe) -> list[Recipe]:
    return [
        replace(recipe, optimizer="adam", weight_decay=0.0, schedule="constant", rate=rate) for rate in (0.03, 0.1, 0.3)
    ]


def _exploding(recipe: Recipe) -> list[Recipe]:
    return [replace(recipe, optimizer="sgd", weight_decay=0.0, schedule="constant", rate=30.0, epochs=3)]


def _short(recipe: Recipe) -> list[Recipe]:
    return [replace(recipe, rate=recipe.rate / 10, epochs=4)]


_SHORTCUTS = (
    "background-matters",
    "background-decides",
    "effect-off-object",
    "one-place-decides",
    "patch-decides-class",
    "pixels-give-class-away",
)
_LABELS = ("score-near-chance", "unselective-units", "unseparated-features", "overfitting-gap")

FAULTS: dict[str, Fault] = {
    HEALTHY: Fault(what="nothing planted", caught_by=()),
    "random-labels": Fault(
        what="labels exchanged at random", caught_by=_LABELS, pictures=planted_pictures.random_labels
    ),
    "watermark": Fault(
        what="a mark at a place of its own in every picture of a class",
        caught_by=_SHORTCUTS,
        pictures=planted_pictures.watermark,
    ),
    "background": Fault(
        what="a ground of its own colour, brightness or stripes for each class",
        caught_by=_SHORTCUTS,
        pictures=planted_pictures.background,
        tasks=("digits", "small", "coloured"),
    ),
    "dead-by-start": Fault(
        what="half of the units of a layer begin far below zero",
        caught_by=("dead-units", "blocked-gradient"),
        start=planted_weights.dead_start,
    ),
    "dead-by-rate": Fault(
        what="a rate so high that a quarter of a layer's units die",
        caught_by=("dead-units", "blocked-gradient"),
        recipes=_killing,
    ),
    "duplicated-filters": Fault(
        what="half of the filters of the first or second convolution are copies of the other half",
        caught_by=("copied-filters", "twin-units"),
        network=planted_weights.duplicated_filters,
    ),
    "untrained": Fault(
        what="never trained",
        caught_by=("score-near-chance", "unselective-units", "unseparated-features", "saliency-blind-to-weights"),
        is_trained=False,
    ),
    "under-trained": Fault(
        what="4 epochs at a tenth of the rate",
        caught_by=(
            "loss-still-falling",
            "score-near-chance",
            "unselective-units",
            "unseparated-features",
            "filters-as-noisy-as-random",
            "class-images-are-noise",
        ),
        recipes=_short,
    ),
    "wrong-preprocessing": Fault(
        what="pictures prepared otherwise than in training",
        caught_by=("wrong-preprocessing", "score-near-chance", "score-below-record"),
        network=planted_weights.wrong_preprocessing,
        must_cost=True,
    ),
    "label-leak": Fault(
        what="copies of a quarter of the pictures in the data, divided at random",
        caught_by=("leak-between-splits",),
        pictures=planted_pictures.leak,
    ),
    "corrupted-weights": Fault(
        what="one layer shuffled, noised or drawn anew",
        caught_by=(
            "score-below-record",
            "score-near-chance",
            "unselective-units",
            "unseparated-features",
            "filters-as-noisy-as-random",
        ),
        network=planted_weights.corrupted_weights,
        must_cost=True,
    ),
    "class-missing": Fault(
        what="a class that was not in the training", caught_by=("class-never-answered",), is_class_withheld=True
    ),
    "foreign-statistics": Fault(
        what="batch normalisation's statistics measured on pictures of another task",
        caught_by=("stale-batchnorm-statistics", "score-below-record"),
        must_cost=True,
        needs_normalisation=True,
    ),
    "exploding-rate": Fault(
        what="plain gradient descent at a rate of 30",
        caught_by=("score-near-chance", "unseparated-features", "dead-units"),
        recipes=_exploding,
    ),
}
