"""The end of a training: whose weights are kept, and how far training and validation lie apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from striate.numbers import plural
from striate.train.care import Care
from striate.train.checkpoint import State, load_checkpoint
from striate.train.gap import measure_gap, told
from striate.train.guard_words import told_kept
from striate.train.journal import Journal
from striate.train.keeping import epoch_to_keep, weights_of
from striate.train.work import Work


def finish(work: Work, state: State, care: Care, *, folder: Path, journal: Journal, check: Callable[[], None]) -> None:
    """Put the weights that are to be kept in place, and write down which, and the gap.

    Args:
        work: Its module may get the weights of an earlier epoch.
        state: Of the last epoch; learns which epoch was kept.
        care: Holds buffers still while the gap is measured.
        folder: Of the checkpoints.
        journal: Where it is told.
        check: Called before each batch; raises to stop.
    """
    recipe, at = work.recipe, float(state.epoch)
    if state.epoch < recipe.epochs:
        words = f"Stopped after epoch {state.epoch}: no lower validation loss for {plural(recipe.patience, 'epoch')}."
        journal.note(words, at=at, event="stopped early")
    kept = epoch_to_keep(state, recipe)
    if kept != state.epoch:
        state.score = load_checkpoint(folder / weights_of(kept), work.module).score
        state.kept_epoch = kept
        care.enter(state.epoch)
        journal.note(told_kept(kept, state), at=at, event="kept")
    gap = measure_gap(
        work.module,
        work.dataset,
        work.split,
        work.preprocessing,
        loss=work.loss,
        device=work.device,
        batch_size=recipe.batch,
        check=check,
    )
    care.freezing.restore()
    journal.end(step=state.step, kept_epoch=state.kept_epoch, gap=gap)
    journal.note(told(gap), at=at)
