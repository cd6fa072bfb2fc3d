"""One short training of a regime on the rest of a fold, and what it answers on the fold."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from striate.data import Batch, Dataset, Split, batches, shuffled
from striate.nets import Network
from striate.records.training import Recipe
from striate.train.balancing import loss_for
from striate.train.care import Care
from striate.train.device import Device
from striate.train.epochs import epoch_batches
from striate.train.gradients import take_gradients
from striate.train.groups import set_rate
from striate.train.losses import scores_of
from striate.train.normalisation import reestimate_statistics
from striate.train.optimizers import make_optimizer
from striate.train.schedule import rate_at
from striate.train.work import Work
from striate.transfer.estimating import Gains, gains
from striate.transfer.probing import held_out_loss

# Samples on which running statistics are measured after a short training.
_STATISTICS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What a short training came to.

    Attributes:
        gains: Of the held-out samples, in their order; None if it was lost or stopped.
        loss: Mean held-out loss; infinite if it was lost.
        seconds: What it took, evaluation included.
        step_s: Median seconds of a step.
        state: "done", "lost" (the loss left the finite numbers) or "stopped" (its time was up).
    """

    gains: Gains | None
    loss: float
    seconds: float
    step_s: float
    state: str


def try_regime(
    start: Network,
    dataset: Dataset,
    split: Split,
    recipe: Recipe,
    device: Device,
    *,
    deadline: float = math.inf,
    check: Callable[[], None] = lambda: None,
) -> Attempt:
    """Train a network of its own (it is changed) and return what it answers on the split's validation part.

    Args:
        start: What to train, with its preprocessing; its head has begun.
        dataset: Where the samples are.
        split: Learned from and held out.
        recipe: How.
        device: Where.
        deadline: On the monotonic clock; past it the training is given up.
        check: Called at every step; may raise to stop.
    """
    began = time.monotonic()
    care = Care(device.hold(start.module), recipe)
    work = _work(start, dataset, split, recipe, device, care)
    work.optimizer.zero_grad()
    if recipe.norm == "reestimate":
        _measure_statistics(work, care, shuffled(split.train, seed=recipe.seed, epoch=0), check)
    times: list[float] = []
    state = _trained(work, care, times, deadline, check)
    care.release()
    if state == "done" and recipe.norm == "train":
        # Running statistics lag behind by some tens of steps: a training this short would be judged by the old ones.
        drawn = shuffled(split.train, seed=recipe.seed, epoch=0)
        _measure_statistics(work, care, drawn[:_STATISTICS], check)
    step_s = float(np.median(times)) if times else 0.0
    if state != "done":
        return Attempt(gains=None, loss=math.inf, seconds=time.monotonic() - began, step_s=step_s, state=state)
    scores, targets = answers(work, split.validation, check)
    own = gains(dataset.output.kind, scores, targets, among=_among(work))
    loss = held_out_loss(dataset.output.kind, scores, targets)
    if not math.isfinite(loss):
        return Attempt(gains=None, loss=math.inf, seconds=time.monotonic() - began, step_s=step_s, state="lost")
    return Attempt(gains=own, loss=loss, seconds=time.monotonic() - began, step_s=step_s, state="done")


def answers(work: Work, indices: tuple[int, ...], check: Callable[[], None] = lambda: None) -> tuple[Tensor, Tensor]:
    """Return scores (n, outputs) and targets on their scale, in eval mode, samples in the order given."""
    scores, targets = [], []
    work.module.eval()
    with torch.no_grad():
        for batch in batches(work.dataset, indices, work.preprocessing, batch_size=max(work.recipe.batch, 16)):
            check()
            scores.append(
                scores_of(work.module, work.device.take(batch.images), work.dataset.output.count).cpu().double()
            )
            targets.append(batch.targets)
    asked = torch.cat(targets)
    return torch.cat(scores), work.loss.cpu().standardised(asked) if work.dataset.output.kind == "values" else asked


def _measure_statistics(work: Work, care: Care, indices: tuple[int, ...], check: Callable[[], None]) -> None:
    reestimate_statistics(
        work.module, work.dataset, indices, work.preprocessing, batch_size=max(work.recipe.batch, 32),
        device=work.device.place, is_frozen=lambda name: care.freezing.is_frozen(name, 1), check=check,
    )  # fmt: skip


def _among(work: Work) -> Tensor | None:
    """Return all values, learned from and held out, on the targets' scale: a fold's R² is held against the spread of all."""
    if work.dataset.output.kind != "values":
        return None
    everything = [*work.split.train, *work.split.validation]
    return work.loss.cpu().standardised(work.dataset.targets()[everything])


def _work(start: Network, dataset: Dataset, split: Split, recipe: Recipe, device: Device, care: Care) -> Work:
    module = start.module
    optimizer = device.fit(make_optimizer(module, recipe, care.freezing))
    return Work(
        module=module,
        optimizer=optimizer,
        loss=loss_for(start, dataset, split.train, recipe).to(device.place),
        preprocessing=start.preprocessing,
        dataset=dataset,
        split=split,
        recipe=recipe,
        device=device,
    )


def _trained(work: Work, care: Care, times: list[float], deadline: float, check: Callable[[], None]) -> str:
    step = 0
    for epoch in range(work.recipe.epochs):
        care.enter(epoch + 1)
        for batch in epoch_batches(work, epoch):
            check()
            began = time.monotonic()
            if began > deadline:
                return "stopped"
            if not _step(work, care, batch, step):
                return "lost"
            times.append(time.monotonic() - began)
            step += 1
        care.close()
    return "done"


def _step(work: Work, care: Care, batch: Batch, step: int) -> bool:
    """Take one step; False if its loss is no finite number."""
    rate = rate_at(work.recipe, step, work.steps)
    set_rate(work.optimizer, rate)
    care.train_mode()
    if not math.isfinite(take_gradients(work, batch, step=step).loss):
        return False
    work.optimizer.step()
    care.after_step(work.optimizer, rate=rate, where=f"step {step}")
    return True
