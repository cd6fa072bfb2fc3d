"""The comparison of where each beginning starts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite, isnan

import numpy as np
import torch
from numpy.typing import NDArray

from striate.blueprint import Blueprint
from striate.data import Dataset, Split, batches, shuffled
from striate.errors import InputError
from striate.events import SILENT, Events, Task
from striate.nets import Network
from striate.nets.beginnings import Ground, read_beginning
from striate.nets.beginnings.bank import convolutions
from striate.nets.beginnings.weighted import weight_of
from striate.numbers import duration, plural
from striate.records.beginnings import BeginningComparison, Begun, Difference, FirstSteps, Start
from striate.records.output import Output, Preprocessing
from striate.records.training import Recipe
from striate.train.asking import recipe_with
from striate.train.begun import begin_own, preprocessing_for
from striate.train.device import Device, accelerated, own_state
from striate.train.first_steps import Steps, first_steps, make_work
from striate.train.losses import Loss
from striate.train.paired import paired_difference
from striate.train.ranks import refuse_several
from striate.train.recipes import check_recipe
from striate.train.score import SCORE_NAMES
from striate.train.start import check_output
from striate.train.start_reading import mean_start, read_start
from striate.train.training import SPLIT

POINTS = 5
_TRIED_STEPS = 3


def compare_beginnings(  # noqa: PLR0913 - what to compare, on what, and for how long
    network: Network | Blueprint,
    dataset: Dataset,
    beginnings: Sequence[str],
    *,
    steps: int = 200,
    seeds: int = 3,
    images: int = 500,
    recipe: Recipe | None = None,
    events: Events = SILENT,
) -> BeginningComparison:
    """Return where each beginning starts: values and gradients before training, and the first steps of it.

    All begin from the same seeds, with the same images in the same order, so that differences are paired. The held-out
    samples are the validation part; the test part is not touched.

    Args:
        network: A blueprint, or a network whose weights are begun anew; not changed.
        dataset: What to train on.
        beginnings: At least one, each once; the first is what the others are compared with.
        steps: Of training, for each seed and beginning.
        seeds: How many, from 0.
        images: Training images used, drawn once; all if there are fewer.
        recipe: How to train; its `init`, `seed` and `epochs` are not used. What `striate train` takes for these data if None.
        events: Hears how long it will take, then progress; may cancel.

    Raises:
        UnknownNameError: A beginning nobody knows.
        InputError: No beginning, one twice; no steps, seeds or images.

    When it misleads:
        The first steps are not the last: a start that is ahead after 200 steps may end behind. One learning rate serves all
        beginnings, and may suit one of them best. Few seeds know little; the interval says how little.

    Source:
        Ours; that seeds should be paired and intervals shown: Bouthillier et al., "Accounting for Variance in Machine Learning
        Benchmarks", MLSys 2021. Differs: None.

    Example:
        >>> from striate.data import load_data
        >>> plan = Blueprint.from_text("input 1x28x28; conv 5x5 4, relu; maxpool 4; classes 10")
        >>> found = compare_beginnings(plan, load_data("digits"), ["he", "small"], steps=2, seeds=1, images=20)
        >>> found.beginnings, found.steps[0].losses.shape
        (('he', 'small'), (1, 2))
    """
    names = _checked(beginnings, steps, seeds, images)
    check_output(network, dataset)
    recipe = recipe_with(dataset.reference) if recipe is None else recipe
    check_recipe(recipe, dataset.output.kind)
    split = dataset.split(seed=0, validation=SPLIT["validation"], test=SPLIT["test"])
    split = replace(split, train=tuple(sorted(shuffled(split.train, seed=0, epoch=0)[:images])))
    points = tuple(sorted({round(steps * part / POINTS) for part in range(POINTS + 1)}))
    preprocessing = preprocessing_for(network, dataset, split.train, events)
    with accelerated() as device, own_state(device.place, torch.get_num_threads()):
        refuse_several(device.ranks, "comparing beginnings")
        bench = Bench(
            given=network,
            dataset=dataset,
            split=split,
            recipe=replace(recipe, batch=min(recipe.batch, len(split.train))),
            preprocessing=preprocessing,
            steps=steps,
            points=points,
            device=device,
            events=events,
        )
        _tell_time(bench, names, seeds)
        task = Task("comparing", total=len(names) * seeds * steps, unit="step", events=events)
        runs = [[_tried(bench, name, seed, task) for seed in range(seeds)] for name in names]
    return _gathered(bench, names, runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What every run of a comparison has in common."""

    given: Network | Blueprint
    dataset: Dataset
    split: Split
    recipe: Recipe
    preprocessing: Preprocessing
    steps: int
    points: tuple[int, ...]
    device: Device
    events: Events


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    begun: Begun
    start: Start
    steps: Steps
    layer: str
    filters: NDArray[np.float32] | None
    seconds: float


def _checked(beginnings: Sequence[str], steps: int, seeds: int, images: int) -> tuple[str, ...]:
    for name, number, least in (("steps", steps, 1), ("seeds", seeds, 1), ("images", images, 2)):
        if number < least:
            raise InputError(f"{name} must be at least {least}", got=number)
    if not beginnings:
        raise InputError("there must be a beginning to compare", got="none")
    for name in beginnings:
        read_beginning(name)
    if len(set(beginnings)) < len(beginnings):
        raise InputError("a beginning must be named once", got=", ".join(beginnings))
    return tuple(beginnings)


def _tried(bench: Bench, name: str, seed: int, task: Task) -> _Run:
    began = time.monotonic()
    recipe = replace(bench.recipe, init=name, seed=seed)
    # What a start trains on its own (rotation) would tell of steps that are not ours.
    network, begun = begin_own(bench.given, bench.dataset, bench.split.train, recipe, bench.preprocessing, SILENT)
    layer, filters = _filters(network)
    start = _start(network, bench, name)
    work = make_work(network, bench.dataset, bench.split, recipe, bench.device)
    made = first_steps(work, bench.steps, bench.points, advance=lambda loss: task.advance(loss=loss))
    if made.is_lost:
        task.advance(sum(isnan(loss) for loss in made.losses) - 1)
    return _Run(begun=begun, start=start, steps=made, layer=layer, filters=filters, seconds=time.monotonic() - began)


def _start(network: Network, bench: Bench, name: str) -> Start:
    drawn = shuffled(bench.split.train, seed=0, epoch=1)[: bench.recipe.batch]
    batch = next(batches(bench.dataset, drawn, bench.preprocessing, batch_size=len(drawn)))
    loss = Loss(network.output, network.preprocessing, label_smoothing=bench.recipe.label_smoothing)
    return read_start(network.module, batch.images, batch.targets, loss, beginning=name)


def _filters(network: Network) -> tuple[str, NDArray[np.float32] | None]:
    """Return the first convolution of images and its filters, ("", None) if there is none."""
    ground = Ground(module=network.module, seed=0, generator=torch.Generator(), shape=network.input_shape)
    found = convolutions(ground)
    if not found or weight_of(found[0][1]).ndim != 4:
        return "", None
    return found[0][0], weight_of(found[0][1]).detach().cpu().numpy().copy()


def _tell_time(bench: Bench, names: tuple[str, ...], seeds: int) -> None:
    """Time a few steps on a copy, and say how long all will take."""
    network, _ = begin_own(
        bench.given, bench.dataset, bench.split.train, replace(bench.recipe, init="he"), bench.preprocessing, SILENT
    )
    work = make_work(network, bench.dataset, bench.split, bench.recipe, bench.device)
    first_steps(work, 1, (), advance=lambda _: None)
    began = time.monotonic()
    first_steps(work, _TRIED_STEPS, (), advance=lambda _: None)
    a_step = (time.monotonic() - began) / _TRIED_STEPS
    total = a_step * bench.steps * seeds * len(names)
    bench.events.log(
        f"{plural(len(names), 'beginning')} × {plural(seeds, 'seed')} × {plural(bench.steps, 'step')}: about "
        f"{duration(total)}, and what the beginnings themselves take."
    )


def _gathered(bench: Bench, names: tuple[str, ...], runs: list[list[_Run]]) -> BeginningComparison:
    steps = tuple(_steps(name, bench.points, row) for name, row in zip(names, runs, strict=True))
    first = runs[0][0]
    return BeginningComparison(
        beginnings=names,
        starts=tuple(mean_start([run.start for run in row]) for row in runs),
        steps=steps,
        filters={name: row[0].filters for name, row in zip(names, runs, strict=True) if row[0].filters is not None},
        filter_layer=first.layer,
        begun=tuple(row[0].begun for row in runs),
        differences=tuple(_difference(other, steps[0]) for other in steps[1:]),
        score_name=SCORE_NAMES[bench.dataset.output.kind],
        chance=Loss(first_output(bench), bench.preprocessing).of_ignorance,
        train_count=len(bench.split.train),
        held_out_count=len(bench.split.validation),
        seeds=tuple(range(len(runs[0]))),
    )


def first_output(bench: Bench) -> Output:
    """Return what the network answers with."""
    return Output(kind=bench.dataset.output.kind, names=bench.dataset.output.names)


def _steps(name: str, points: tuple[int, ...], row: list[_Run]) -> FirstSteps:
    return FirstSteps(
        beginning=name,
        losses=np.array([run.steps.losses for run in row]),
        points=points,
        scores=np.array([run.steps.scores for run in row]),
        lost=tuple(seed for seed, run in enumerate(row) if run.steps.is_lost),
        seconds=sum(run.seconds for run in row),
    )


def _difference(one: FirstSteps, other: FirstSteps) -> Difference:
    """Return the paired difference of the last scores, over the seeds that neither lost."""
    pairs = [
        (float(a), float(b))
        for a, b in zip(one.scores[:, -1], other.scores[:, -1], strict=True)
        if isfinite(a) and isfinite(b)
    ]
    mean, interval = paired_difference(*zip(*pairs, strict=True)) if pairs else (0.0, (0.0, 0.0))
    return Difference(beginning=one.beginning, against=other.beginning, mean=mean, interval=interval, seeds=len(pairs))
