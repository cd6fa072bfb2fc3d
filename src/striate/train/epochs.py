"""The batches of one epoch, from any step of it on."""

from __future__ import annotations

from collections.abc import Iterator

from striate.data import Batch, batches
from striate.train.balancing import training_order
from striate.train.work import Work


def epoch_batches(work: Work, epoch: int, *, first_step: int = 0) -> Iterator[Batch]:
    """Yield this process's part of an epoch's batches, in the recipe's order and with its shifts.

    Args:
        work: What is trained on what.
        epoch: The pass over the data, from 0.
        first_step: Which step of the epoch comes first.
    """
    recipe, ranks = work.recipe, work.device.ranks
    order = training_order(work.dataset, work.split.train, recipe, epoch=epoch)
    return batches(
        work.dataset,
        order[first_step * recipe.batch : work.steps_per_epoch * recipe.batch],
        work.preprocessing,
        batch_size=recipe.batch,
        shift_px=recipe.shift_px,
        seed=recipe.seed,
        epoch=epoch,
        rank=ranks.rank,
        world_size=ranks.world_size,
    )
