"""One training of a study, wherever it is worked on: a cell's network from one seed."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

from striate import fingerprint, schema
from striate.blueprint import Blueprint
from striate.data import Dataset, Split, batches, load_data, shuffled
from striate.errors import DivergedError, InputError, Quoted
from striate.events import SILENT, Events
from striate.nets import Network
from striate.observe import ActivityCollector, observe
from striate.records.training import Recipe
from striate.records.trial import Speed
from striate.runs import write_json
from striate.runs.claim import claim
from striate.train import train
from striate.train.balancing import loss_for
from striate.train.device import Device, accelerated, own_state
from striate.train.evaluate import Evaluation, evaluate
from striate.train.start import starting_network
from striate.train.start_reading import read_start
from striate.train.training import Trained

SCHEMA_VERSION = 2
RESULT = "result.json"
BUSY = "busy"
# Last bits depend on how many threads share a sum: one, wherever it is.
THREADS = 1
# Stated and not tried: a trial would choose by how busy a machine is, and numbers would differ from one to the next.
SPEED = Speed(memory_format="channels-last")
_IMAGES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One training.

    Attributes:
        plan: Text of the blueprint.
        data: Reference of the data.
        data_key: Their fingerprint: other data under the same name are another training.
        recipe: With its seed and rate.
    """

    plan: str
    data: str
    data_key: str
    recipe: Recipe

    @property
    def blueprint(self) -> Blueprint:
        """The network."""
        return Blueprint.from_text(self.plan)

    @property
    def key(self) -> str:
        """Content key; a training of another study that is the same is not done again when that study is forked."""
        return fingerprint.of_json(
            {"plan": self.plan, "data": self.data_key, "recipe": self.recipe.document(), "version": SCHEMA_VERSION}
        )

    def arguments(self, folder: Path, *, judged: bool = True) -> dict[str, Any]:
        """Return what `train_work` takes, as plain values."""
        return {
            "plan": self.plan,
            "data": self.data,
            "data_key": self.data_key,
            "recipe": self.recipe.document(),
            "folder": str(folder / fingerprint.short(self.key)),
            "judged": judged,
        }


def train_work(
    *,
    plan: str,
    data: str,
    data_key: str,
    recipe: dict[str, Any],
    folder: str,
    judged: bool = True,
    events: Events = SILENT,
) -> dict[str, Any]:
    """Return what came of a training; it is done in its folder, once, however many ask for it.

    Args:
        plan: Text of the blueprint.
        data: Reference of the data.
        data_key: What their fingerprint must be.
        recipe: Plain values of it.
        folder: The training's own; a training that was cut off goes on there.
        judged: Whether the test part and the network's health are looked at; what only chooses has no need of either.
        events: Hears the training; may cancel.

    Returns:
        The result's document; {"busy": folder} while another process has it.

    Raises:
        InputError: Data that changed since the study began.
        StorageError: The disk refused.
        Cancelled: The watcher asked to stop.
    """
    place = Path(folder)
    with claim(lock_of(place)) as is_free:
        if not is_free:
            return {BUSY: folder}
        found = read_result(place)
        if found is not None and (found["failed"] or not judged or "score" in found):
            return found
        dataset = _data(data)
        if dataset.fingerprint != data_key:
            raise InputError(
                "data must be those the study began with",
                got=Quoted("others"),
                where=data,
                hint="Begin in another folder, or bring the data back as they were.",
            )
        with quiet():
            made = _made(Blueprint.from_text(plan), dataset, Recipe.from_document(recipe), place, events, judged=judged)
        write_json(place / RESULT, {"schema": schema.stamp("study-training", SCHEMA_VERSION)} | made)
    return made


def lock_of(place: Path) -> Path:
    """Return the file that whoever works on the training in a folder holds."""
    return place.with_name(f"{place.name}.lock")


def read_result(place: Path) -> dict[str, Any] | None:
    """Return what came of the training in a folder, None while nothing did."""
    path = place / RESULT
    if not path.is_file():
        return None
    document = schema.accept(
        json.loads(path.read_text(encoding="utf-8")), "study-training", SCHEMA_VERSION, where=str(path)
    )
    return {name: value for name, value in document.items() if name != "schema"}


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back torch's hint that an even kernel costs a copy of its input: a study of filters' sizes knows."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Using padding='same' with even kernel", UserWarning)
        yield


@lru_cache(maxsize=2)
def _data(reference: str) -> Dataset:
    # A worker trains many networks on the same data: they are decoded once.
    return load_data(reference)


def _made(
    plan: Blueprint, dataset: Dataset, recipe: Recipe, place: Path, events: Events, *, judged: bool
) -> dict[str, Any]:
    try:
        trained = train(
            plan, dataset, recipe, place / "run", threads=THREADS, speed=SPEED, keep_checkpoints=False, events=events
        )
    except DivergedError as error:
        # The same seed would diverge again: that is a result.
        return {"failed": str(error)}
    last = trained.curve.kept
    found = {
        "failed": "",
        "validation_score": last.score,
        "validation_loss": last.validation_loss,
        "train_loss": last.train_loss,
        "seconds": sum(row.seconds for row in trained.curve.epochs),
    }
    if not judged:
        return found
    with accelerated() as device, own_state(device.place, THREADS):
        test = _tested(trained, dataset, recipe, device)
        health = _health(plan, trained, dataset, recipe)
    return found | {"score": test.score, "loss": test.loss, "health": health}


def _tested(trained: Trained, dataset: Dataset, recipe: Recipe, device: Device) -> Evaluation:
    loss = loss_for(trained.network, dataset, trained.split.train, recipe)
    return evaluate(
        trained.network.module.to(device.place),
        dataset,
        trained.split.test,
        trained.network.preprocessing,
        loss=loss.to(device.place),
        device=device,
        batch_size=max(recipe.batch, 100),
        check=lambda: None,
    )


def _health(plan: Blueprint, trained: Trained, dataset: Dataset, recipe: Recipe) -> dict[str, Any]:
    """Return gradients by depth before and after training, and the dead units, all on validation images."""
    chosen = shuffled(trained.split.validation, seed=0, epoch=0)[:_IMAGES]
    begun = starting_network(plan, dataset, trained.split, recipe, SILENT)
    activity = ActivityCollector()
    observe(trained.network, dataset, chosen, [activity])
    return {
        "start": _layers(begun, dataset, trained.split, chosen, recipe),
        "end": _layers(trained.network, dataset, trained.split, chosen, recipe),
        "dead": {row.layer: [len(row.dead), row.units] for row in activity.result() if row.is_rectified},
    }


def _layers(
    network: Network, dataset: Dataset, split: Split, chosen: tuple[int, ...], recipe: Recipe
) -> list[dict[str, Any]]:
    batch = next(iter(batches(dataset, chosen, network.preprocessing, batch_size=len(chosen))))
    with torch.inference_mode(mode=False):
        loss = loss_for(network, dataset, split.train, recipe)
        start = read_start(network.module, batch.images.clone(), batch.targets.clone(), loss, beginning=recipe.init)
    kept = ("layer", "gradient_norm", "active_share")
    return [{name: value for name, value in asdict(row).items() if name in kept} for row in start.layers]
