"""The loop: steps and epochs, with a state that can be left and taken up between two steps."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from striate.data import Batch, batches, shuffled
from striate.errors import Cancelled, DivergedError
from striate.events import Events, Task
from striate.records.training import EpochRow
from striate.train.activity import Activity
from striate.train.balancing import training_order
from striate.train.checkpoint import EPOCH, STEP, State, save_checkpoint
from striate.train.divergence import Watch
from striate.train.evaluate import Evaluation, evaluate
from striate.train.gradients import halved, take_gradients
from striate.train.journal import Journal
from striate.train.optimizers import set_rate
from striate.train.ranks import Agreed
from striate.train.schedule import rate_at
from striate.train.score import SCORE_NAMES
from striate.train.work import Work, agree

CHECKPOINT_EVERY_S = 20.0
ROW_EVERY_STEPS = 10


class Loop:
    """A training under way.

    Args:
        work: What is done.
        state: How far it is; kept up to date.
        journal: Where it writes.
        folder: Where checkpoints go.
        events: Hears the progress of the task "training".
        is_interrupted: Whether Ctrl-C was pressed.

    Attributes:
        is_at_rest: Whether the state and the weights are of the same moment, so that a checkpoint
            may be written.
    """

    def __init__(
        self,
        work: Work,
        state: State,
        *,
        journal: Journal,
        folder: Path,
        events: Events,
        is_interrupted: Callable[[], bool],
    ) -> None:
        self.work = work
        self.state = state
        self.is_at_rest = True
        self._journal = journal
        self._folder = folder
        self._events = events
        self._is_interrupted = is_interrupted
        self._watch = Watch(
            of_ignorance=work.loss.of_ignorance,
            start=state.first_loss,
            smoothed=state.smoothed_loss,
        )
        self._activity = Activity(
            work.module,
            work.dataset,
            work.split.validation,
            work.preprocessing,
            batch_size=work.recipe.batch,
        )
        self._written_at = self._clock = time.monotonic()

    def run(self) -> None:
        """Go on to the end.

        Raises:
            Cancelled: Asked to stop; the state is between two steps.
            DivergedError: The loss ran away.
            StorageError: The disk refused.
        """
        self._clock = time.monotonic()
        if self.state.epoch < 0:
            self._close_epoch()
        task = Task(
            "training",
            total=self.work.steps,
            unit="step",
            events=self._events,
            done=self.state.step,
        )
        while self.state.epoch < self.work.recipe.epochs:
            for batch in self._batches():
                self._step(batch, task)
            self._close_epoch()

    def save(self, name: str = STEP) -> None:
        """Write a checkpoint of this moment."""
        self._count_seconds()
        self.state.rows = self._journal.rows
        self.state.first_loss, self.state.smoothed_loss = self._watch.start, self._watch.smoothed
        if self.work.device.ranks.leads:
            save_checkpoint(self._folder / name, self.state, self.work.module, self.work.optimizer)
        self._written_at = time.monotonic()

    @property
    def at(self) -> float:
        """How many epochs are done."""
        return round(self.state.step / self.work.steps_per_epoch, 3)

    def _batches(self) -> Iterator[Batch]:
        work, epoch = self.work, self.state.epoch
        order = training_order(work.dataset, work.split.train, work.recipe, epoch=epoch)
        first = (self.state.step - epoch * work.steps_per_epoch) * work.recipe.batch
        return batches(
            work.dataset,
            order[first : work.steps_per_epoch * work.recipe.batch],
            work.preprocessing,
            batch_size=work.recipe.batch,
            shift_px=work.recipe.shift_px,
            seed=work.recipe.seed,
            epoch=epoch,
            rank=work.device.ranks.rank,
            world_size=work.device.ranks.world_size,
        )

    def _step(self, batch: Batch, task: Task) -> None:
        work, state = self.work, self.state
        rate = rate_at(work.recipe, state.step, work.steps)
        self.is_at_rest = False
        set_rate(work.optimizer, rate)
        work.module.train()
        number = self._take_gradients(batch)
        self._judge(self._watch.follow(number), number, rate)
        work.optimizer.step()
        state.step += 1
        state.loss_sum += number
        if state.step % ROW_EVERY_STEPS == 0:
            self._journal.step(step=state.step, epoch=state.epoch + 1, loss=number, rate=rate)
        self.is_at_rest = True
        if time.monotonic() - self._written_at >= CHECKPOINT_EVERY_S:
            self.save()
        task.advance(loss=number, score=state.score, rate=rate)
        self._check()

    def _take_gradients(self, batch: Batch) -> float:
        state = self.state
        taken = take_gradients(
            self.work,
            batch,
            step=state.step,
            at_once=state.at_once,
            wants_to_stop=isinstance(self._events, Agreed) and self._events.wants_to_stop(),
        )
        if taken.at_once != state.at_once:
            self._journal.note(halved(self.work.module, state.step, taken.at_once), at=self.at, event="halved")
            state.at_once = taken.at_once
        if isinstance(self._events, Agreed):
            self._events.is_stopping |= taken.is_stopping
        return taken.loss

    def _close_epoch(self) -> None:
        """Measure, write the row, and save: the training can be taken up at the next epoch."""
        work, state = self.work, self.state
        agree(work)
        held_out = self._evaluate(work.split.validation)
        rate = 0.0
        if state.epoch < 0:
            some = shuffled(work.split.train, seed=work.recipe.seed, epoch=0)[: len(work.split.validation)]
            train_loss = self._evaluate(some).loss
        else:
            train_loss = state.loss_sum / work.steps_per_epoch
            rate = rate_at(work.recipe, state.step - 1, work.steps)
        active = self._activity.measure(work.module, work.device.place, check=self._check)
        self._judge(
            "" if math.isfinite(held_out.loss) else "the validation loss must be a finite number",
            held_out.loss,
            rate,
        )
        self._judge(
            "" if math.isfinite(train_loss) else "the loss must be a finite number",
            train_loss,
            rate,
        )
        self._count_seconds()
        self.is_at_rest = False
        row = EpochRow(
            epoch=state.epoch + 1,
            train_loss=train_loss,
            validation_loss=held_out.loss,
            score=held_out.score,
            rate=rate,
            seconds=round(state.seconds, 3),
            active=active,
        )
        self._journal.epoch(row, step=state.step)
        state.epoch, state.loss_sum, state.seconds, state.score = row.epoch, 0.0, 0.0, row.score
        self.save(EPOCH)
        self.is_at_rest = True
        self._tell(row)

    def _tell(self, row: EpochRow) -> None:
        if row.epoch == 0 and self._activity.trouble:
            self._journal.note(f"Activity is not measured: {self._activity.trouble}", at=0.0)
        name = SCORE_NAMES[self.work.dataset.output.kind]
        self._journal.note(
            f"Epoch {row.epoch} of {self.work.recipe.epochs}: training loss {row.train_loss:.4f}, "
            f"validation loss {row.validation_loss:.4f}, {name} {row.score:.4f}.",
            at=float(row.epoch),
        )

    def _evaluate(self, indices: tuple[int, ...]) -> Evaluation:
        work = self.work
        return evaluate(
            work.module,
            work.dataset,
            indices,
            work.preprocessing,
            loss=work.loss,
            device=work.device,
            batch_size=work.device.way.evaluation_batch or work.recipe.batch,
            check=self._check,
        )

    def _judge(self, rule: str, loss: float, rate: float) -> None:
        if not rule:
            return
        highest = self.work.recipe.rate
        raise DivergedError(
            rule,
            got=loss,
            where=f"step {self.state.step} of {self.work.steps}, learning rate {rate:.3g}",
            hint=f"Lower the recipe's rate, to {highest / 10:.2g} instead of {highest:.2g}, "
            "or put normalisation after the convolutions.",
        )

    def _check(self) -> None:
        self._events.check("training")
        if self._is_interrupted():
            raise Cancelled("training was asked to stop")

    def _count_seconds(self) -> None:
        now = time.monotonic()
        self.state.seconds += now - self._clock
        self._clock = now
