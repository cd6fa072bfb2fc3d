"""How weights began, and a comparison of where each beginning starts."""

from __future__ import annotations

from dataclasses import dataclass

from striate.records.array import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What `initialise` did.

    Attributes:
        name: The beginning, with its argument.
        seed: What it drew with.
        images: Training images it looked at; 0 if none.
        told: What was done, in sentences; empty where the name says it all.
    """

    name: str
    seed: int
    images: int = 0
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerStart:
    """One layer before the first step, on one batch, as training sees it; over seeds, means with their standard deviation.

    Attributes:
        layer: Its name in the table.
        mean: Of its values, after normalisation and activation.
        std: Of the same values.
        active_share: Share of them above zero, 0 … 1.
        gradient_norm: Of the loss by its weights.
        weight_norm: Of its weights.
        is_rectified: Whether an activation cuts what is below zero.
        is_output: Whether it is the output layer.
        std_spread: Standard deviation of `std` over seeds; 0 with one seed.
        active_spread: The same of `active_share`.
        gradient_spread: The same of `gradient_norm`.
    """

    layer: str
    mean: float
    std: float
    active_share: float
    gradient_norm: float
    weight_norm: float
    is_rectified: bool
    is_output: bool = False
    std_spread: float = 0.0
    active_spread: float = 0.0
    gradient_spread: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A network before its first step.

    Attributes:
        beginning: How its weights began.
        layers: In the order they run.
        loss: Of the batch.
        images: In the batch.
        seeds: Over how many seeds the numbers are means.
    """

    beginning: str
    layers: tuple[LayerStart, ...]
    loss: float
    images: int
    seeds: int = 1

    @property
    def hidden(self) -> tuple[LayerStart, ...]:
        """The layers before the output."""
        return tuple(row for row in self.layers if not row.is_output)

    @property
    def factor(self) -> float | None:
        """By what the spread of the values is multiplied from one hidden layer to the next; None with fewer than two."""
        rows = self.hidden
        if len(rows) < 2 or rows[0].std <= 0:
            return None
        return (rows[-1].std / rows[0].std) ** (1 / (len(rows) - 1)) if rows[-1].std > 0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSteps:
    """The first steps of a training from one beginning, over seeds.

    Attributes:
        beginning: How its weights began.
        losses: (seeds, steps) float64: training loss of each step; not a number after a training was lost.
        points: Steps after which the held-out samples were looked at.
        scores: (seeds, points) float64: accuracy or R² there.
        lost: Seeds whose loss left the finite numbers.
        seconds: Of beginning and training, all seeds.
    """

    beginning: str
    losses: Array
    points: tuple[int, ...]
    scores: Array
    lost: tuple[int, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A beginning against another, paired by seed.

    Attributes:
        beginning: The one.
        against: The other.
        mean: Mean difference of the last scores.
        interval: 95 % interval of that mean (Student's t); equal to (mean, mean) with one seed, which knows none.
        seeds: Pairs.
    """

    beginning: str
    against: str
    mean: float
    interval: tuple[float, float]
    seeds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginningComparison:
    """Where each beginning starts.

    Attributes:
        beginnings: In the order asked.
        starts: One for each.
        steps: One for each.
        filters: First-layer filters of the first seed, (n, c, h, w) float32, by beginning; empty without a convolution of images.
        filter_layer: Name of that layer.
        begun: What the first seed's start did, for each.
        differences: Last score of each against the first beginning.
        score_name: "accuracy" or "R²".
        chance: Loss of one answer for all.
        train_count: Training images used.
        held_out_count: Validation images looked at.
        seeds: Numbers of the seeds.
    """

    beginnings: tuple[str, ...]
    starts: tuple[Start, ...]
    steps: tuple[FirstSteps, ...]
    filters: dict[str, Array]
    filter_layer: str
    begun: tuple[Begun, ...]
    differences: tuple[Difference, ...]
    score_name: str
    chance: float
    train_count: int
    held_out_count: int
    seeds: tuple[int, ...]
