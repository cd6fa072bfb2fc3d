"""Few labels: what 1, 2, 5, 10 … samples a class bring."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from striate.data import shuffled
from striate.events import SILENT, Events, track
from striate.records.downstream import FewShotCurve, FewShotPoint, Source
from striate.train.paired import mean_interval
from striate.transfer.downstream.classifier import Classifier, Rows
from striate.transfer.downstream.curved_families import class_means, nearest
from striate.transfer.downstream.families import families_of
from striate.transfer.downstream.linear_families import logistic
from striate.transfer.downstream.nesting import Asked

SHOTS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
DRAWS = 5
# scikit-learn's own C = 1: with one label a class there is nothing to choose by.
_PENALTY = 1.0
_NEIGHBOURS = 5
Learner = Callable[[Rows, Rows, int], Classifier]


def _logistic(rows: Rows, targets: Rows, outputs: int) -> Classifier:
    return logistic(rows, targets, "classes", outputs, (_PENALTY,))[0]


def _neighbours(rows: Rows, targets: Rows, outputs: int) -> Classifier:
    fewest = int(np.bincount(targets.astype(np.int64)).min())
    return nearest(rows, targets, "classes", outputs, (min(fewest, _NEIGHBOURS),), metric="cosine")[0]


LEARNERS: Mapping[str, Learner] = {"logistic": _logistic, "k-NN": _neighbours, "nearest class mean": class_means}


def draw_few(asked: Asked, per_class: int, draw: int) -> tuple[npt.NDArray[np.int64], int] | None:
    """Return the rows to learn from, and the fold that judges them; None if a class has too few outside that fold.

    A larger number takes the same samples and more. Groups are not divided, because folds do not divide them.

    Args:
        asked: Classes and folds.
        per_class: Samples of each class.
        draw: From 0; each is judged by the next fold.

    Example:
        >>> asked = Asked(kind="classes", outputs=2, targets=np.array([0.0, 1, 0, 1]), folds=np.array([0, 0, 1, 1]))
        >>> rows, fold = draw_few(asked, 1, 0)
        >>> sorted(rows.tolist()), fold
        ([2, 3], 0)
    """
    fold = draw % asked.fold_count
    rest = tuple(np.flatnonzero(asked.folds != fold).tolist())
    order = np.asarray(shuffled(rest, seed=0, epoch=draw), np.int64)
    chosen = []
    for number in range(asked.outputs):
        own = order[asked.targets[order] == number][:per_class]
        if len(own) < per_class:
            return None
        chosen.append(own)
    return np.concatenate(chosen), fold


def few_shot_curves(
    features: Mapping[str, npt.NDArray[np.float32]],
    sources: Mapping[str, Source],
    asked: Asked,
    *,
    learners: Sequence[str] = tuple(LEARNERS),
    draws: int = DRAWS,
    most_s: float = math.inf,
    events: Events = SILENT,
) -> tuple[FewShotCurve, ...]:
    """Return accuracy against labels a class, for every set of features and learner; all learn from the same draws.

    * logistic: with penalty 1 (scikit-learn's C = 1) on features centred and scaled by one number;
    * k-NN: the smaller of 5 and the labels a class, cosine;
    * nearest class mean: Euclidean.

    As many labels a class as the smallest class has outside every judging fold, and as `most_s` seconds allow a curve's logistic
    regressions, by their formula.

    When it misleads:
        Draws share samples where there are few, and each is judged by one fold: the interval over five draws is rough.

    Source:
        Nearest class mean: Mensink et al., "Distance-Based Image Classification", TPAMI 2013. Differs: no metric is learned.
    """
    usable = _usable(asked, draws)
    pairs = [(name, learner) for name in features for learner in learners]
    curves = []
    for name, learner in track(pairs, "few labels", total=len(pairs), unit="curve", events=events):
        measure = partial(_accuracy, np.asarray(features[name], np.float64), asked, LEARNERS[learner])
        cheap = [
            shots
            for shots in usable
            if learner != "logistic" or _logistic_s(asked, features[name].shape[1], shots, draws) <= most_s
        ]
        points = tuple(_point(shots, [measure(*one) for one in usable[shots]]) for shots in cheap)
        curves.append(FewShotCurve(features=name, source=sources[name], family=learner, points=points))
    return tuple(curve for curve in curves if curve.points)


def few_seconds(widths: Sequence[int], asked: Asked, *, draws: int, most_s: float) -> float:
    """Return about how long the curves take on one core: their logistic regressions, beside which the others are nothing."""
    usable = _usable(asked, draws)
    costs = [_logistic_s(asked, width, shots, draws) for width in widths for shots in usable]
    return sum(cost for cost in costs if cost <= most_s)


def _usable(asked: Asked, draws: int) -> dict[int, list[tuple[npt.NDArray[np.int64], int]]]:
    """Return the draws of each number of labels a class that every draw can have."""
    drawn = {shots: [draw_few(asked, shots, draw) for draw in range(draws)] for shots in SHOTS}
    usable = {shots: [one for one in found if one is not None] for shots, found in drawn.items()}
    return {shots: found for shots, found in usable.items() if len(found) == draws}


def _logistic_s(asked: Asked, width: int, per_class: int, draws: int) -> float:
    """Return the seconds of logistic regressions on so many labels a class, one a draw."""
    [family] = families_of("classes", ["logistic"])
    return draws * family.cost.seconds(per_class * asked.outputs, width, asked.outputs, "classes")


def _accuracy(rows: Rows, asked: Asked, learner: Learner, chosen: npt.NDArray[np.int64], fold: int) -> float:
    fitted = learner(rows[chosen], asked.targets[chosen], asked.outputs)
    judged = asked.folds == fold
    return float((fitted.scores(rows[judged]).argmax(1) == asked.targets[judged]).mean())


def _point(shots: int, accuracies: Sequence[float]) -> FewShotPoint:
    mean, interval = mean_interval(accuracies)
    return FewShotPoint(per_class=shots, mean=mean, interval=interval, draws=len(accuracies))
