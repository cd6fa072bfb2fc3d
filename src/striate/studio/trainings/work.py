"""The trainings of one studio: begun and gone on with in processes of their own, one after the other, and told."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from threading import RLock
from typing import Any, Literal

from striate.blueprint import Blueprint
from striate.errors import InputError, Quoted, StriateError, unknown_name
from striate.events import Events
from striate.records.training import Recipe
from striate.runs import Run
from striate.studio.subject import Subject
from striate.studio.training_wire import TrainingRow, TrainingWanted
from striate.studio.trainings.folders import home_of, new_folder, trainings_of
from striate.studio.trainings.process import trained
from striate.studio.trainings.standing import standing
from striate.studio.work.jobs import Jobs, Work
from striate.train import check_recipe
from striate.train.moments import noted_every
from striate.train.start import check_output, describe

Start = Literal["anew", "weights"]


class Trainings:
    """Begins, ends and goes on with trainings of a subject.

    Args:
        subject: What is watched; it is never written to.
    """

    def __init__(self, subject: Subject) -> None:
        self._subject, self.jobs = subject, Jobs()
        # What was begun here, by name: the folder, and the newest work on it.
        self._begun: dict[str, tuple[Path, Work]] = {}
        # Of that and of the folders: whoever asks whether a training can go on begins it before another asks.
        self._turn = RLock()

    def refusal(self) -> str:
        """Return why no training can be begun, in a sentence; empty if one can."""
        dataset = self._subject.dataset
        if dataset is None:
            return "A training needs data: open the studio with them."
        if dataset.reference == "arrays":
            return "Data given as arrays cannot be read again by a training of its own: name a folder or a manifest."
        if home_of(self._subject) is None:
            return "A training lies beside a run's folder or a blueprint's file: open the studio on one of them."
        try:
            check_output(self._subject.network, dataset)
        except StriateError as error:
            return f"{error.rule[:1].upper()}{error.rule[1:]}; got {error.got}."
        return ""

    def starts(self) -> list[Start]:
        """Return what a training can begin with: random weights of a blueprint, the weights that are watched."""
        return ["anew", "weights"] if _plan(self._subject) else ["weights"]

    def begin(self, wanted: TrainingWanted) -> Path:
        """Begin a training in a folder that is not there yet, and return the folder.

        Raises:
            InputError: None can be begun; a recipe that cannot be followed; a folder that is there.
        """
        if refusal := self.refusal():
            raise InputError("a training must have a network and data to begin with", got=Quoted("none"), hint=refusal)
        if wanted.start not in self.starts():
            raise InputError("random weights must be those of a blueprint", got=Quoted(self._subject.name))
        recipe = Recipe(**wanted.recipe.model_dump())
        dataset = self._subject.dataset
        check_recipe(recipe, dataset.output.kind if dataset else None)
        plan = _plan(self._subject) if wanted.start == "anew" else ""
        with self._turn:
            folder = new_folder(self._subject, wanted.name)
            self._begin(folder, self._asked(folder, recipe.document(), plan, wanted.keep_every))
        return folder

    def resume(self, name: str) -> Path:
        """Go on with a training that was stopped, killed, or lost, keeping what it kept of its way, and return its folder.

        Raises:
            UnknownNameError: There is none of that name.
            InputError: It is done, or under way.
        """
        with self._turn:
            folder = self.folder(name)
            told = self.told(folder)
            if not told.can_resume:
                raise InputError(
                    "a training must have been stopped to be gone on with", got=Quoted(told.words), where=name
                )
            document = Run.read(folder).document
            recipe, inputs = document.settings["recipe"], document.inputs
            plan = _plan(self._subject)
            if plan:
                begun = describe(Blueprint.from_yaml(plan), Recipe.from_document(recipe))
                plan = plan if begun["weights"] == inputs["network"]["weights"] else ""
            data = {"data": inputs["data"]["reference"], "read_as": inputs["data"].get("read_as", {})}
            self._begin(folder, self._asked(folder, recipe, plan, noted_every(folder)) | data)
        return folder

    def stop(self, name: str) -> Path:
        """Ask a training of this studio to stop after its step, and return its folder.

        Raises:
            UnknownNameError: There is none of that name.
            InputError: It is not under way here.
        """
        with self._turn:
            folder = self.folder(name)
            if name not in self.going():
                raise InputError(
                    "a training must be under way here to be stopped", got=Quoted("one that is not"), where=name
                )
            self._begun[name][1].cancel()
        return folder

    def folders(self) -> list[Path]:
        """Return the folders of all trainings: the opened run, those beside it, those begun here that wrote nothing yet."""
        with self._turn:
            begun = [folder for folder, _ in self._begun.values()]
        known = trainings_of(self._subject)
        return known + [folder for folder in begun if folder not in known and folder.is_dir()]

    def folder(self, name: str) -> Path:
        """Return the folder of a training.

        Raises:
            UnknownNameError: There is none of that name.
        """
        known = {folder.name: folder for folder in self.folders()}
        if name not in known:
            raise unknown_name("training", name, list(known))
        return known[name]

    def told(self, folder: Path) -> TrainingRow:
        """Return how a training stands, by its own folder and by what this studio knows."""
        with self._turn:
            begun = self._begun.get(folder.name)
        opened, told = self._subject.folder, begun[1].told() if begun else None
        state, words, can_resume = standing(folder, told, is_alone=len(self.going()) < 2)
        return TrainingRow(
            name=folder.name,
            state=state,
            words=words,
            can_resume=can_resume,
            is_opened=opened is not None and opened.absolute() == folder.absolute(),
            job=told,
        )

    def going(self) -> list[str]:
        """Return the names of trainings that wait or run here."""
        with self._turn:
            return [name for name, (_, work) in self._begun.items() if work.state in {"waiting", "running"}]

    def close(self) -> None:
        """Ask all to stop; each writes its checkpoint and ends, also after the studio did."""
        self.jobs.close()

    def _asked(self, folder: Path, recipe: dict[str, Any], plan: str, keep_every: int) -> dict[str, Any]:
        dataset = self._subject.dataset
        return {
            "plan": plan,
            "network": self._subject.name,
            "data": "" if dataset is None else dataset.reference,
            "read_as": {} if dataset is None else dataset.read_as.document(),
            "recipe": recipe,
            "folder": str(folder),
            "keep_every": keep_every,
        }

    def _begin(self, folder: Path, asked: dict[str, Any]) -> None:
        def run(events: Events) -> None:
            trained(asked, events=events)

        # A folder is trained in again and again: each time is other work.
        settings = {"folder": str(folder), "at": time.monotonic_ns()}
        try:
            work = self.jobs.begin("training", settings, run, after=lambda: _remove_empty(folder))
        except InputError:
            _remove_empty(folder)
            raise
        self._begun[folder.name] = folder, work


def _remove_empty(folder: Path) -> None:
    """Remove a folder in which nothing was written: nothing is to be seen of it."""
    with suppress(OSError):
        folder.rmdir()


def _plan(subject: Subject) -> str:
    """Return the blueprint of what is watched, as YAML; empty where it has none."""
    origin = subject.network.origin
    return origin.text if origin.kind == "blueprint" and origin.ending is None and not origin.channels else ""
