"""A fitted classifier (of values: a regressor): its scores, and its layers where it is some."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from striate.errors import InputError, Quoted

Rows = npt.NDArray[np.float64]
Layer = tuple[Rows, Rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifier:
    """What answers for features.

    Attributes:
        scores: From features (n, f), as they are, to scores (n, outputs): the largest is the class, above 0 is the label.
        layers: Weights (out, in) and biases (out,) of fully connected layers with ReLU between them that have the same
            scores; None where the family is no network.
        is_solved: Whether the solver came to its end.
    """

    scores: Callable[[Rows], Rows]
    layers: tuple[Layer, ...] | None = None
    is_solved: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """Centre and scale, of training samples alone; one scale for all features.

    One for all, as everywhere in this package: brought to one spread each, features that hardly ever change would count as
    much as the telling ones, and a layer that holds the solution would have huge weights.

    Attributes:
        centre: (f,).
        scale: Root mean square over samples and features, 1 if nothing varies.
    """

    centre: Rows
    scale: float

    @classmethod
    def of(cls, rows: Rows) -> Scaling:
        """Return what brings rows (n, f) to mean 0 and root mean square 1.

        Raises:
            InputError: No rows, or a feature that is not finite.
        """
        if not len(rows):
            raise InputError("a classifier must have samples to learn from", got=0)
        if not np.isfinite(rows).all():
            raise InputError(
                "features must be finite numbers",
                got=Quoted("NaN or infinity"),
                hint="Extract them anew: striate extract.",
            )
        centre = rows.mean(0)
        scale = float(np.sqrt(np.square(rows - centre).mean()))
        return cls(centre=centre, scale=scale or 1.0)

    def __call__(self, rows: Rows) -> Rows:
        """Return rows so scaled."""
        return np.asarray((rows - self.centre) / self.scale)

    def undone(self, layer: Layer) -> Layer:
        """Return a layer that reads features as they are and answers as the given one does on scaled ones."""
        weights, biases = layer
        weights = weights / self.scale
        return weights, biases - weights @ self.centre


def of_layers(layers: tuple[Layer, ...], *, is_solved: bool = True) -> Classifier:
    """Return the classifier that fully connected layers are, with ReLU between them.

    Example:
        >>> one = of_layers(((np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([0.0, -1.0])),))
        >>> one.scores(np.array([[3.0, 4.0]])).tolist()
        [[3.0, 7.0]]
    """

    def scores(rows: Rows) -> Rows:
        value = np.asarray(rows, np.float64)
        for place, (weights, biases) in enumerate(layers):
            value = (np.maximum(value, 0) if place else value) @ weights.T + biases
        return value

    return Classifier(scores=scores, layers=layers, is_solved=is_solved)
