"""How a training is worked out: as stated, as tried, or as the run to go on with has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from striate.blueprint import Blueprint
from striate.data import Dataset, Split, batches
from striate.errors import InputError, Quoted
from striate.events import SILENT, Events
from striate.nets import Network
from striate.records.training import Recipe
from striate.records.trial import Speed, Trial, Way
from striate.runs import Run
from striate.train.balancing import loss_for, training_order
from striate.train.device import Device
from striate.train.ranks import Agreed, Ranks
from striate.train.start import starting_network
from striate.train.trial import stated_way, try_machine
from striate.train.turns import Steps

_NAMES = {"no": "float32"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """How a training is worked out.

    Attributes:
        way: For `Device.working`.
        settings: What run.json says of it; nothing for torch's defaults in one process.
        sentence: What the trial found; empty if there was none.
    """

    way: Way
    settings: Mapping[str, Any] = field(default_factory=dict)
    sentence: str = ""


def choose_way(
    given: Network | Blueprint,
    dataset: Dataset,
    split: Split,
    recipe: Recipe,
    device: Device,
    speed: Speed,
    folder: Path,
) -> Chosen:
    """Return how to work: what a run in the folder has recorded, else what is stated or tried.

    Raises:
        InputError: The run in the folder is worked out in another way, or in another number of processes.
    """
    ranks = device.ranks
    told = ranks.lead(lambda: {"stored": _stored(folder)})
    if told["stored"] is not None:
        return _kept(told["stored"], speed, device, folder)
    if "auto" not in {speed.memory_format, speed.precision}:
        way = stated_way(device.way, speed)
        return Chosen(way=way, settings=_settings(way, ranks))
    trial = try_machine(_steps(given, dataset, split, recipe, device), speed, steps=_count(split, recipe))
    # All have worked at once, as in the training; the first one's clock decides.
    trial = Trial.from_document(ranks.lead(trial.document))
    settings = _settings(trial.way, ranks) | ({"trial": trial.document()} if trial.tried else {})
    return Chosen(way=trial.way, settings=settings, sentence=trial.sentence)


def watchers(events: Events, is_interrupted: Callable[[], bool], ranks: Ranks) -> tuple[Events, Callable[[], bool]]:
    """Return who watches a training, and whether it was interrupted: in several processes, by agreement."""
    if ranks.world_size == 1:
        return events, is_interrupted
    agreed = Agreed(events, is_interrupted, ranks)
    return agreed, agreed.is_cancelled


def _stored(folder: Path) -> dict[str, Any] | None:
    if not (folder / "run.json").is_file():
        return None
    document = Run.read(folder).document
    return {**document.settings, "is_done": document.status == "done"}


def _kept(stored: dict[str, Any], speed: Speed, device: Device, folder: Path) -> Chosen:
    """Return the way of a run that is there; refuse to go on with it in another one."""
    precision = stored.get("precision", "no")
    way = Way(
        memory_format=stored.get("memory_format", "plain"),
        precision="bf16" if precision == "bf16" else "float32",
        is_fused=stored.get("fused", False),
        evaluation_batch=stored.get("evaluation_batch", 0),
    )
    asked = speed.precision if speed.precision != "launched" else _NAMES.get(device.precision, device.precision)
    for name, wanted, there in (
        ("memory format", speed.memory_format, way.memory_format),
        ("precision", asked, way.precision),
        ("number of processes", device.ranks.world_size, stored.get("processes", 1)),
    ):
        if wanted not in {"auto", there} and not stored["is_done"]:
            raise InputError(
                f"a run folder must be resumed with the same {name}",
                got=Quoted(f"{wanted} (there {there})"),
                where=str(folder),
                hint="Start it as it was begun, or choose another --out.",
            )
    kept = {key: stored[key] for key in _KEPT if key in stored}
    return Chosen(way=way, settings=kept | {"precision": precision})


_KEPT = ("memory_format", "fused", "evaluation_batch", "processes", "trial")


def _settings(way: Way, ranks: Ranks) -> dict[str, Any]:
    """Return what differs from torch's defaults in one process, so that older runs can be gone on with."""
    settings: dict[str, Any] = {"precision": "bf16" if way.precision == "bf16" else "no"}
    settings |= {"memory_format": way.memory_format} if way.memory_format != "plain" else {}
    settings |= {"fused": True} if way.is_fused else {}
    settings |= {"evaluation_batch": way.evaluation_batch} if way.evaluation_batch else {}
    return settings | ({"processes": ranks.world_size} if ranks.world_size > 1 else {})


def _steps(given: Network | Blueprint, dataset: Dataset, split: Split, recipe: Recipe, device: Device) -> Steps:
    """Return the first step of the training, for the trial: weights begin as He's, whatever the recipe's beginning."""
    ranks = device.ranks
    some = training_order(dataset, split.train, recipe, epoch=0)[: recipe.batch]
    start = starting_network(given, dataset, replace(split, train=some), replace(recipe, init="he"), SILENT)
    batch = next(
        batches(
            dataset,
            some,
            start.preprocessing,
            batch_size=len(some),
            rank=ranks.rank if len(some) >= 2 * ranks.world_size else 0,
            world_size=ranks.world_size,
        )
    )
    return Steps(
        module=start.module,
        images=batch.images,
        targets=batch.targets,
        loss=loss_for(start, dataset, split.train, recipe).to(device.place),
        recipe=recipe,
        device=device,
    )


def _count(split: Split, recipe: Recipe) -> int:
    return -(-len(split.train) // recipe.batch) * recipe.epochs
