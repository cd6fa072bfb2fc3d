"""Right or wrong, and how surely: one row an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from striate.records import Predictions


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judgement:
    """Every answer judged.

    Attributes:
        right: (n,) bool. Labels: all of them right. Values: always true, as nothing is right or
            wrong there.
        truth: (n,) int64 true class; −1 for labels and values.
        answer: (n,) int64 class answered; −1 for labels and values.
        probability: (n,) float64: of the answer; for labels of the whole answer, the product over
            its labels. For values the absolute error, mean over the values.
    """

    right: npt.NDArray[np.bool_]
    truth: npt.NDArray[np.int64]
    answer: npt.NDArray[np.int64]
    probability: npt.NDArray[np.float64]


def judge(predictions: Predictions) -> Judgement:
    """Return every answer judged; of equal classes the first is the answer; labels hold from 0.5.

    Example:
        >>> import numpy as np
        >>> from striate.records import Output
        >>> scores = np.array([[0.9, 0.1], [0.8, 0.2]], np.float32)
        >>> output = Output(kind="classes", names=("cat", "dog"))
        >>> answers = Predictions(
        ...     output=output, samples=np.arange(2), truth=np.array([0, 1]), scores=scores
        ... )
        >>> judge(answers).right.tolist()
        [True, False]
    """
    scores = np.asarray(predictions.scores, np.float64)
    nothing = np.full(len(scores), -1, np.int64)
    if predictions.output.kind == "classes":
        answer = scores.argmax(1).astype(np.int64)
        truth = np.asarray(predictions.truth, np.int64)
        return Judgement(right=answer == truth, truth=truth, answer=answer, probability=scores.max(1))
    if predictions.output.kind == "labels":
        right = (labels_held(scores) == predictions.truth).all(1)
        sure = np.maximum(scores, 1 - scores).prod(1)
        return Judgement(right=right, truth=nothing, answer=nothing, probability=sure)
    error = np.abs(scores - predictions.truth).mean(1)
    return Judgement(right=np.ones(len(scores), np.bool_), truth=nothing, answer=nothing, probability=error)


def labels_held(scores: Any) -> npt.NDArray[np.bool_]:  # noqa: ANN401 - an array of a record
    """Return which labels an answer holds to be true: those with a probability of at least 0.5."""
    return np.asarray(scores) >= 0.5
