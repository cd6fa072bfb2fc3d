"""Families that are one fully connected layer: least squares, ridge, logistic, linear SVM."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from striate.features.linear import TOLERANCE, fit_readouts
from striate.features.linear import Fitted as Kind
from striate.records.output import OutputKind
from striate.transfer.downstream.classifier import Classifier, Rows, Scaling, of_layers
from striate.transfer.probing import ROUGHLY

MOST_STEPS = 2000
# Beside a score that is known, what stands for a class nobody has seen.
_NEVER = 1e3


def signs(targets: Rows, kind: OutputKind, outputs: int) -> Rows:
    """Return targets as numbers (n, outputs): 1 for the class or label, −1 for others; values as they are.

    Example:
        >>> signs(np.array([1.0, 0.0]), "classes", 2).tolist()
        [[-1.0, 1.0], [1.0, -1.0]]
    """
    if kind == "classes":
        return np.asarray(2 * np.eye(outputs)[targets.astype(np.int64)] - 1)
    asked = np.asarray(targets, np.float64).reshape(len(targets), outputs)
    return np.asarray(2.0 * (asked > 0.5) - 1) if kind == "labels" else asked


def least_squares(
    rows: Rows, targets: Rows, kind: OutputKind, outputs: int, settings: Sequence[float]
) -> list[Classifier]:
    """Return the ordinary linear regression of the signs (or values), of least norm where samples are fewer than features.

    By the eigenvalues of the smaller of the two products of the rows; below 1e-12 of the largest they count as none.
    """
    scaling = Scaling.of(rows)
    x, asked = scaling(rows), signs(targets, kind, outputs)
    mean = asked.mean(0)
    is_wide = x.shape[0] < x.shape[1]
    sizes, vectors = np.linalg.eigh(x @ x.T if is_wide else x.T @ x)
    kept = sizes > 1e-12 * max(float(sizes[-1]), 1e-30)
    inverse = (vectors[:, kept] / sizes[kept]) @ vectors[:, kept].T
    weights = x.T @ (inverse @ (asked - mean)) if is_wide else inverse @ (x.T @ (asked - mean))
    return [of_layers((scaling.undone((weights.T, mean)),)) for _ in settings]


def ridge(rows: Rows, targets: Rows, kind: OutputKind, outputs: int, settings: Sequence[float]) -> list[Classifier]:
    """Return least squares with a penalty λ/2 · |w|² beside half the squared error, one for each λ."""
    return _readouts(rows, signs(targets, kind, outputs), "values", outputs, settings)


def logistic(rows: Rows, targets: Rows, kind: OutputKind, outputs: int, settings: Sequence[float]) -> list[Classifier]:
    """Return softmax regression, of labels one logistic each, with a penalty λ/2 · |w|², one for each λ.

    Several λ are there to be chosen from: they are solved roughly, so far that no answer changes but by chance.
    """
    return _readouts(rows, targets, "labels" if kind == "labels" else "classes", outputs, settings)


def _readouts(rows: Rows, targets: Rows, kind: Kind, outputs: int, settings: Sequence[float]) -> list[Classifier]:
    parts = torch.ones(len(settings), len(rows), dtype=torch.bool)
    Scaling.of(rows)  # refuses what is not finite, with our words
    found = fit_readouts(
        torch.from_numpy(rows), torch.from_numpy(np.asarray(targets)), parts, torch.tensor(list(settings)).double(), kind,
        outputs=outputs, tolerance=ROUGHLY if len(settings) > 1 else TOLERANCE,
    )  # fmt: skip
    pairs = zip(found.weights.numpy(), found.biases.numpy(), strict=True)
    return [of_layers((pair,), is_solved=found.is_solved) for pair in pairs]


def linear_svm(
    rows: Rows, targets: Rows, kind: OutputKind, outputs: int, settings: Sequence[float]
) -> list[Classifier]:
    """Return linear support vector machines, one against the rest (of values: regressions), one for each penalty 1/C."""
    scaling = Scaling.of(rows)
    x, asked = scaling(rows), signs(targets, kind, outputs)
    found = []
    for penalty in settings:
        layers, solved = zip(*(_machine(x, asked[:, output], kind, penalty) for output in range(outputs)), strict=True)
        weights, biases = (np.stack(part) for part in zip(*layers, strict=True))
        found.append(of_layers((scaling.undone((weights, biases)),), is_solved=all(solved)))
    return found


def _machine(x: Rows, asked: Rows, kind: OutputKind, penalty: float) -> tuple[tuple[Rows, Rows], bool]:
    from sklearn.svm import LinearSVC, LinearSVR

    if kind != "values" and len(set(asked.tolist())) < 2:
        # Nothing to tell apart: the answer all have.
        size = 1.0 if kind == "labels" else _NEVER
        return (np.zeros(x.shape[1]), np.asarray(size * asked[0])), True
    model: Any
    settings: dict[str, Any] = {"C": 1 / penalty, "dual": "auto", "random_state": 0, "max_iter": MOST_STEPS}
    model = LinearSVR(loss="squared_epsilon_insensitive", **settings) if kind == "values" else LinearSVC(**settings)
    is_solved = fitted_quietly(model, x, asked)
    return (np.ravel(model.coef_), np.asarray(np.ravel(model.intercept_)[0])), is_solved


def fitted_quietly(model: Any, x: Any, asked: Any) -> bool:  # noqa: ANN401 - an estimator of scikit-learn, arrays
    """Fit, and return whether the solver came to its end, instead of a warning if it did not."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x, asked)
    return int(np.max(model.n_iter_)) < int(model.max_iter)
