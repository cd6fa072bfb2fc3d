"""The loss that belongs to each kind of output."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from striate.errors import Quoted, ShapeError
from striate.graph import times
from striate.records.output import Output, Preprocessing


class Loss(nn.Module):
    """The mean loss of a batch.

    * classes: cross-entropy; with smoothing s the target is 1 − s + s/n for the class and s/n for
      each of the others.
    * labels: binary cross-entropy with logits, mean over labels; with smoothing s the targets are
      s/2 and 1 − s/2.
    * values: mean squared error on (value − mean) / std, mean over values.

    Args:
        output: Kind and count of what the network answers with.
        preprocessing: Holds mean and std of the values.
        label_smoothing: For classes and labels.
        class_weights: One weight a class; the mean over a batch is then the weighted one, as torch takes it.

    Example:
        >>> from striate.records.output import Output, Preprocessing
        >>> how = Preprocessing(shape=(1, 8, 8), mean=(0.0,), std=(1.0,))
        >>> loss = Loss(Output(kind="classes", names=("cat", "dog")), how)
        >>> round(loss(torch.zeros(1, 2), torch.tensor([0])).item(), 4)   # ln 2
        0.6931
    """

    mean: Tensor
    std: Tensor
    class_weights: Tensor | None

    def __init__(
        self,
        output: Output,
        preprocessing: Preprocessing,
        *,
        label_smoothing: float = 0.0,
        class_weights: tuple[float, ...] | None = None,
    ) -> None:
        super().__init__()
        self.output = output
        self.label_smoothing = label_smoothing
        count = output.count
        self.register_buffer("mean", torch.tensor(preprocessing.value_mean or (0.0,) * count))
        self.register_buffer("std", torch.tensor(preprocessing.value_std or (1.0,) * count))
        self.register_buffer("class_weights", None if class_weights is None else torch.tensor(class_weights))

    def forward(self, scores: Tensor, targets: Tensor) -> Tensor:
        """Return the mean over the batch."""
        if self.output.kind == "classes":
            return functional.cross_entropy(
                scores, targets, weight=self.class_weights, label_smoothing=self.label_smoothing
            )
        if self.output.kind == "labels":
            softened = targets * (1 - self.label_smoothing) + self.label_smoothing / 2
            return functional.binary_cross_entropy_with_logits(scores, softened)
        return functional.mse_loss(scores, self.standardised(targets))

    def weight(self, targets: Tensor) -> Tensor:
        """Return what the mean over a batch is divided by: its samples, or the sum of their class weights."""
        if self.class_weights is None:
            return torch.tensor(float(len(targets)), device=targets.device)
        return self.class_weights[targets].sum()

    def standardised(self, values: Tensor) -> Tensor:
        """Return values as the network is to answer with them."""
        return (values - self.mean) / self.std

    @property
    def of_ignorance(self) -> float:
        """The loss of one answer for all: ln n for n classes, ln 2 for labels, 1 for values."""
        if self.output.kind == "classes":
            return math.log(max(self.output.count, 2))
        return math.log(2) if self.output.kind == "labels" else 1.0


def scores_of(module: nn.Module, images: Tensor, count: int) -> Tensor:
    """Return a network's scores as float32 (n, count).

    Raises:
        ShapeError: It answers with something else.
    """
    scores = module(images)
    expected = (len(images), count)
    if not isinstance(scores, Tensor) or tuple(scores.shape) != expected:
        raise ShapeError(
            f"a network must answer with {times(expected)} numbers, one per image and output",
            got=Quoted(times(tuple(scores.shape)) if isinstance(scores, Tensor) else type(scores).__name__),
            hint="Replace its last layer, or switch its extra outputs off.",
        )
    return scores.float()
