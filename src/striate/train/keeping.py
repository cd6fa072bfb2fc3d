"""Which moments of a training are kept beside the newest, and whose weights are kept at the end."""

from __future__ import annotations

import contextlib
from pathlib import Path

from striate.records.training import EpochRow, Recipe
from striate.train.checkpoint import EPOCH, GOOD, START, State
from striate.train.guard import Seen

_BEST = "best-{epoch}.safetensors"


def names_for(state: State, recipe: Recipe) -> list[str]:
    """Return the names under which a closed epoch is written, the one to go on from last.

    A kill in between leaves the others ahead of it by the epoch that is then done again, to the same bits.

    Example:
        >>> names_for(State(epoch=0, best_epoch=0), Recipe(patience=2))
        ['start.safetensors', 'epoch.safetensors']
        >>> names_for(State(epoch=3, best_epoch=3), Recipe(patience=2))
        ['best-3.safetensors', 'epoch.safetensors']
    """
    names = []
    if state.epoch == 0 and (recipe.patience or recipe.guard != "none"):
        names.append(START)
    if recipe.patience and state.best_epoch == state.epoch > 0:
        names.append(_BEST.format(epoch=state.epoch))
    if recipe.guard == "rollback" and state.good_epoch == state.epoch > 0:
        names.append(GOOD)
    return [*names, EPOCH]


def close_state(state: State, row: EpochRow, seen: Seen | None) -> None:
    """Take a closed epoch into the state."""
    state.epoch, state.loss_sum, state.seconds, state.score = row.epoch, 0.0, 0.0, row.score
    state.gradient_norm, state.guard_seconds = {}, 0.0
    if row.epoch == 0:
        state.start_score, state.start_loss = row.score, row.validation_loss
    if row.epoch == 0 or row.validation_loss < state.best_loss:
        state.best_epoch, state.best_loss, state.best_score = row.epoch, row.validation_loss, row.score
    if seen is None:
        return
    state.suspected = seen.suspected
    if not seen.suspected:
        state.good_epoch, state.good_best = row.epoch, state.best_epoch


def weights_of(epoch: int) -> str:
    """Return the name of the checkpoint of a best epoch; epoch 0 is the start."""
    return _BEST.format(epoch=epoch) if epoch else START


def prune(folder: Path, state: State) -> None:
    """Remove the weights of epochs that can no longer be the best, also after going back."""
    wanted = {weights_of(state.best_epoch), weights_of(state.good_best)}
    for path in folder.glob(_BEST.format(epoch="*")):
        if path.name not in wanted:
            with contextlib.suppress(OSError):
                path.unlink()


def is_over(state: State, recipe: Recipe) -> bool:
    """Return whether no further epoch is to be trained; patience is counted from the last unfreezing at the earliest.

    Example:
        >>> waiting = Recipe(epochs=9, patience=2)
        >>> is_over(State(epoch=3, best_epoch=2), waiting), is_over(State(epoch=4, best_epoch=2), waiting)
        (False, True)
    """
    if state.epoch >= recipe.epochs:
        return True
    thawed = max((epoch - 1 for epoch, _ in recipe.unfreeze), default=0)
    return bool(recipe.patience) and state.epoch - max(state.best_epoch, thawed) >= recipe.patience


def epoch_to_keep(state: State, recipe: Recipe) -> int:
    """Return the epoch whose weights are kept: the best with patience, else the last; with rollback none below the start.

    Example:
        >>> epoch_to_keep(State(epoch=4, best_epoch=2, best_score=0.8, score=0.7), Recipe(patience=2))
        2
        >>> epoch_to_keep(State(epoch=4, score=0.6, start_score=0.7), Recipe(guard="rollback"))
        0
    """
    epoch, score = (state.best_epoch, state.best_score) if recipe.patience else (state.epoch, state.score)
    return 0 if recipe.guard == "rollback" and score < state.start_score else epoch
