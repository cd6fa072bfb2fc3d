"""Loss and score of a network on some samples, each counted once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from striate.data import Batch, Dataset, batches
from striate.data.dataset import as_targets
from striate.data.halving import Halving
from striate.errors import RunError
from striate.records.output import Preprocessing
from striate.train.device import Device
from striate.train.losses import Loss, scores_of
from striate.train.score import r_squared


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """How a network does on some samples.

    Attributes:
        loss: Mean over the samples, of the loss it is trained with.
        score: Accuracy or R²; see `score_of`.
        samples: How many samples were counted, over all processes.
    """

    loss: float
    score: float
    samples: int


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

    Several processes take every so-manieth sample each, and sum what they counted; none is padded with samples of another, so
    that 21 samples count as 21. When memory runs out, fewer images are worked on at once.

    Args:
        module: On the device.
        dataset: Where the samples are.
        indices: At least one.
        preprocessing: How they become inputs.
        loss: On the device.
        device: Where to work.
        batch_size: Images at once.
        check: Called before each batch; raises to stop.

    Raises:
        RunError: One image at once does not fit; another process is gone, or counted other samples.
    """
    ranks = device.ranks
    modes = [(child, child.training) for child in module.modules()]
    module.eval()
    try:
        own = _summed(
            module,
            batches(dataset, indices[ranks.rank :: ranks.world_size], preprocessing, batch_size=batch_size),
            loss=loss,
            device=device,
            halving=Halving("evaluating", at_once=batch_size),
            check=check,
        )
    finally:
        for child, was_training in modes:
            child.training = was_training
    return _evaluation(ranks.sum(own), dataset, indices, loss)


def _summed(
    module: nn.Module,
    ordered: Iterator[Batch],
    *,
    loss: Loss,
    device: Device,
    halving: Halving,
    check: Callable[[], None],
) -> Tensor:
    """Return samples, their weight, the weighted sum of losses, and what the score is made of, float64 (3 + scores,)."""
    count = loss.output.count
    sums = torch.zeros(3 + (count if loss.output.kind == "values" else 1), dtype=torch.float64, device=device.place)

    def look(batch: Batch, part: slice) -> Tensor:
        with device.autocast():
            return scores_of(module, device.take(batch.images[part]), count)

    with torch.no_grad():
        for batch in ordered:
            check()
            start = 0
            for answers in halving.run(partial(look, batch), len(batch)):
                truth = batch.targets[start : start + len(answers)].to(device.place)
                start += len(answers)
                weight = loss.weight(truth).double()
                sums[0] += len(answers)
                sums[1] += weight
                # A weighted mean over classes that all weigh nothing is no number, and is no part of the whole one.
                sums[2] += loss(answers, truth).double() * weight if weight > 0 else 0.0
                sums[3:] += _score_parts(loss, answers, truth)
    return sums


def _score_parts(loss: Loss, answers: Tensor, truth: Tensor) -> Tensor:
    """Return how many answers are right, or the squared errors of each value: numbers that add up over batches."""
    if loss.output.kind == "classes":
        return (answers.argmax(1) == truth).double().sum()
    if loss.output.kind == "labels":
        return ((answers > 0) == (truth > 0.5)).double().sum()
    return (loss.standardised(truth).double() - answers.double()).square().sum(0)


def _evaluation(sums: Tensor, dataset: Dataset, indices: tuple[int, ...], loss: Loss) -> Evaluation:
    samples, weight, losses, *parts = sums.tolist()
    if samples != len(indices):
        raise RunError(
            f"an evaluation must count each of {len(indices)} samples once",
            got=int(samples),
            hint="Give every process the same data.",
        )
    if loss.output.kind == "values":
        truth = as_targets([dataset.samples[index].target for index in indices], dataset.output).to(sums.device)
        score = r_squared(sums[3:], loss.standardised(truth).double())
    else:
        score = parts[0] / samples / (loss.output.count if loss.output.kind == "labels" else 1)
    return Evaluation(loss=losses / weight if weight else math.nan, score=score, samples=int(samples))
