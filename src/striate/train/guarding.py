"""The guard at work in a training: set up at the start or on going on, asked at every step and epoch, and gone back by."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from striate.errors import DivergedError
from striate.train.care import Care
from striate.train.checkpoint import GOOD, START, State, load_checkpoint, newest
from striate.train.divergence import RUN_AWAY
from striate.train.guard import MOST_ROLLBACKS, TRAINING_RUN_AWAY, Guard, Seen
from striate.train.guard_words import given_up
from striate.train.probe import Probe
from striate.train.work import Work


class Guarding:
    """What the recipe asks of a guard; without one, every question has the answer "nothing".

    Args:
        work: What is trained.
        care: Holds buffers still while the guard looks.
        folder: Of the checkpoints.
        check: Called before each batch; raises to stop.
    """

    def __init__(self, work: Work, care: Care, *, folder: Path, check: Callable[[], None]) -> None:
        self._work = work
        self._care = care
        self._folder = folder
        self._check = check
        self._guard: Guard | None = None

    @property
    def images(self) -> int:
        """How many images one look runs forward."""
        return 0 if self._guard is None else self._guard.images

    def begin(self, state: State) -> None:
        """Let the guard see the start; on going on that is put into the network for it, and what was there comes back."""
        work = self._work
        if work.recipe.guard == "none":
            return
        now = newest(self._folder) if state.epoch >= 0 else None
        if now is not None:
            load_checkpoint(self._folder / START, work.module)
            self._care.enter(state.epoch + 1)
        probe = Probe(
            work.module,
            work.dataset,
            work.split,
            work.preprocessing,
            batch_size=work.recipe.batch,
            check=self._check,
        )
        self._guard = Guard(probe, probe.read(work.module, work.device.place), work.module)
        if now is not None:
            load_checkpoint(now, work.module)
            self._care.enter(state.epoch + 1)
        self._care.freezing.restore()

    def follow_gradients(self, state: State) -> tuple[str, float]:
        """Take in the gradients of a step; return the rule they broke with the figure, or nothing."""
        if self._guard is None:
            return "", 0.0
        began = time.monotonic()
        state.gradient_norm = self._guard.gradient_norms(state.gradient_norm)
        broken = next((norm for norm in state.gradient_norm.values() if not math.isfinite(norm)), 0.0)
        state.guard_seconds += time.monotonic() - began
        return ("" if math.isfinite(broken) else "the gradient must stay finite"), broken

    def look(self, state: State, *, training_loss: float, validation_loss: float) -> Seen | None:
        """Return what the guard sees at the end of the open epoch, whose losses these are."""
        if self._guard is None:
            return None
        began, epoch = time.monotonic(), state.epoch + 1
        usual = max(state.start_loss if epoch else validation_loss, self._work.loss.of_ignorance)
        seen = self._guard.look(
            self._work.module,
            self._work.device.place,
            epoch=epoch,
            losses={
                "training loss": (training_loss, TRAINING_RUN_AWAY * usual),
                "validation loss": (validation_loss, RUN_AWAY * usual),
            },
            suspected=state.suspected,
            gradient_norm=state.gradient_norm,
            is_last=epoch == self._work.recipe.epochs,
        )
        self._care.freezing.restore()
        seconds = round(state.guard_seconds + time.monotonic() - began, 3)
        return replace(seen, row=replace(seen.row, seconds=seconds))

    def last_good(self, state: State, error: DivergedError) -> State:
        """Put the last good weights and optimiser in place and return their state; the rate is a tenth from there.

        Gone back to one place a second time, it is the start: what was good may have been on its way down.

        Raises:
            DivergedError: The recipe does not say to go back, or it was done too often.
        """
        if self._work.recipe.guard != "rollback":
            raise error
        if state.rollbacks >= MOST_ROLLBACKS:
            raise given_up(error, state.rollbacks)
        is_start = state.good_epoch <= 0 or state.back_to == state.good_epoch
        path = self._folder / (START if is_start else GOOD)
        back = load_checkpoint(path, self._work.module, self._work.optimizer)
        back.rollbacks, back.back_to = state.rollbacks + 1, back.epoch
        return back
