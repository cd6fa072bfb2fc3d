"""What a training begins with: a copy of the network, ready for the data."""

from __future__ import annotations

import copy
from dataclasses import asdict, replace
from typing import Any

import torch
from torch import Tensor, nn

from striate import fingerprint
from striate.blueprint import Blueprint
from striate.data import Dataset, Split, batches, measure_preprocessing, shuffled
from striate.errors import DataError, InputError, Quoted, ShapeError
from striate.events import SILENT, Events
from striate.graph import Shape, size
from striate.nets import Network, Origin, build, initialise
from striate.nets.beginnings import read_beginning
from striate.records.beginnings import Begun
from striate.records.output import Output, Preprocessing
from striate.records.training import Recipe
from striate.train.freezing import Freezing
from striate.train.groups import multipliers

QUIET = 0.1
MOST_VALUES = 2**25
_WEIGHTED = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)


def check_output(given: Network | Blueprint, dataset: Dataset) -> None:
    """Refuse a network that answers with something else than the data ask.

    Raises:
        ShapeError: Another kind of output, or another number of them.
        DataError: The same number under other names.
    """
    output = given.outputs if isinstance(given, Blueprint) else given.output
    asked = dataset.output
    if isinstance(given, Blueprint):
        _check_one_answer(given)
    if (output.kind, output.count) != (asked.kind, asked.count):
        raise ShapeError(
            f"a network's output must be the data's, {asked.kind} {asked.count}",
            got=Quoted(f"{output.kind} {output.count}"),
            where=dataset.name,
            hint=f"End the blueprint with `{asked.kind} {asked.count}`, or replace the last layer.",
        )
    if not output.is_called(asked.names):
        differing = next((a, b) for a, b in zip(output.names, asked.names, strict=True) if a != b)
        raise DataError(
            "a network's outputs must be called what the data call them, in the same order",
            got=Quoted(f"{differing[0]!r} for {differing[1]!r}"),
            where=dataset.name,
            hint="Rename the classes, or leave the names out of the blueprint.",
        )


def check_parts(given: Network | Blueprint, recipe: Recipe) -> None:
    """Refuse a recipe that speaks of parts the network does not have, before anything is written.

    Raises:
        UnknownNameError: A path that leads nowhere.
        InputError: A rate or an epoch that means nothing, or nothing left to train.
    """
    if not (recipe.frozen or recipe.rates or recipe.unfreeze):
        return
    if isinstance(given, Blueprint):
        with torch.random.fork_rng():
            module: nn.Module = build(given)
    else:
        module = given.module
    found = multipliers(module, recipe.rates)
    freezing = Freezing(module, recipe.frozen, unfreeze=recipe.unfreeze)
    if not any(multiplier and freezing.epoch_of(name) == 1 for name, multiplier in found.items()):
        raise InputError(
            "a network must have a parameter that is trained from the first epoch",
            got=0,
            where="recipe",
            hint="Freeze less.",
        )


def _check_one_answer(plan: Blueprint) -> None:
    """Refuse a blueprint that does not give one answer for each sample."""
    if plan.heads:
        raise ShapeError(
            "a network that is trained here must have one output",
            got=Quoted(f"{1 + len(plan.heads)}"),
            hint="Take the head(…) out; several outputs can be designed, checked and exported, not yet trained.",
        )
    shape = plan.graph().output.shape
    if len(shape) > 2:
        raise ShapeError(
            "a network that is trained here must give one answer for each sample",
            got=Quoted("one at each of " + "×".join(map(str, shape[2:])) + " places"),
            hint="Put globalavgpool before the output, or leave out by conv.",
        )


def describe(given: Network | Blueprint, recipe: Recipe) -> dict[str, Any]:
    """Return what identifies the start: how the network is built, and its weights."""
    if isinstance(given, Blueprint):
        # What a design may be allowed changes no weight: a run goes on after an allowance was added.
        origin = Origin(kind="blueprint", text=replace(given, allow=()).to_yaml())
        return {"origin": asdict(origin), "weights": _weights_of(recipe)}
    state = sorted(given.module.state_dict().items())
    parts = [part for key, value in state for part in (key.encode(), _bytes(value))]
    return {"origin": asdict(given.origin), "weights": fingerprint.of_bytes(*parts)}


def starting_network(
    given: Network | Blueprint,
    dataset: Dataset,
    split: Split,
    recipe: Recipe,
    events: Events,
    *,
    begun: Begun | None = None,
) -> Network:
    """Return a network of its own to train; what was given is not changed.

    A blueprint gets weights by the recipe's start and seed, and preprocessing measured on the
    training images. A network keeps its weights and its preprocessing, which belong together; only
    mean and std of the values are measured if it has none, and what it does not say of samples that
    are no pictures: their scale, how sounds become an image. The global random state is used up: call
    it within a state of its own.

    Args:
        given: What to train.
        dataset: What to train on.
        split: Its parts; a start that looks at images is shown training images only.
        recipe: Names the start and its seed.
        events: Hears and may cancel.
        begun: What an earlier sitting did for the start, whose weights will be loaded; it is not repeated then.
    """
    if isinstance(given, Blueprint):
        torch.default_generator.manual_seed(recipe.seed)
        module = build(given)
        preprocessing = measure_preprocessing(dataset, split.train, given.input, events=events)
        if begun is None:
            images = start_images(dataset, split.train, preprocessing, recipe)
            begun = begin_weights(module, recipe, images=images, shape=given.input, events=events)
        return Network(
            module=module,
            preprocessing=preprocessing,
            output=dataset.output,
            origin=Origin(kind="blueprint", text=given.to_yaml()),
            receipt=begun_receipt(begun, recipe),
        )
    preprocessing = completed(given.preprocessing, dataset, split.train, events)
    output = Output(kind=given.output.kind, names=dataset.output.names)
    return replace(given, module=copy.deepcopy(given.module), preprocessing=preprocessing, output=output)


def completed(
    stated: Preprocessing, dataset: Dataset, indices: tuple[int, ...], events: Events = SILENT
) -> Preprocessing:
    """Return a network's preprocessing with what it leaves open, measured on these samples.

    Mean and std of the values; the scale of samples that are no bytes; the rate and the spectrogram of sounds. Mean and std of
    the channels stay: they belong to the weights.
    """
    needs_values = dataset.output.kind == "values" and not stated.value_mean
    is_bytes = dataset.read(indices[0]).dtype == torch.uint8
    needs_scale = not is_bytes and not stated.scale
    if not (needs_values or needs_scale):
        return stated
    found = measure_preprocessing(dataset, indices, stated.shape, events=events)
    if needs_values:
        stated = replace(stated, value_mean=found.value_mean, value_std=found.value_std)
    if needs_scale:
        stated = replace(stated, scale=found.scale, sample_rate_hz=found.sample_rate_hz, mel=found.mel)
    if stated.mel:
        # A spectrogram is made at the input's size.
        stated = replace(stated, scaled_px=(), crop="centre", interpolation="bilinear")
    return stated


def begin_weights(
    module: nn.Module,
    recipe: Recipe,
    *,
    images: Tensor | None = None,
    shape: Shape | None = None,
    events: Events = SILENT,
) -> Begun:
    """Give a module its first weights, in place: those of `initialise`, the output layer's at a tenth.

    At full size the first scores are of order one and mostly wrong, and the quickest way to lower
    the loss is to switch off the units below them. On digits (16–16–32–32 channels, fc 64; 8 epochs
    of AdamW; torch 2.14) 30 of 64 fully connected units were dead after training and 97.95 % of the
    held-out digits right; with a quiet output layer 10 and 98.35 % (means of seeds 0 and 1).

    Every start whose output layer makes scores of order one is quietened so, whatever it does below. Left as they are: "small",
    which is quiet already, and "krahenbuhl", whose equal rates of change the factor would undo (`Beginning.is_quiet`).
    """
    begun = initialise(module, recipe.init, seed=recipe.seed, images=images, shape=shape, events=events)
    layers = [child for child in module.modules() if isinstance(child, _WEIGHTED)]
    if read_beginning(recipe.init)[0].is_quiet and layers:
        with torch.no_grad():
            layers[-1].weight.mul_(QUIET)
    return begun


def start_images(
    dataset: Dataset, indices: tuple[int, ...], preprocessing: Preprocessing, recipe: Recipe
) -> Tensor | None:
    """Return the prepared training images that the recipe's start looks at, None if it looks at none.

    They are drawn by the recipe's seed; as many as the start can use, and at most 128 MiB of them.
    """
    beginning, _ = read_beginning(recipe.init)
    if not beginning.needs_images:
        return None
    fitting = max(2, MOST_VALUES // size(preprocessing.shape))
    drawn = shuffled(indices, seed=recipe.seed, epoch=0)[: min(beginning.most_images, fitting)]
    return next(batches(dataset, drawn, preprocessing, batch_size=len(drawn))).images


def begun_receipt(begun: Begun, recipe: Recipe) -> dict[str, Any]:
    """Return what is known of first weights, in plain values."""
    told = {"begun": list(begun.told)} if begun.told else {}
    seen = {"images_seen": begun.images} if begun.images else {}
    return {"weights": f"{_weights_of(recipe)}, untrained"} | told | seen


def _weights_of(recipe: Recipe) -> str:
    """Return the start in words; a checkpoint of another start is not gone on with."""
    beginning, argument = read_beginning(recipe.init)
    output = f", output layer × {QUIET:g}" if beginning.is_quiet else ""
    identity = beginning.identity(argument)
    return f"{recipe.init}, seed {recipe.seed}{output}" + (f", key {identity}" if identity else "")


def _bytes(value: torch.Tensor) -> bytes:
    return value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes()
