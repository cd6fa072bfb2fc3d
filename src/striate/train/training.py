"""`train`: from a network, data and a recipe to a run folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from striate.blueprint import Blueprint
from striate.data import Dataset, Split
from striate.errors import DataError, InputError
from striate.events import SILENT, Events
from striate.nets import Network
from striate.records.training import Recipe, TrainingCurve
from striate.records.trial import Speed
from striate.runs import Run
from striate.train.choosing import choose_way, watchers
from striate.train.curve import COMMAND, read_curve, split_key, write_seen
from striate.train.device import Device, accelerated, own_state
from striate.train.fewer import fewer
from striate.train.moments import note_every
from striate.train.ranks import begin_run
from striate.train.recipes import check_recipe
from striate.train.result import read_result
from striate.train.session import Session
from striate.train.start import check_output, check_parts, describe
from striate.train.stopping import interrupts, told_ending

SPLIT = {"seed": 0, "validation": 0.1, "test": 0.2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What a training made.

    Attributes:
        network: The trained network, in eval mode, with its receipt; not the one that was given.
        curve: How it went.
        run: The folder it is in.
        split: Which samples it learned from, and which it never saw.
    """

    network: Network
    curve: TrainingCurve
    run: Run
    split: Split


def train(  # noqa: PLR0913 - what, on what, how, where, and what is kept
    network: Network | Blueprint,
    dataset: Dataset,
    recipe: Recipe,
    folder: Path | str,
    *,
    events: Events = SILENT,
    threads: int | None = None,
    speed: Speed | None = None,
    keep_checkpoints: bool | None = None,
    keep_every: int = 0,
) -> Trained:
    """Return the network trained on the data by the recipe; all about it is in a run folder.

    A blueprint starts from the recipe's weights, a network from its own. The loss belongs to the
    kind of output (see `Loss`), the weights are those after the last step, or with patience those of the best epoch. Weight
    decay leaves biases and normalisation alone. One tenth of the samples is for validation, a fifth is held out
    (`Dataset.split`, seed 0, whatever the recipe's seed).

    A training that was killed or stopped goes on when it is started again in the same folder, and
    ends in the same weights, bit for bit, on the same machine, versions and thread count. A
    finished one is read and returned at once. A checkpoint is written after each epoch and every 20
    seconds.

    Args:
        network: What to train; it is not changed.
        dataset: What to train on.
        recipe: How.
        folder: The run folder: new, empty, or holding this very training.
        events: Hears "training", one step at a time, with loss, score and rate; may cancel.
        threads: Processor threads; part of what decides the last bits. None: torch's own number, or
            that of the run to go on with.
        speed: How the numbers are worked out: stated, or found by a trial (`try_machine`), whose choice is kept in the run and
            holds when it goes on. None: plain memory, at the precision Accelerate was launched with.

        keep_checkpoints: Whether the weights before the first step and after 1, 4, 16, 64 … steps stay in `moments/`, for looking
            at what came about when. None: if they are small, up to 4 MiB each.
        keep_every: Keep weights of any size there after every so many epochs as well, the start included; 0 for none. Like
            `keep_checkpoints` it changes nothing of the training, and may be another when it goes on.

    In several processes (`accelerate launch`, `torchrun`) each works on its part of every batch: the recipe's batch is that of
    a step, whatever their number. The first alone writes.

    Raises:
        InputError: A recipe that cannot be followed; a folder that holds something else.
        UnknownNameError: A part of the network that it does not have.
        ShapeError: The network does not answer what the data ask.
        DataError: Other output names; nothing to validate on.
        DivergedError: The loss left the finite numbers or ran away (see `Watch`), with a guard that goes back several times
            over; `network/` holds the weights at the end of the last good epoch.
        RunError: Something moved that was to stay, or was trained at another rate than promised; a step does not fit into memory
            with one image at once; another process is gone.
        StorageError: The disk refused; the last checkpoint is whole.
        Cancelled: Stopped by Ctrl-C or by the watcher, after a whole step; `network/` holds the
            weights so far.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> from striate.data import load_data
        >>> plan = Blueprint.from_text("input 1x8x8; conv 3x3 2, relu; globalavgpool; classes 2")
        >>> images = torch.arange(40 * 64).reshape(40, 8, 8) % 251
        >>> data = load_data((images.byte(), [0] * 20 + [1] * 20))
        >>> with TemporaryDirectory() as folder:
        ...     trained = train(plan, data, Recipe(rate=0.05, epochs=2, batch=7), folder)
        >>> [row.epoch for row in trained.curve.epochs], trained.run.document.status
        ([0, 1, 2], 'done')
    """
    check_recipe(recipe, dataset.output.kind)
    check_output(network, dataset)
    check_parts(network, recipe)
    if keep_every < 0:
        raise InputError("keep_every must be at least 0", got=keep_every)
    if threads is not None and threads < 1:
        raise InputError("threads must be at least 1", got=threads)
    split = fewer(dataset, dataset.split(seed=0, validation=SPLIT["validation"], test=SPLIT["test"]), recipe.images)
    if not split.validation:
        raise DataError(
            "data must leave at least one sample to validate on",
            got=len(dataset),
            where=dataset.name,
        )
    with accelerated() as device:
        settings = _settings(Path(folder), recipe, device, threads)
        with own_state(device.place, settings["threads"]):
            chosen = choose_way(network, dataset, split, recipe, device, speed or Speed(), Path(folder))
            if chosen.sentence:
                events.log(chosen.sentence)
            run = begin_run(
                device.ranks,
                lambda: Run.begin(
                    folder,
                    command=COMMAND,
                    inputs=_inputs(network, dataset, split, recipe),
                    settings={**settings, **chosen.settings},
                ),
            )
            if run.document.status == "done":
                made = read_result(run, network)
            else:
                with interrupts() as is_interrupted, told_ending(run, "training"):
                    if device.ranks.leads:
                        write_seen(run, dataset, split)
                        note_every(run.folder, keep_every)
                    watching, stops = watchers(events, is_interrupted, device.ranks)
                    session = Session(
                        network,
                        dataset,
                        split,
                        recipe,
                        run,
                        watching,
                        keep_checkpoints=keep_checkpoints,
                        keep_every=keep_every,
                    )
                    made = session.run(device.working(chosen.way), stops)
                    device.ranks.wait()  # until it is written
            curve = read_curve(run)
            device.ranks.wait()  # until all have read it, since the first may clear it away
    return Trained(network=made, curve=curve, run=run, split=split)


def _inputs(network: Network | Blueprint, dataset: Dataset, split: Split, recipe: Recipe) -> dict[str, Any]:
    return {
        "network": describe(network, recipe),
        "data": {
            "reference": dataset.reference,
            "fingerprint": dataset.fingerprint,
            "output": dataset.output.kind,
        }
        | ({"read_as": said} if (said := dataset.read_as.document()) else {}),
        "split": SPLIT
        | {
            "train_count": len(split.train),
            "validation_count": len(split.validation),
            "test_count": len(split.test),
            "key": split_key(dataset, split),
        },
    }


def _settings(folder: Path, recipe: Recipe, device: Device, threads: int | None) -> dict[str, Any]:
    """Return the settings; a run that is there says how many threads, a finished one also where."""
    settings: dict[str, Any] = {
        "recipe": recipe.document(),
        "threads": threads or torch.get_num_threads(),
        "device": device.place.type,
        "precision": device.precision,
    }
    if (folder / "run.json").is_file():
        document = Run.read(folder).document
        kept = ("threads",) if threads is None else ()
        for name in ("threads", "device", "precision") if document.status == "done" else kept:
            settings[name] = document.settings.get(name, settings[name])
    return settings
