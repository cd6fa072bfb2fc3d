"""The first steps of a training, looked at closely: every step's loss, and scores on the way."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from striate.data import Batch, Dataset, Split
from striate.nets import Network
from striate.records.training import Recipe
from striate.train.balancing import loss_for
from striate.train.device import Device
from striate.train.epochs import epoch_batches
from striate.train.evaluate import evaluate
from striate.train.gradients import take_gradients
from striate.train.groups import set_rate
from striate.train.optimizers import make_optimizer
from striate.train.schedule import rate_at
from striate.train.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """One training's first steps.

    Attributes:
        losses: Of each step; "not a number" from the step at which the loss left the finite numbers.
        scores: Held out, at each point; "not a number" after that step.
        is_lost: Whether it left them.
    """

    losses: tuple[float, ...]
    scores: tuple[float, ...]
    is_lost: bool


def make_work(start: Network, dataset: Dataset, split: Split, recipe: Recipe, device: Device) -> Work:
    """Return what a training of a network of its own works on."""
    module = start.module.to(device.place)
    loss = loss_for(start, dataset, split.train, recipe)
    return Work(
        module=module,
        optimizer=make_optimizer(module, recipe),
        loss=loss.to(device.place),
        preprocessing=start.preprocessing,
        dataset=dataset,
        split=split,
        recipe=recipe,
        device=device,
    )


def first_steps(work: Work, steps: int, points: tuple[int, ...], *, advance: Callable[[float], None]) -> Steps:
    """Train for so many steps and return what happened; the module is changed.

    Steps, order, shifts and random numbers are those of `train`, with the schedule stretched over these steps.

    Args:
        work: What to train; its validation part is what scores are taken on.
        steps: At least 1; the training part is gone through as often as it takes.
        points: Steps after which to look at the held-out samples, ascending; 0 is before the first.
        advance: Called after each step with its loss; may raise to stop.
    """
    losses: list[float] = []
    scores = [_score(work)] if 0 in points else []
    per_epoch = work.steps_per_epoch
    while len(losses) < steps:
        epoch = len(losses) // per_epoch
        for batch in epoch_batches(work, epoch):
            losses.append(_step(work, batch, step=len(losses), steps=steps))
            advance(losses[-1])
            if not math.isfinite(losses[-1]):
                lost = [math.nan] * (steps - len(losses) + 1)
                return Steps(
                    losses=(*losses[:-1], *lost),
                    scores=(*scores, *[math.nan] * (len(points) - len(scores))),
                    is_lost=True,
                )
            if len(losses) in points:
                scores.append(_score(work))
            if len(losses) == steps:
                break
    return Steps(losses=tuple(losses), scores=tuple(scores), is_lost=False)


def _step(work: Work, batch: Batch, *, step: int, steps: int) -> float:
    set_rate(work.optimizer, rate_at(work.recipe, step, steps))
    work.module.train()
    number = take_gradients(work, batch, step=step).loss
    if math.isfinite(number):
        work.optimizer.step()
    return number


def _score(work: Work) -> float:
    found = evaluate(
        work.module,
        work.dataset,
        work.split.validation,
        work.preprocessing,
        loss=work.loss,
        device=work.device,
        batch_size=max(work.recipe.batch, 100),
        check=lambda: None,
    )
    return found.score
