"""What a network answered on held-out samples."""

from __future__ import annotations

from dataclasses import dataclass

from striate.records.array import Array
from striate.records.output import Output


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """Answers on held-out samples.

    Attributes:
        output: Kind and names of the outputs.
        samples: (n,) int64: indices into the data set.
        truth: (n,) int64 class; (n, k) uint8 labels; (n, k) float32 values.
        scores: (n, k) float32: probabilities (classes, labels), or values on their own scale.
    """

    output: Output
    samples: Array
    truth: Array
    scores: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoreboard:
    """How good the answers are.

    Attributes:
        count: Samples judged.
        main_name: "accuracy" or "R²".
        main: The main figure: share right, or R².
        interval: Its 95 % interval: Wilson's for shares, 2,000 bootstrap draws for R².
        mae: Mean absolute error, on the values' own scale (values only).
        confusion: (k, k) int64: row = truth, column = answer (classes only).
        chance: What the commonest class alone would reach (classes), 0 for R².
    """

    count: int
    main_name: str
    main: float
    interval: tuple[float, float]
    mae: float | None = None
    confusion: Array | None = None
    chance: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """One image chosen for the reader.

    Attributes:
        rule: The rule that chose it, in words: "right, surely".
        position: Row in `Predictions`.
        sample: Index into the data set.
        truth: True class, or −1 for values.
        answer: Class answered, or −1 for values.
        probability: Of the answer; for values the absolute error.
    """

    rule: str
    position: int
    sample: int
    truth: int
    answer: int
    probability: float
