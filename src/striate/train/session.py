"""One sitting of a training: begin or go on, and leave things in order however it ends."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version

from torch import nn

from striate import schema
from striate.blueprint import Blueprint
from striate.data import Dataset, Split
from striate.errors import Cancelled, DivergedError
from striate.events import Events
from striate.nets import Network
from striate.nets.begun_anew import new_layer_findings
from striate.records.beginnings import Begun
from striate.records.training import Recipe
from striate.runs import Run, write_json
from striate.train.balancing import loss_for
from striate.train.care import Care
from striate.train.checkpoint import EPOCH, State, load_checkpoint, newest
from striate.train.device import Device
from striate.train.journal import Journal
from striate.train.loop import Loop
from striate.train.moments import Moments
from striate.train.optimizers import make_optimizer
from striate.train.result import save_result
from striate.train.start import starting_network
from striate.train.work import Work, agree

STARTED = "start.json"


class Session:
    """Works in a run folder until the training is done, stopped or lost.

    Args:
        given: What to train; not changed.
        dataset: What to train on.
        split: Its parts.
        recipe: How.
        run: The folder.
        events: Hears and may cancel.
        keep_checkpoints: Whether weights of a few steps are kept; None keeps small ones.
        keep_every: Also those after every so many epochs; 0 for none.
    """

    def __init__(  # noqa: PLR0913 - what, on what, how, where, and what is kept
        self,
        given: Network | Blueprint,
        dataset: Dataset,
        split: Split,
        recipe: Recipe,
        run: Run,
        events: Events,
        *,
        keep_checkpoints: bool | None = None,
        keep_every: int = 0,
    ) -> None:
        self._given = given
        self._dataset = dataset
        self._split = split
        self._recipe = recipe
        self._run = run
        self._events = events
        self._keep_checkpoints, self._keep_every = keep_checkpoints, keep_every
        self._checkpoints = run.folder / "checkpoint"
        self._journal = Journal(run, events)

    def run(self, device: Device, is_interrupted: Callable[[], bool]) -> Network:
        """Return the trained network; the run is then done, and its checkpoints are gone.

        Raises:
            Cancelled: Asked to stop; checkpoint and network are written.
            DivergedError: Lost; the network of the last good epoch is written.
        """
        start = self._start()
        module = device.hold(start.module)
        care = Care(module, self._recipe)
        work = self._work(start, module, device, care)
        state = self._resume(work)
        if state.epoch < 0 and "begun_anew" in start.receipt:
            self._warn(start, care)
        loop = Loop(
            work,
            state,
            care=care,
            journal=self._journal,
            folder=self._checkpoints,
            events=self._events,
            is_interrupted=is_interrupted,
            moments=Moments(
                self._run.folder,
                module,
                keep=self._keep_checkpoints,
                leads=device.ranks.leads,
                every_steps=self._keep_every * work.steps_per_epoch,
            ),
        )
        try:
            loop.run()
        except (Cancelled, KeyboardInterrupt):
            self._stop(loop, start)
            raise
        except DivergedError as error:
            raise self._lost(loop, start, error) from error
        network = save_result(self._run, start, work, loop.state, care)
        self._run.end("done")
        if device.ranks.leads:
            shutil.rmtree(self._checkpoints, ignore_errors=True)
        return network

    def _start(self) -> Network:
        """Return the network to train; what a start found in images is written down, and not searched again on going on."""
        path = self._run.folder / STARTED
        begun = None
        if newest(self._checkpoints) is not None and path.is_file():
            document = schema.accept(json.loads(path.read_text(encoding="utf-8")), "start", 1, where=str(path))
            begun = Begun(**(document["begun"] | {"told": tuple(document["begun"]["told"])}))
        start = starting_network(self._given, self._dataset, self._split, self._recipe, self._events, begun=begun)
        if isinstance(self._given, Blueprint) and start.receipt.get("images_seen") and begun is None:
            done = Begun(
                name=self._recipe.init,
                seed=self._recipe.seed,
                images=start.receipt["images_seen"],
                told=tuple(start.receipt.get("begun", ())),
            )
            write_json(path, {"schema": schema.stamp("start", 1), "begun": asdict(done)})
        return start

    def _work(self, start: Network, module: nn.Module, device: Device, care: Care) -> Work:
        loss = loss_for(start, self._dataset, self._split.train, self._recipe)
        return Work(
            module=module,
            optimizer=device.fit(make_optimizer(module, self._recipe, care.freezing)),
            loss=loss.to(device.place),
            preprocessing=start.preprocessing,
            dataset=self._dataset,
            split=self._split,
            recipe=self._recipe,
            device=device,
        )

    def _warn(self, start: Network, care: Care) -> None:
        """Say beforehand what a training from this start will suffer from."""
        still = [name for name, rate in care.promised(self._recipe.epochs, rate=1.0).items() if not rate]
        for finding in new_layer_findings(start, still=still):
            self._journal.note(
                f"{finding.severity.capitalize()}: {finding.told} {finding.todo} ({finding.name})", at=0.0
            )

    def _resume(self, work: Work) -> State:
        path = newest(self._checkpoints)
        if path is None:
            self._journal.rewind(0)
            agree(work)
            return State(world_size=work.device.ranks.world_size)
        state = load_checkpoint(path, work.module, work.optimizer)
        agree(work)
        self._journal.rewind(state.rows)
        at = round(state.step / work.steps_per_epoch, 3)
        self._journal.note(f"Resumed after step {state.step} of {work.steps}.", at=at, event="resumed")
        began_with, now = self._run.document.versions.get("torch"), version("torch")
        if began_with != now:
            self._journal.note(
                f"It began with torch {began_with}; with {now} the last bits may differ.",
                at=at,
            )
        return state

    def _stop(self, loop: Loop, start: Network) -> None:
        if loop.is_at_rest:
            loop.save()
        else:  # interrupted within a step: what is in memory is half a step
            path = newest(self._checkpoints)
            if path is None:
                return
            loop.state = load_checkpoint(path, loop.work.module)
        self._journal.note(
            f"Stopped after step {loop.state.step} of {loop.work.steps}.",
            at=loop.at,
            event="stopped",
        )
        save_result(self._run, start, loop.work, loop.state, loop.care)

    def _lost(self, loop: Loop, start: Network, error: DivergedError) -> DivergedError:
        kept = "no epoch ended well, so no weights are kept."
        self._journal.note(str(error), at=loop.at, event="diverged")
        if (self._checkpoints / EPOCH).is_file():
            state = load_checkpoint(self._checkpoints / EPOCH, loop.work.module)
            save_result(self._run, start, loop.work, state, loop.care)
            place = self._run.folder / "network"
            kept = f"{place} holds the weights at the end of epoch {state.epoch}."
        return DivergedError(
            error.rule,
            got=error.got,
            where=error.where,
            hint=f"{error.hint} {kept[0].upper()}{kept[1:]}",
        )
