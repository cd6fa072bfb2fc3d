"""What is measured when a pretrained network is adapted to data: cuts, probes, regimes, and which was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from striate.records.output import OutputKind
from striate.records.training import Norm

Side = Literal["after", "before"]
Trained = Literal["head", "all", "last block", "first block"]
Start = Literal["new", "probe"]
Similarity = Literal["similar", "different"]
Amount = Literal["little", "much"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CutPoint:
    """A place at which a network can be cut: one value through which everything goes.

    Attributes:
        name: What the place is called: the outermost module that ends there ("layer3.1"), or "the end".
        op: The op whose value is read.
        path: The module that is stopped at.
        turn: Which call of it within one pass, from 0.
        side: Whether its output ("after") or its input ("before") is read.
        over: Axes of that value, batch first, that are averaged away.
        shape: Of the value for one image.
        features: Numbers that are left after averaging.
        macs: Multiply-accumulates of the network up to here, for one image.
        parameters: Of the network up to here.
        macs_share: Of the whole network's.
    """

    name: str
    op: str
    path: str
    turn: int
    side: Side
    over: tuple[int, ...]
    shape: tuple[int, ...]
    features: int
    macs: int
    parameters: int
    macs_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A score measured on samples that were not learned from, each once.

    Attributes:
        mean: Accuracy (classes), mean accuracy over labels (labels), R² (values).
        interval: 95 %: Wilson's for classes, Student's over the samples otherwise.
        error: Standard error of the mean, over the samples.
        count: Samples it was measured on.
    """

    mean: float
    interval: tuple[float, float]
    error: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A linear read-out of the features at one cut, cross-validated.

    Attributes:
        cut: Name of the cut point.
        estimate: At the chosen penalty.
        penalty: λ of λ/2·|w|² beside the sum of the losses, features centred and scaled by one number; chosen by held-out loss.
        loss: Mean held-out loss at that penalty.
        difference: To the probe at the end, sample by sample: this one's score minus the end's.
    """

    cut: str
    estimate: Estimate
    penalty: float
    loss: float
    difference: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """What a number of labels brings.

    Attributes:
        samples: Learned from, on average over the folds.
        estimate: Held out.
    """

    samples: int
    estimate: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningCurve:
    """Score of a probe against the number of samples it learns from.

    Attributes:
        cut: Where the features were read.
        points: Ascending.
        forecast: What twice the samples would bring, by the curve's last doublings; None if there are too few points.
        forecast_interval: 95 %, from the spread of the last gain.
        last_gain: What the last doubling brought, paired by sample.
    """

    cut: str
    points: tuple[CurvePoint, ...]
    forecast: float | None
    forecast_interval: tuple[float, float] | None
    last_gain: Estimate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """One way to adapt a network.

    Attributes:
        name: Short and unique ("frozen", "cut at layer3 + 1 FC", "fine-tune all").
        title: In words.
        lecture: Which of the four classic cases it answers ("similar, little" …); "" for a candidate of our own.
        cut: Name of the cut point behind which all is dropped.
        hidden: Widths of the new fully connected layers before the new output.
        trained: What is trained beside the new layers.
        start: Whether the output layer begins at random or from the probe's weights.
        rate: Highest learning rate; 0 where the read-out is solved, not trained.
        body_rate: What the pretrained part's rate is multiplied by.
        norm: What becomes of batch normalisation in the trained part.
        epochs: Passes over the training samples.
    """

    name: str
    title: str
    lecture: str
    cut: str
    hidden: tuple[int, ...]
    trained: Trained
    start: Start
    rate: float = 0.0
    body_rate: float = 1.0
    norm: Norm = "keep"
    epochs: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A regime and what was measured of it.

    Attributes:
        regime: With the rate and the policy that measured best.
        estimate: Cross-validated; None if it was not measured.
        difference: To the chosen one, on the samples both answered: this one's score minus the chosen one's; None for the chosen
            one itself and for what was not measured.
        rung: How far successive halving took it: 0 for the first look.
        outcome: "chosen", "as good", "worse", "dropped", "lost" (it diverged) or "not measured".
        reason: In a sentence.
        macs: Of the adapted network, one image.
        parameters: Of the adapted network.
        trained_parameters: Of those, trained.
        seconds: What one training of it takes here, measured or from the measured step; with the features already stored for
            those that need no more.
        memory_bytes: Peak of a training step on paper, at the batch used.
        folds: Folds it answered.
        tried: Rates and policies looked at: {"rate": …, "norm": …, "rung": …, "score": …}.
    """

    regime: Regime
    estimate: Estimate | None
    difference: Estimate | None = None
    rung: int = 0
    outcome: Literal["chosen", "as good", "worse", "dropped", "lost", "not measured"] = "not measured"
    reason: str = ""
    macs: int = 0
    parameters: int = 0
    trained_parameters: int = 0
    seconds: float = 0.0
    memory_bytes: int = 0
    tried: tuple[Mapping[str, Any], ...] = ()
    folds: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quadrant:
    """Where a problem falls in the classic table: similar or different, little or much data.

    Attributes:
        similarity: "similar" if no cut before the end probes better than the end does, beyond its interval.
        similarity_why: With the figures.
        amount: "little" if a doubling of the samples still gains, beyond its interval.
        amount_why: With the figures.
        is_sure: Whether both statements hold beyond their intervals.
    """

    similarity: Similarity
    similarity_why: str
    amount: Amount
    amount_why: str
    is_sure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InputWay:
    """One way to bring the data's images to a network, measured by a probe at the end.

    Attributes:
        name: "resize", "dense" or "global pooling".
        title: In words, with the sizes.
        shape: What enters the network, for one image.
        estimate: Cross-validated; None where it cannot be done.
        difference: To the network's own way, sample by sample; None for that way itself.
        macs: For one image.
        reason: Why it cannot be done, "" if it can.
    """

    name: Literal["resize", "dense", "global pooling"]
    title: str
    shape: tuple[int, ...]
    estimate: Estimate | None
    difference: Estimate | None
    macs: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaptation:
    """Everything `adapt` measured.

    Attributes:
        network: Reference of the pretrained network.
        data: Reference of the data.
        output: Kind of answer.
        score_name: "accuracy" or "R²".
        chance: Score of the best constant answer.
        cuts: In depth order; the last is the end.
        probes: One a cut, in the same order.
        curves: At the best cut, and at the end if that is another.
        quadrant: Where the problem falls.
        inputs: Ways to bring the images in; () if it was not asked for.
        candidates: Every regime, best score first; what was not measured last.
        chosen: Name of the chosen regime.
        why: The rule and its figures, in a sentence.
        folds: Number of folds.
        training_count: Samples that were cross-validated on.
        test: The chosen network, trained on all of them, on samples nobody looked at before; None if none were held out.
        test_usual: The usual way (frozen network, new output) on the same samples; None likewise.
        test_difference: Chosen minus usual on them; None if it is the usual way itself.
        budget_s: Time that was given.
        told_s: How long it was said to take.
        seconds: How long it took.
        told: What else a reader should know, one sentence each.
        events: What the guard did while the chosen network was trained, one sentence each.
    """

    network: str
    data: str
    output: OutputKind
    score_name: str
    chance: float
    cuts: tuple[CutPoint, ...]
    probes: tuple[Probe, ...]
    curves: tuple[LearningCurve, ...]
    quadrant: Quadrant
    inputs: tuple[InputWay, ...]
    candidates: tuple[Candidate, ...]
    chosen: str
    why: str
    folds: int
    training_count: int
    test: Estimate | None
    test_usual: Estimate | None
    test_difference: Estimate | None
    budget_s: float
    told_s: float
    seconds: float
    told: tuple[str, ...] = ()
    events: tuple[str, ...] = ()

    @property
    def chosen_candidate(self) -> Candidate:
        """The candidate that was chosen."""
        return next(candidate for candidate in self.candidates if candidate.regime.name == self.chosen)

    def cut(self, name: str) -> CutPoint:
        """Return a cut point by its name."""
        return next(cut for cut in self.cuts if cut.name == name)
