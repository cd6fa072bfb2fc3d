"""Nested cross-validation: what is chosen is chosen within the training folds, never on what is judged."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from striate.records.output import OutputKind
from striate.transfer.downstream.classifier import Classifier, Rows, of_layers
from striate.transfer.downstream.families import Family
from striate.transfer.estimating import Gains, gains


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What every family is asked, on all features alike.

    Attributes:
        kind: What is answered.
        outputs: How many.
        targets: (n,) or (n, outputs), in the order of the features' rows.
        folds: Which fold each sample is held out in, (n,), from 0.
    """

    kind: OutputKind
    outputs: int
    targets: npt.NDArray[np.float64]
    folds: npt.NDArray[np.int64]

    @property
    def fold_count(self) -> int:
        """Number of folds."""
        return int(self.folds.max()) + 1

    def gains(self, scores: Rows, judged: npt.NDArray[np.bool_], among: npt.NDArray[np.bool_]) -> Gains:
        """Return what each judged sample adds to the score; R² is held against the spread of `among`."""
        whole = self.targets[among].reshape(int(among.sum()), -1)
        truth = self.targets[judged]
        truth = truth.reshape(len(truth), -1) if self.kind != "classes" else truth
        return gains(self.kind, scores, truth, among=whole if self.kind == "values" else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nested:
    """What a family answered, each sample while it was held out.

    Attributes:
        scores: (n, outputs).
        gains: (n,), their mean is the score.
        settings: What each fold chose.
        fit_s: Seconds a fit took that was judged, on average.
        is_solved: Whether each of those came to its end.
    """

    scores: Rows
    gains: Gains
    settings: tuple[float, ...]
    fit_s: float
    is_solved: bool


def nested(rows: Rows, asked: Asked, family: Family) -> Nested:
    """Return the held-out answers of a family on features (n, f).

    While a fold is held out, the setting is taken that is best in a cross-validation over the other folds; of level ones the
    strictest. The classifier learned without folds a and b serves that choice for both. With two folds there is nothing to
    choose by, and the setting in the middle is taken.

    When it misleads:
        The choice is made on few samples where the data are small: the score stays honest, but a neighbouring setting may be
        as good.
    """
    everything = np.ones(len(asked.folds), np.bool_)
    settings = _chosen(rows, asked, family)
    scores = np.zeros((len(rows), asked.outputs))
    seconds, solved = 0.0, True
    for fold, setting in enumerate(settings):
        held = asked.folds == fold
        began = time.perf_counter()
        fitted = fit(rows, asked, family, ~held, (setting,))[0]
        seconds += time.perf_counter() - began
        solved &= fitted.is_solved
        scores[held] = fitted.scores(rows[held])
    return Nested(
        scores=scores,
        gains=asked.gains(scores, everything, everything),
        settings=settings,
        fit_s=seconds / asked.fold_count,
        is_solved=solved,
    )


def fit(
    rows: Rows, asked: Asked, family: Family, part: npt.NDArray[np.bool_], settings: tuple[float, ...]
) -> list[Classifier]:
    """Return the classifiers that a part of the samples asks for, one for each setting."""
    targets = asked.targets[part]
    if asked.kind != "values":
        return family.fit(rows[part], targets, asked.kind, asked.outputs, settings)
    mean, spread = targets.mean(0), targets.std(0)
    spread = np.where(spread > 0, spread, 1.0)
    found = family.fit(rows[part], (targets - mean) / spread, asked.kind, asked.outputs, settings)
    return [on_values(one, np.atleast_1d(mean), np.atleast_1d(spread)) for one in found]


def on_values(fitted: Classifier, mean: Rows, spread: Rows) -> Classifier:
    """Return a regressor of standardised values as one of the values themselves."""
    if fitted.layers is None:
        return Classifier(scores=lambda rows: fitted.scores(rows) * spread + mean, is_solved=fitted.is_solved)
    *first, (weights, biases) = fitted.layers
    last = weights * spread[:, None], biases * spread + mean
    return of_layers((*first, last), is_solved=fitted.is_solved)


def _chosen(rows: Rows, asked: Asked, family: Family) -> tuple[float, ...]:
    count = asked.fold_count
    if len(family.settings) == 1 or count < 3:
        return (family.settings[len(family.settings) // 2],) * count
    # Sums of gains by the fold that is held out and the setting.
    sums = np.zeros((count, len(family.settings)))
    for pair in combinations(range(count), 2):
        fitted = fit(rows, asked, family, ~np.isin(asked.folds, pair), family.settings)
        for outer, inner in (pair, pair[::-1]):
            judged = asked.folds == inner
            for place, one in enumerate(fitted):
                sums[outer, place] += asked.gains(one.scores(rows[judged]), judged, asked.folds != outer).sum()
    return tuple(family.settings[int(best)] for best in np.round(sums, 9).argmax(1))


def settled(rows: Rows, asked: Asked, family: Family) -> float:
    """Return the setting for a classifier that learns from everything: the best of a cross-validation over all folds."""
    if len(family.settings) == 1:
        return family.settings[0]
    sums, everything = np.zeros(len(family.settings)), np.ones(len(asked.folds), np.bool_)
    for fold in range(asked.fold_count):
        judged = asked.folds == fold
        for place, one in enumerate(fit(rows, asked, family, ~judged, family.settings)):
            sums[place] += asked.gains(one.scores(rows[judged]), judged, everything).sum()
    return family.settings[int(np.round(sums, 9).argmax())]
