"""Families whose answers are no linear function of the features: neighbours, RBF SVM, a small MLP."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from striate.records.output import OutputKind
from striate.transfer.downstream.classifier import Classifier, Rows, Scaling, of_layers
from striate.transfer.downstream.linear_families import fitted_quietly, signs

HIDDEN = 64
MOST_EPOCHS = 100


def nearest(
    rows: Rows, targets: Rows, kind: OutputKind, outputs: int, settings: Sequence[float], *, metric: str
) -> list[Classifier]:
    """Return the vote (of values: the mean) of the k nearest training samples, exactly, one for each k.

    Features are centred on the training samples' mean, so that the cosine is that of the angle about it.
    """
    from sklearn.neighbors import NearestNeighbors

    scaling = Scaling.of(rows)
    x, asked = scaling(rows), signs(targets, kind, outputs)
    most = min(int(max(settings)), len(x))
    model = NearestNeighbors(n_neighbors=most, algorithm="brute", metric=metric).fit(x)
    ranked = _Once(lambda other: np.asarray(model.kneighbors(scaling(other), return_distance=False)))
    # The mean of the signs is twice the share of votes less one: the same winner, and above 0 is the majority.
    return [Classifier(scores=partial(_mean_of, ranked, asked, int(count))) for count in settings]


class _Once:
    """A function of rows that is not worked out again while the same rows are asked about, one k after the other."""

    def __init__(self, ranked: Callable[[Rows], npt.NDArray[np.int64]]) -> None:
        self._ranked = ranked
        self._last: tuple[Rows, npt.NDArray[np.int64]] | None = None

    def __call__(self, rows: Rows) -> npt.NDArray[np.int64]:
        if self._last is None or not np.array_equal(self._last[0], rows):
            self._last = rows.copy(), self._ranked(rows)
        return self._last[1]


def _mean_of(ranked: _Once, asked: Rows, count: int, rows: Rows) -> Rows:
    """Return the mean over the `count` nearest, (n, outputs)."""
    return np.asarray(asked[ranked(rows)[:, :count]].mean(1))


def class_means(rows: Rows, targets: Rows, outputs: int) -> Classifier:
    """Return the nearest class mean: minus half the squared distance to each, which is linear but for a common term."""
    scaling = Scaling.of(rows)
    x = scaling(rows)
    present = [number for number in range(outputs) if (targets == number).any()]
    means = np.zeros((outputs, x.shape[1]))
    means[present] = [x[targets == number].mean(0) for number in present]
    biases = -np.square(means).sum(1) / 2
    biases[[number for number in range(outputs) if number not in present]] = -np.inf
    return of_layers((scaling.undone((means, biases)),))


def rbf_svm(rows: Rows, targets: Rows, kind: OutputKind, outputs: int, settings: Sequence[float]) -> list[Classifier]:
    """Return support vector machines with a Gaussian kernel, one for each penalty 1/C.

    The kernel is exp(−|x − y|² / f) on scaled features. Classes are told apart pair by pair and counted, ties by the
    decision functions, as scikit-learn's `SVC(break_ties=True)` does.
    """
    scaling = Scaling.of(rows)
    x = scaling(rows)
    machines = [_machines(x, np.asarray(targets), kind, outputs, 1 / penalty) for penalty in settings]
    return [Classifier(scores=_columns(machine, scaling, outputs)) for machine in machines]


def _machines(x: Rows, targets: Rows, kind: OutputKind, outputs: int, weight: float) -> Callable[[Rows], Rows]:
    from sklearn.svm import SVC, SVR

    if kind == "values":
        models = [SVR(C=weight).fit(x, column).predict for column in targets.reshape(len(x), outputs).T]
        return lambda rows: np.stack([model(rows) for model in models], 1)
    if kind == "labels":
        told = [_one_label(SVC(C=weight), x, column) for column in signs(targets, kind, outputs).T]
        return lambda rows: np.stack([one(rows) for one in told], 1)
    present = np.unique(targets)
    if len(present) < 2:
        return partial(_spread, lambda rows: np.ones((len(rows), 1)), present, outputs)
    return partial(_spread, SVC(C=weight, break_ties=True).fit(x, targets).decision_function, present, outputs)


def _one_label(model: Any, x: Rows, asked: Rows) -> Callable[[Rows], Rows]:  # noqa: ANN401 - an estimator of scikit-learn
    if len(set(asked.tolist())) < 2:
        return lambda rows: np.full(len(rows), asked[0])
    decided: Callable[[Rows], Rows] = model.fit(x, asked).decision_function
    return decided


def _spread(decided: Callable[[Rows], Rows], present: Rows, outputs: int, rows: Rows) -> Rows:
    """Return a column for every class; one column for two classes is their difference."""
    scores = decided(rows)
    scores = np.stack([-scores, scores], 1) if scores.ndim == 1 else scores
    whole = np.full((len(rows), outputs), -np.inf)
    whole[:, present.astype(np.int64)] = scores
    return whole


def _columns(predict: Callable[[Rows], Any], scaling: Scaling, outputs: int) -> Callable[[Rows], Rows]:
    return lambda rows: np.asarray(predict(scaling(rows)), np.float64).reshape(len(rows), outputs)


def mlp(rows: Rows, targets: Rows, kind: OutputKind, outputs: int, settings: Sequence[float]) -> list[Classifier]:
    """Return networks with one hidden layer of 64 and ReLU, trained by Adam, one for each penalty on the weights."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    scaling = Scaling.of(rows)
    x = scaling(rows).astype(np.float32)
    asked = (
        np.asarray(targets, np.float32).reshape(len(x), -1)
        if kind == "values"
        else np.asarray(targets).astype(np.int64)
    )
    asked = asked[:, 0] if asked.ndim > 1 and asked.shape[1] == 1 else asked
    found = []
    for penalty in settings:
        model: Any = (MLPRegressor if kind == "values" else MLPClassifier)(
            hidden_layer_sizes=(HIDDEN,), alpha=penalty, max_iter=MOST_EPOCHS, random_state=0
        )
        is_solved = fitted_quietly(model, x, asked)
        hidden, last = (
            (w.T.astype(np.float64), b.astype(np.float64)) for w, b in zip(model.coefs_, model.intercepts_, strict=True)
        )
        first = scaling.undone(hidden)
        if kind == "classes":
            last = _every_class(last, model.classes_, outputs)
        found.append(of_layers((first, last), is_solved=is_solved))
    return found


def _every_class(layer: tuple[Rows, Rows], present: Any, outputs: int) -> tuple[Rows, Rows]:  # noqa: ANN401 - an array
    """Return an output layer with a row for every class: of two classes scikit-learn keeps one row, their difference."""
    weights, biases = layer
    if len(weights) == 1 and len(present) == 2:
        weights, biases = np.concatenate([np.zeros_like(weights), weights]), np.concatenate([[0.0], biases])
    whole, shift = np.zeros((outputs, weights.shape[1])), np.full(outputs, -np.inf)
    whole[present], shift[present] = weights, biases
    return whole, shift
