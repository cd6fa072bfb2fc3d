"""Scores sample by sample, their means with intervals, and differences on the same samples."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from striate.observe import wilson
from striate.records.adapting import Estimate
from striate.records.output import OutputKind
from striate.train.paired import t_quantile

Gains = npt.NDArray[np.float64]


def gains(kind: OutputKind, scores: Any, targets: Any, *, among: Any = None) -> Gains:  # noqa: ANN401 - arrays or tensors
    """Return what each sample adds to the score, so that their mean is the score.

    Classes: 1 for the right answer, else 0. Labels: the share of labels answered right. Values: 1 − squared error over the
    mean squared deviation, averaged over values, so that the mean is R².

    Args:
        kind: What is answered.
        scores: (n, outputs), not probabilities; values on the scale of the targets.
        targets: Classes (n,), labels (n, outputs) or values (n, outputs).
        among: Values (m, outputs) whose mean squared deviation errors are held against; the targets themselves if None. A fold's
            gains are those of a whole only if both are held against the same.

    Example:
        >>> gains("classes", [[2.0, 1.0], [2.0, 1.0]], [0, 1]).tolist()
        [1.0, 0.0]
        >>> float(gains("values", [[1.0], [2.0], [4.0]], [[1.0], [2.0], [3.0]]).mean())
        0.5
    """
    answers, truth = np.asarray(scores, np.float64), np.asarray(targets)
    if kind == "classes":
        return np.asarray(answers.argmax(1) == truth, np.float64)
    if kind == "labels":
        return np.asarray(((answers > 0) == (truth > 0.5)).mean(1), np.float64)
    truth = truth.astype(np.float64)
    whole = truth if among is None else np.asarray(among, np.float64)
    spread = np.square(whole - whole.mean(0)).mean(0)
    error = np.square(answers - truth)
    ratio = np.where(spread > 0, error / np.where(spread > 0, spread, 1.0), error > 0)
    return np.asarray(1 - ratio.mean(1))


def estimate(kind: OutputKind, own: Gains) -> Estimate:
    """Return the mean with its 95 % interval: Wilson's for shares of right answers, Student's otherwise.

    When it misleads:
        Cross-validated answers come from trainings that share samples: another draw of the data would move the mean a little
        more than the interval says.
    """
    count, mean = len(own), float(own.mean())
    error = float(own.std(ddof=1) / math.sqrt(count)) if count > 1 else math.inf
    if kind == "classes":
        interval = wilson(mean, count)
    else:
        half = t_quantile(count - 1) * error if count > 1 else math.inf
        interval = mean - half, mean + half
    return Estimate(mean=mean, interval=interval, error=error, count=count)


def difference(one: Gains, other: Gains) -> Estimate:
    """Return the mean of one − other on the same samples, with Student's 95 % interval."""
    return estimate("values", one - other)


def chance(kind: OutputKind, targets: Any) -> float:  # noqa: ANN401 - an array or a tensor
    """Return the score of the best constant answer: the commonest class, the commoner side of each label, the mean."""
    truth = np.asarray(targets)
    if kind == "classes":
        return float(np.bincount(truth.astype(np.int64)).max() / len(truth))
    if kind == "labels":
        share = (truth > 0.5).mean(0)
        return float(np.maximum(share, 1 - share).mean())
    return 0.0
