"""Loss and score of a network on some samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from striate.data import Dataset, batches
from striate.records.output import Preprocessing
from striate.train.device import Device
from striate.train.losses import Loss, scores_of
from striate.train.score import score_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """How a network does on some samples.

    Attributes:
        loss: Mean over the samples, of the loss it is trained with.
        score: Accuracy or R²; see `score_of`.
    """

    loss: float
    score: float


def evaluate(  # noqa: PLR0913 - what is measured, on what, where and how
    module: nn.Module,
    dataset: Dataset,
    indices: tuple[int, ...],
    preprocessing: Preprocessing,
    *,
    loss: Loss,
    device: Device,
    batch_size: int,
    check: Callable[[], None],
) -> Evaluation:
    """Return how the network does in eval mode; it is left in the mode it came in.

    Args:
        module: On the device.
        dataset: Where the samples are.
        indices: At least one.
        preprocessing: How they become inputs.
        loss: On the device.
        device: Where to work.
        batch_size: Images at once; those of a training step fit for certain.
        check: Called before each batch; raises to stop.
    """
    was_training = module.training
    module.eval()
    scores, targets = [], []
    try:
        with torch.no_grad():
            for batch in batches(dataset, indices, preprocessing, batch_size=batch_size):
                check()
                with device.autocast():
                    answers = scores_of(module, batch.images.to(device.place), dataset.output.count)
                scores.append(answers)
                targets.append(batch.targets.to(device.place))
            answers, truth = torch.cat(scores), torch.cat(targets)
            on_scale = loss.standardised(truth) if dataset.output.kind == "values" else truth
            return Evaluation(
                loss=loss(answers, truth).item(),
                score=score_of(dataset.output.kind, answers, on_scale),
            )
    finally:
        module.train(was_training)
