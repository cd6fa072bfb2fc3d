"""The loop: steps and epochs, with a state that can be left and taken up between two steps."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from striate.data import Batch, shuffled
from striate.errors import Cancelled, DivergedError
from striate.events import Events, Task
from striate.records.training import EpochRow
from striate.train.activity import Activity
from striate.train.care import Care
from striate.train.checkpoint import EPOCH, STEP, State, save_checkpoint
from striate.train.divergence import Watch
from striate.train.ending import finish
from striate.train.epochs import epoch_batches
from striate.train.evaluate import Evaluation, evaluate
from striate.train.gradients import halved, take_gradients
from striate.train.groups import set_rate
from striate.train.guard import FACTOR, Seen
from striate.train.guard_words import told_back, told_seen
from striate.train.guarding import Guarding
from striate.train.journal import Journal
from striate.train.keeping import close_state, is_over, names_for, prune
from striate.train.moments import Moments
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
        care: Holds and checks what the recipe holds and promises.
        journal: Where it writes.
        folder: Where checkpoints go.
        events: Hears the progress of the task "training".
        is_interrupted: Whether Ctrl-C was pressed.
        moments: Keeps weights of a few steps.

    Attributes:
        is_at_rest: Whether the state and the weights are of the same moment, so that a checkpoint
            may be written.
    """

    def __init__(  # noqa: PLR0913 - what is done, and who watches, writes and stops it
        self,
        work: Work,
        state: State,
        *,
        care: Care,
        journal: Journal,
        folder: Path,
        events: Events,
        is_interrupted: Callable[[], bool],
        moments: Moments,
    ) -> None:
        self.work = work
        self.state = state
        self.care = care
        self.is_at_rest = True
        self._journal = journal
        self._folder = folder
        self._events = events
        self._is_interrupted = is_interrupted
        self._moments = moments
        self._watch = self._new_watch()
        self._guarding = Guarding(work, care, folder=folder, check=self._check)
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
            DivergedError: The loss ran away, or with a guard that goes back, it did so again and again.
            StorageError: The disk refused.
        """
        self._clock = time.monotonic()
        self.care.enter(self.state.epoch + 1)
        if self.state.epoch < 0:
            self._begin()
            self._moments.take(0)
            self._close_epoch()
        else:
            self.is_at_rest = False
            self._guarding.begin(self.state)
            self.is_at_rest = True
        while not is_over(self.state, self.work.recipe):
            try:
                self._epochs()
            except DivergedError as error:
                self._go_back(error)
        self.is_at_rest = False  # The state on disk is the last epoch's, the weights may become another's.
        finish(self.work, self.state, self.care, folder=self._folder, journal=self._journal, check=self._check)

    def _epochs(self) -> None:
        task = Task("training", total=self.work.steps, unit="step", events=self._events, done=self.state.step)
        while not is_over(self.state, self.work.recipe):
            self.care.enter(self.state.epoch + 1)
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
        work, state = self.work, self.state
        return epoch_batches(work, state.epoch, first_step=state.step - state.epoch * work.steps_per_epoch)

    def _begin(self) -> None:
        """Do what comes before the first step, on a network that is as it was given."""
        self.is_at_rest = False
        told = self.care.begin(self.work, self._check)
        if told:
            self._journal.note(told, at=0.0)
        self._guarding.begin(self.state)
        self.is_at_rest = True

    def _step(self, batch: Batch, task: Task) -> None:
        work, state = self.work, self.state
        rate = self._rate(state.step)
        self.is_at_rest = False
        set_rate(work.optimizer, rate)
        self.care.train_mode()
        number = self._take_gradients(batch)
        self._judge(self._watch.follow(number), number, rate)
        self._judge(*self._guarding.follow_gradients(state), rate)
        work.optimizer.step()
        self.care.after_step(work.optimizer, rate=rate, where=f"step {state.step}")
        self._note_peak(rate)
        state.step += 1
        state.loss_sum += number
        if state.step % ROW_EVERY_STEPS == 0:
            self._journal.step(step=state.step, epoch=state.epoch + 1, loss=number, rate=rate)
        self.is_at_rest = True
        self._moments.take(state.step)
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
            rate = self._rate(state.step - 1)
        active = self._activity.measure(work.module, work.device.place, check=self._check)
        stayed = self.care.close()
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
        seen = self._guarding.look(state, training_loss=train_loss, validation_loss=held_out.loss)
        if seen is not None and work.recipe.guard == "rollback":
            self._judge(seen.rule, seen.figure, rate)
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
        if seen is not None:
            self._journal.guard(seen.row, step=state.step)
        close_state(state, row, seen)
        for name in names_for(state, work.recipe):
            self.save(name)
        if work.device.ranks.leads:
            prune(self._folder, state)
        # What the first process wrote, the others may have to read.
        work.device.ranks.wait()
        self.is_at_rest = True
        self._tell(row, seen)
        if stayed and row.epoch:
            self._journal.note(stayed, at=float(row.epoch))

    def _go_back(self, error: DivergedError) -> None:
        """Go back to the last good state, at a tenth of the rate.

        Raises:
            DivergedError: The recipe does not say to, or it was done too often.
        """
        self.is_at_rest = False
        at, recipe = self.at, self.work.recipe
        back = self._guarding.last_good(self.state, error)
        self.state = back
        self._watch = self._new_watch()
        self._journal.rows = back.rows
        self.save(EPOCH)
        if self.work.device.ranks.leads:
            (self._folder / STEP).unlink(missing_ok=True)
        self.work.device.ranks.wait()
        self._journal.rewind(back.rows)
        self._moments.forget_after(back.step)
        self.is_at_rest = True
        self._journal.note(told_back(error, back, highest=recipe.rate), at=at, event="rolled back")

    def _tell(self, row: EpochRow, seen: Seen | None) -> None:
        if row.epoch == 0 and self._activity.trouble:
            self._journal.note(f"Activity is not measured: {self._activity.trouble}", at=0.0)
        name = SCORE_NAMES[self.work.dataset.output.kind]
        self._journal.note(
            f"Epoch {row.epoch} of {self.work.recipe.epochs}: training loss {row.train_loss:.4f}, "
            f"validation loss {row.validation_loss:.4f}, {name} {row.score:.4f}.",
            at=float(row.epoch),
        )
        if seen is not None:
            share = min(seen.row.seconds / max(row.seconds, 1e-9), 1.0)
            words = told_seen(seen, name, images=self._guarding.images, share=share)
            self._journal.note(words, at=float(row.epoch), event="damaged" if seen.rule else "")

    def _rate(self, step: int) -> float:
        return rate_at(self.work.recipe, step, self.work.steps) / FACTOR**self.state.rollbacks

    def _new_watch(self) -> Watch:
        return Watch(
            of_ignorance=self.work.loss.of_ignorance,
            start=self.state.first_loss,
            smoothed=self.state.smoothed_loss,
        )

    def _note_peak(self, rate: float) -> None:
        peaks, number = self.state.peaks, self.state.epoch
        # A checkpoint from before peaks were kept knows none of the epochs it had done.
        peaks += [0.0] * (number + 1 - len(peaks))
        peaks[number] = max(peaks[number], rate)

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
