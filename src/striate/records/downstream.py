"""What features are worth: families of classifiers on every layer and on hand-made descriptors, and with few labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from striate.records.adapting import Estimate
from striate.records.output import OutputKind

Source = Literal["network", "hand-made"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DownstreamRow:
    """One family of classifiers on one set of features, cross-validated; every row has the same folds.

    Attributes:
        features: Name of the layer, or of the descriptor.
        source: Where they come from.
        width: Numbers a sample.
        family: "logistic", "RBF SVM" …
        estimate: Held out.
        to_best: This one's score minus the best one's, sample by sample.
        to_constant: This one's minus that of the best constant answer, sample by sample.
        setting_name: What was chosen within the training folds ("penalty", "neighbours"); "" where nothing is.
        settings: What each fold chose, in the folds' order.
        fit_s: Seconds one fit took, on average over the folds.
    """

    features: str
    source: Source
    width: int
    family: str
    estimate: Estimate
    to_best: Estimate
    to_constant: Estimate
    setting_name: str
    settings: tuple[float, ...]
    fit_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NotMeasured:
    """A family that was left out on some features, and why.

    Attributes:
        features: Name of the layer, or of the descriptor.
        family: Which.
        reason: In words.
    """

    features: str
    family: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FewShotPoint:
    """What so many labels a class bring.

    Attributes:
        per_class: Samples a class that were learned from.
        mean: Mean held-out accuracy over the draws.
        interval: 95 %, Student's, over the draws; (mean, mean) of a single one.
        draws: How often the samples were drawn.
    """

    per_class: int
    mean: float
    interval: tuple[float, float]
    draws: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FewShotCurve:
    """Accuracy against the number of labels a class; every curve learns from the same draws.

    Attributes:
        features: Name of the layer, or of the descriptor.
        source: Where they come from.
        family: "logistic", "k-NN" or "nearest class mean".
        points: Ascending.
    """

    features: str
    source: Source
    family: str
    points: tuple[FewShotPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Downstream:
    """Everything that was measured.

    Attributes:
        data: Name of the data.
        network: Name of the network whose layers they are.
        layers: Their names, in the order they are stored in.
        output: What is answered; accuracy of classes, mean accuracy over labels, R² of values.
        samples: Cross-validated on, each held out once.
        folds: How many; groups and equal contents are never divided.
        constant: Score of the best constant answer of the training folds.
        rows: The best first.
        to_hand_made: Best row of the network's minus best hand-made row, sample by sample; None without one of them.
        left_out: What was not measured, and why.
        curves: With few labels; empty unless classes are answered.
        told: What a reader should know, a sentence each.
        seconds: Taken.
    """

    data: str
    network: str
    layers: tuple[str, ...]
    output: OutputKind
    samples: int
    folds: int
    constant: Estimate
    rows: tuple[DownstreamRow, ...]
    to_hand_made: Estimate | None
    left_out: tuple[NotMeasured, ...]
    curves: tuple[FewShotCurve, ...]
    told: tuple[str, ...]
    seconds: float

    @property
    def score_name(self) -> str:
        """Name of the score."""
        return "R²" if self.output == "values" else "accuracy"

    def best(self, source: Source | None = None) -> DownstreamRow | None:
        """Return the row with the highest score, of one source or of all."""
        return next((row for row in self.rows if source in (None, row.source)), None)
