"""How good answers are, as one number that people know."""

from __future__ import annotations

import torch
from torch import Tensor

from striate.records.output import OutputKind

SCORE_NAMES: dict[OutputKind, str] = {"classes": "accuracy", "labels": "accuracy", "values": "R²"}


def score_of(kind: OutputKind, scores: Tensor, targets: Tensor) -> float:
    """Return accuracy (classes), mean accuracy over all labels (labels), or R² (values).

    R² is 1 − squared error / squared deviation from the mean, averaged over the values with equal
    weight. A value that does not vary counts 1 if every answer is exact and 0 otherwise.

    Args:
        kind: What the network answers with.
        scores: Of shape (n, count), not yet probabilities; a label is said to hold above 0.
        targets: Classes (n,), labels (n, count), or values (n, count) on the scale of the scores.

    Returns:
        Accuracy 0 … 1; R² at most 1, 0 for answering the mean, below 0 for worse.

    When it misleads:
        With rare labels, "none holds" is accurate; with few classes, so is the commonest. R² falls
        with the spread of the targets, whatever the errors.

    Example:
        >>> truth = torch.tensor([[1.0], [2.0], [3.0]])
        >>> score_of("values", torch.tensor([[1.0], [2.0], [4.0]]), truth)
        0.5
    """
    if kind == "classes":
        return (scores.argmax(1) == targets).double().mean().item()
    if kind == "labels":
        return ((scores > 0) == (targets > 0.5)).double().mean().item()
    answers, truth = scores.double(), targets.double()
    return r_squared((truth - answers).square().sum(0), truth)


def r_squared(errors: Tensor, truth: Tensor) -> float:
    """Return R² from the squared errors (count,), each summed over the samples, and the targets (n, count), both float64."""
    spread = (truth - truth.mean(0)).square().sum(0)
    varies = spread > 0
    ratio = torch.where(varies, errors / torch.where(varies, spread, 1.0), (errors > 0).double())
    return (1 - ratio).mean().item()
