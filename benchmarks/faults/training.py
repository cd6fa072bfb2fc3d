"""From a case to a folder: the network as its user would have it, sound or with its fault."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from shutil import rmtree

import torch
from benchmarks.faults.architectures import plan
from benchmarks.faults.cases import Case
from benchmarks.faults.faults import FAULTS, HEALTHY, KILLED
from benchmarks.faults.pictures import TASKS, Pictures, negative
from benchmarks.faults.planted_weights import dead_share, foreign_statistics
from benchmarks.faults.recipes import RECIPES

from striate.blueprint import Blueprint
from striate.data import Dataset, Split, batches
from striate.errors import DivergedError
from striate.events import SILENT
from striate.nets import Network
from striate.observe import PredictionCollector, observe, scoreboard
from striate.records.training import Recipe
from striate.runs import write_json
from striate.train import train
from striate.train.start import starting_network

MADE = "made.json"
# What a fault in a trained network must cost on the pictures it was trained on, of 1.
COST = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Withheld(Dataset):
    """A data set whose training and validation parts are without a class; what is held out is as it would be."""

    missing: int

    def split(self, *, seed: int = 0, validation: float = 0.1, test: float = 0.2) -> Split:
        """Return the usual division without the class."""
        whole = Dataset.split(self, seed=seed, validation=validation, test=test)
        train_part, validation_part = (
            tuple(index for index in part if self.samples[index].target != self.missing)
            for part in (whole.train, whole.validation)
        )
        return replace(whole, train=train_part, validation=validation_part)


def pictures_of(case: Case) -> Pictures:
    """Return the pictures a case's user has."""
    sound = TASKS[case.task](case.seed)
    planted = FAULTS[case.fault].pictures
    return sound if planted is None else planted(sound, case.draw())


def subject_of(case: Case, folder: Path) -> Path:
    """Return what of a case is judged: the run, or the network alone."""
    place = folder / case.name
    return place / "network" if (place / "network").is_dir() else place / "run"


def make(case: Case, folder: Path) -> str:
    """Make a case's network, unless it is there; return what was done in words."""
    place = folder / case.name
    if (place / MADE).is_file():
        return "there"
    torch.set_num_threads(1)
    if place.is_dir():
        rmtree(place)
    told = _made(case, folder, place)
    write_json(place / MADE, {**asdict(case), "told": told})
    return told


def _made(case: Case, folder: Path, place: Path) -> str:
    fault, draw = FAULTS[case.fault], case.draw()
    if fault.network is not None or case.fault == "foreign-statistics":
        sound = replace(case, fault=HEALTHY)
        make(sound, folder)
        return _broken(case, Network.read(folder / sound.name / "run" / "network"), place / "network")
    pictures = pictures_of(case)
    dataset = pictures.dataset()
    blueprint = plan(case.architecture, pictures.images.shape[1:], pictures.classes)
    recipe = replace(RECIPES[case.task], seed=case.seed)
    if fault.is_class_withheld:
        trained = train(
            blueprint, _without(dataset, int(draw.integers(pictures.classes))), recipe, place / "run", threads=1
        )
        trained.network.save(place / "network")
        return "trained without a class"
    if fault.is_trained and fault.start is None:
        return _trained(blueprint, dataset, fault.recipes(recipe) if fault.recipes else [recipe], place)
    start = starting_network(blueprint, dataset, dataset.split(), recipe, SILENT)
    if fault.start is None:
        start.save(place / "network")
        return "never trained"
    train(fault.start(start, draw), dataset, recipe, place / "run", threads=1)
    return "planted before training"


def _broken(case: Case, sound: Network, place: Path) -> str:
    """Save the first broken copy of a network that costs enough; the last if none does."""
    fault, draw = FAULTS[case.fault], case.draw()
    if fault.network is not None:
        copies = fault.network(sound, draw)
    else:
        others = draw.permutation([task for task in TASKS if task != case.task])
        foreign = [TASKS[str(task)](case.seed) for task in others]
        copies = (foreign_statistics(sound, pictures) for pictures in (*foreign, *map(negative, foreign)))
    dataset = pictures_of(case).dataset()
    seen = dataset.split().train
    before, cost = _accuracy(sound, dataset, seen), 0.0
    for broken in copies:
        broken.save(place)
        cost = before - _accuracy(broken, dataset, seen)
        if cost >= COST or not fault.must_cost:
            break
    return f"planted in the trained network, at the cost of {100 * cost:.1f} points"


def _accuracy(network: Network, dataset: Dataset, samples: tuple[int, ...]) -> float:
    collector = PredictionCollector(network)
    observe(network, dataset, samples, [collector])
    return scoreboard(collector.result()).main


def _trained(blueprint: Blueprint, dataset: Dataset, recipes: Sequence[Recipe], place: Path) -> str:
    """Train by the first recipe that takes effect; the last is kept if none does."""
    for recipe in recipes:
        if (place / "run").is_dir():
            rmtree(place / "run")
        try:
            trained = train(blueprint, dataset, recipe, place / "run", threads=1)
        except DivergedError as error:
            return str(error)
        if len(recipes) == 1:
            return "trained"
        seen = next(
            batches(dataset, trained.split.train, trained.network.preprocessing, batch_size=len(trained.split.train))
        )
        share = dead_share(trained.network, seen.images)
        if share >= KILLED:
            return f"rate {recipe.rate:g}: {share:.0%} of a layer is dead"
    return "no rate took effect"


def _without(dataset: Dataset, missing: int) -> Withheld:
    held = {one.name: getattr(dataset, one.name) for one in fields(Dataset) if one.init}
    return Withheld(**held, missing=missing)


def made(folder: Path) -> dict[str, str]:
    """Return the cases that are made, by name, with what was told of them."""
    return {
        path.parent.name: json.loads(path.read_text(encoding="utf-8"))["told"]
        for path in sorted(folder.glob(f"*/{MADE}"))
    }
