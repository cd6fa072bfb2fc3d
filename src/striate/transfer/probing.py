"""Linear probes under cross-validation, at every cut, and what more labels would bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from striate.data import shuffled
from striate.errors import DataError, Quoted
from striate.events import SILENT, Events, track
from striate.features.linear import Readouts, fit_readouts
from striate.records.adapting import CurvePoint, CutPoint, LearningCurve, Probe
from striate.records.output import OutputKind
from striate.train.paired import t_quantile
from striate.transfer.estimating import Gains, difference, estimate, gains
from striate.transfer.extracting import Features

PENALTIES = (300.0, 30.0, 3.0, 0.3)
# Solved so far that no answer changes but by chance; the read-out that is kept is solved to the end.
ROUGHLY = 1e-2
_PARTS = 4
_DRAWS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What every probe has in common.

    Attributes:
        kind: What is answered.
        outputs: How many.
        targets: (n,) or (n, outputs), of the samples in the order of the features' rows.
        folds: Which fold each sample is held out in, (n,).
        samples: Their indices in the data set, for drawing parts of them.
    """

    kind: OutputKind
    outputs: int
    targets: Tensor
    folds: Tensor
    samples: tuple[int, ...]

    @property
    def fold_count(self) -> int:
        """Number of folds."""
        return int(self.folds.max()) + 1

    def rest(self) -> Tensor:
        """Return (folds, n): what is learned from while each fold is held out."""
        return torch.stack([self.folds != fold for fold in range(self.fold_count)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """A probe and what it answered, each sample while it was held out.

    Attributes:
        probe: The record.
        gains: Sample by sample, (n,).
        scores: (n, outputs).
    """

    probe: Probe
    gains: Gains
    scores: Tensor


def probe_cuts(
    features: Features, cuts: Sequence[CutPoint], ground: Ground, *, events: Events = SILENT
) -> tuple[Probed, ...]:
    """Return a cross-validated linear probe at every cut, in their order.

    At each cut the penalty with the least held-out loss is taken, of four.

    When it misleads:
        The penalty was chosen on the samples it is judged by: with four of them that flatters by some tenths of a point.
    """
    found = [
        probe_rows(features.rows[cut.name], cut.name, ground)
        for cut in track(cuts, "probes", total=len(cuts), unit="cut", events=events)
    ]
    last = found[-1].gains
    return tuple(_with_difference(probed, last) for probed in found)


def held_out_scores(rows: Tensor, ground: Ground, readouts: Readouts, problems: Sequence[int]) -> Tensor:
    """Return each sample's scores by the read-out of its own fold; `problems` names one a fold."""
    scores = torch.zeros(len(rows), ground.outputs, dtype=torch.float64)
    for fold, problem in enumerate(problems):
        own = ground.folds == fold
        scores[own] = readouts.scores(rows[own], problem)
    return scores


def solve_readout(rows: Tensor, ground: Ground, penalty: float, chosen: Tensor | None = None) -> Readouts:
    """Return one read-out over all samples (or those chosen), solved to the end."""
    parts = torch.ones(1, len(rows), dtype=torch.bool) if chosen is None else chosen[None]
    return fit_readouts(rows, ground.targets, parts, torch.tensor([penalty]), ground.kind, outputs=ground.outputs)


def learning_curve(rows: Tensor, cut: str, penalty: float, ground: Ground, *, seed: int = 0) -> LearningCurve:
    """Return the score against the number of samples learned from: an eighth, a quarter, a half and all of each fold's.

    Every part is drawn three times (all of them once), classes in proportion; every draw answers for the held-out fold. The
    forecast lets what is missing to a perfect score shrink once more as it shrank at the last two doublings (the geometric mean
    of the two ratios): a power law through them.

    When it misleads:
        A forecast assumes that further samples are like these, and that the error can vanish: wrong labels set a floor. One
        penalty serves all sizes.
    """
    sizes = [2 ** (_PARTS - 1 - step) for step in range(_PARTS)]
    parts, labels = [], []
    for part, share in enumerate(sizes):
        for draw in range(1 if share == 1 else _DRAWS):
            for fold in range(ground.fold_count):
                parts.append(_drawn(ground, fold, share, seed=seed + draw))
                labels.append((part, draw, fold))
    kept = [place for place, part in enumerate(parts) if _is_enough(part, ground)]
    if not kept:
        return LearningCurve(cut=cut, points=(), forecast=None, forecast_interval=None, last_gain=None)
    stacked = torch.stack([parts[place] for place in kept])
    found = fit_readouts(
        rows, ground.targets, stacked, torch.full((len(kept),), penalty), ground.kind, outputs=ground.outputs,
        tolerance=ROUGHLY,
    )  # fmt: skip
    means: list[Gains] = []
    counts: list[int] = []
    for part in range(len(sizes)):
        draws = sorted({labels[place][1] for place in kept if labels[place][0] == part})
        own = [
            {labels[place][2]: problem for problem, place in enumerate(kept) if labels[place][:2] == (part, draw)}
            for draw in draws
        ]
        whole = [problems for problems in own if len(problems) == ground.fold_count]
        if not whole:
            continue
        scores = [held_out_scores(rows, ground, found, [p[f] for f in range(ground.fold_count)]) for p in whole]
        means.append(np.mean([gains(ground.kind, one, ground.targets) for one in scores], 0))
        counts.append(round(float(np.mean([int(stacked[p].sum()) for problems in whole for p in problems.values()]))))
    return _curve(cut, counts, means, ground.kind)


def _curve(cut: str, counts: list[int], means: list[Gains], kind: OutputKind) -> LearningCurve:
    points = tuple(
        CurvePoint(samples=count, estimate=estimate(kind, own)) for count, own in zip(counts, means, strict=True)
    )
    last = difference(means[-1], means[-2]) if len(means) > 1 else None
    forecast = interval = None
    if last is not None and len(means) > 2:
        missing, two_before = 1 - points[-1].estimate.mean, 1 - points[-3].estimate.mean
        shrinks = min(np.sqrt(missing / two_before), 1.0) if two_before > 0 else 1.0
        forecast = float(1 - missing * shrinks)
        half = t_quantile(last.count - 1) * _joined(points[-1].estimate.error, last.error)
        interval = (forecast - half, min(forecast + half, 1.0))
    return LearningCurve(cut=cut, points=points, forecast=forecast, forecast_interval=interval, last_gain=last)


def _joined(one: float, other: float) -> float:
    """Return the error of a sum of two independent numbers."""
    return float(np.hypot(one, other))


def probe_rows(rows: Tensor, cut: str, ground: Ground) -> Probed:
    """Return the cross-validated probe of features (n, f), at the penalty with the least held-out loss."""
    rest = ground.rest()
    parts = rest.repeat_interleave(len(PENALTIES), 0)
    penalties = torch.tensor(PENALTIES).repeat(len(rest))
    found = fit_readouts(rows, ground.targets, parts, penalties, ground.kind, outputs=ground.outputs, tolerance=ROUGHLY)
    best: tuple[float, float, Tensor] | None = None
    for place, penalty in enumerate(PENALTIES):
        problems = range(place, len(parts), len(PENALTIES))
        scores = held_out_scores(rows, ground, found, list(problems))
        loss = held_out_loss(ground.kind, scores, ground.targets)
        if best is None or loss < best[0]:
            best = loss, penalty, scores
    if best is None:
        raise DataError("a probe must have a penalty to try", got=Quoted("none"))
    loss, penalty, scores = best
    own = gains(ground.kind, scores, ground.targets)
    made = estimate(ground.kind, own)
    probe = Probe(cut=cut, estimate=made, penalty=penalty, loss=loss, difference=made)
    return Probed(probe=probe, gains=own, scores=scores)


def held_out_loss(kind: OutputKind, scores: Tensor, targets: Tensor) -> float:
    """Return the mean loss of held-out scores: cross-entropy, binary cross-entropy, or squared error."""
    functional = torch.nn.functional
    if kind == "classes":
        return float(functional.cross_entropy(scores, targets.long()))
    if kind == "labels":
        return float(functional.binary_cross_entropy_with_logits(scores, targets.double()))
    return float(functional.mse_loss(scores, targets.double()))


def _with_difference(probed: Probed, last: Gains) -> Probed:
    return replace(probed, probe=replace(probed.probe, difference=difference(probed.gains, last)))


def _drawn(ground: Ground, fold: int, share: int, *, seed: int) -> Tensor:
    """Return a part of what is learned from while a fold is held out: 1 / share of every class."""
    rest = [place for place in range(len(ground.folds)) if int(ground.folds[place]) != fold]
    chosen = torch.zeros(len(ground.folds), dtype=torch.bool)
    if share == 1:
        chosen[rest] = True
        return chosen
    classes = ground.targets.tolist() if ground.kind == "classes" else [0] * len(ground.folds)
    place_of = {ground.samples[place]: place for place in rest}
    order = [place_of[index] for index in shuffled(tuple(sorted(place_of)), seed=seed, epoch=fold)]
    for name in sorted({classes[place] for place in rest}):
        own = [place for place in order if classes[place] == name]
        chosen[own[: max(round(len(own) / share), 1)]] = True
    return chosen


def _is_enough(part: Tensor, ground: Ground) -> bool:
    """Return whether a part can teach anything: two samples, and of classes at least two."""
    if int(part.sum()) < 2:
        return False
    return ground.kind != "classes" or len(set(ground.targets[part].tolist())) > 1
