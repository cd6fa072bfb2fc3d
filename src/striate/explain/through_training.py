"""Sparsity of every layer and what classes explain of it, followed through the weights a training kept."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from striate.data import Dataset, shuffled
from striate.errors import InputError, Quoted
from striate.events import SILENT, Events, Task
from striate.explain.saliency.anew import draw_anew
from striate.nets import Network, load_weights, read_weights
from striate.observe import SpecialisationCollector, observe
from striate.records import ThroughTraining, TrainingMoment
from striate.runs import Run
from striate.trace import Recording, trace
from striate.trace.shell import unwrapped
from striate.train.curve import read_split
from striate.train.journal import METRICS
from striate.train.moments import kept_moments

IMAGES = 256


def through_training(
    run: Run | Path | str,
    dataset: Dataset | None = None,
    *,
    network: Network | None = None,
    images: int = IMAGES,
    layers: Sequence[str] | None = None,
    seed: int = 0,
    events: Events = SILENT,
) -> ThroughTraining:
    """Return how sparse each layer was, and how far classes explained it, at the steps whose weights a run kept and at its end.

    The images are those the training was watched on: some of its validation part, the same ones at every step. A run that kept
    no start gets a twin in its place, the same network with weights drawn anew; that is said (`is_twin`, `notes`).

    Args:
        run: A training, or its folder.
        dataset: Its data, if they are loaded already or were given as arrays.
        network: What the run holds, if it is loaded already, or came from a module in a session.
        images: How many validation images at most.
        layers: Names of layers; None takes those that learned or rectify.
        seed: Of the twin.
        events: Hears of each step; may cancel.

    Raises:
        InputError: The run is no training; fewer than one image.
        DataError: The data are not those that were trained on.
        WeightsError: Kept weights that do not fit the network.
        Cancelled: The watcher asked to stop.

    When it misleads:
        Of some hundred images classes explain something by chance: hold `explained` against `chance_explained`, and against step
        0. A twin has the statistics of a random start (those of batch normalisation as trained), but is not the start this
        training had.

    Source:
        The course of sparsity is our reading of what training does to activation maps; η² as an index of selectivity is usual
        in physiology. Differs: None.

    Cost:
        One pass over the images for each kept step: some eight of them.

    Example:
        >>> found = through_training("runs/a")                                   # doctest: +SKIP
        >>> [(moment.step, moment.layers[0].explained) for moment in found.moments]  # doctest: +SKIP
        [(0, 0.21), (1, 0.22), (4, 0.27), (16, 0.35), (64, 0.41), (480, 0.44)]
    """
    run = run if isinstance(run, Run) else Run.read(run)
    if images < 1:
        raise InputError("images must be at least 1", got=images)
    dataset, split = read_split(run, dataset)
    last = network or Network.read(run.folder / "network")
    # Samples are often sorted by class.
    chosen = shuffled(split.validation, seed=0, epoch=0)[:images]
    recording = trace(last.module, (1, *last.input_shape))
    kept = kept_moments(run.folder)
    closing, per_epoch = _steps(run)
    task = Task("following the training", total=len(kept) + 1 + (0 not in kept), unit="step", events=events)
    moments = []
    # The network of the caller stays as it is.
    with torch.inference_mode(mode=False):
        work = replace(last, module=copy.deepcopy(unwrapped(last.module)))
    if 0 not in kept:
        draw_anew(work, seed=seed)
        moments.append(_moment(work, dataset, chosen, recording, layers, step=0, is_twin=True))
        task.advance()
    for step, path in kept.items():
        if step < closing:
            load_weights(work.module, read_weights(path), where=str(path))
            moments.append(_moment(work, dataset, chosen, recording, layers, step=step))
        task.advance()
    moments.append(_moment(last, dataset, chosen, recording, layers, step=closing))
    task.advance()
    notes = (
        () if 0 in kept else ("The run kept no start: the same network with weights drawn anew stands in its place.",)
    )
    return ThroughTraining(moments=tuple(moments), steps_per_epoch=per_epoch, part="validation", notes=notes)


def _moment(
    network: Network,
    dataset: Dataset,
    chosen: Sequence[int],
    recording: Recording,
    layers: Sequence[str] | None,
    *,
    step: int,
    is_twin: bool = False,
) -> TrainingMoment:
    collector = SpecialisationCollector(layers, with_classes=dataset.output.kind == "classes")
    observe(network, dataset, chosen, [collector], recording=recording)
    return TrainingMoment(step=step, is_twin=is_twin, layers=collector.result())


def _steps(run: Run) -> tuple[int, int]:
    """Return the step whose weights the run holds, and how many steps an epoch has."""
    rows = run.rows(METRICS)
    at = {row["epoch"]: row["step"] for row in rows if row["kind"] == "epoch"}
    if not at:
        raise InputError(
            "a training must have ended an epoch to be followed", got=Quoted("none"), where=str(run.folder)
        )
    ended = [row for row in rows if row["kind"] == "end"]
    epoch = ended[-1]["kept_epoch"] if ended and ended[-1]["kept_epoch"] is not None else max(at)
    return at[epoch], at.get(1, 0)
