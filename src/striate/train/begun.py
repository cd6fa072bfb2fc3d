"""A network whose weights have begun, and nothing more."""

from __future__ import annotations

import copy
from dataclasses import replace

import torch
from torch import nn

from striate.blueprint import Blueprint
from striate.data import Dataset, measure_preprocessing
from striate.events import SILENT, Events
from striate.nets import Network, Origin, build, from_blueprint
from striate.nets.beginnings import read_beginning
from striate.records.beginnings import Begun
from striate.records.output import Output, Preprocessing
from striate.records.training import Recipe
from striate.train.start import begin_weights, begun_receipt, check_output, completed, start_images
from striate.train.training import SPLIT


def begun_network(
    given: Network | Blueprint,
    beginning: str,
    dataset: Dataset | None = None,
    *,
    seed: int = 0,
    events: Events = SILENT,
) -> Network:
    """Return a network whose weights have begun as named, output layer quietened as a training would; what is given stays.

    Args:
        given: A blueprint; or a network, whose weights are then begun anew and whose preprocessing stays.
        beginning: As in `Recipe.init`.
        dataset: For beginnings that look at images (training images only), and to measure a blueprint's preprocessing.
        seed: The same seed, the same weights.
        events: Hears and may cancel.

    Raises:
        UnknownNameError: A beginning nobody knows.
        DataError: One that looks at images, without any.

    Example:
        >>> plan = Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; globalavgpool; classes 2")
        >>> begun_network(plan, "gabor").receipt["begun"]
        ['conv1: 4 filters of the bank.']
    """
    read_beginning(beginning)
    recipe = Recipe(init=beginning, seed=seed)
    if dataset is None:
        network = (
            from_blueprint(given)
            if isinstance(given, Blueprint)
            else replace(given, module=copy.deepcopy(given.module))
        )
        begun = begin_weights(network.module, recipe, shape=network.input_shape, events=events)
        return replace(network, receipt=begun_receipt(begun, recipe))
    check_output(given, dataset)
    split = dataset.split(seed=0, validation=SPLIT["validation"], test=SPLIT["test"])
    preprocessing = preprocessing_for(given, dataset, split.train, events)
    network, _ = begin_own(given, dataset, split.train, recipe, preprocessing, events)
    return network


def preprocessing_for(
    given: Network | Blueprint, dataset: Dataset, indices: tuple[int, ...], events: Events
) -> Preprocessing:
    """Return how samples become inputs: a network's own way, or what is measured on these samples for a blueprint."""
    if isinstance(given, Blueprint):
        return measure_preprocessing(dataset, indices, given.input, events=events)
    return completed(given.preprocessing, dataset, indices, events)


def begin_own(
    given: Network | Blueprint,
    dataset: Dataset,
    indices: tuple[int, ...],
    recipe: Recipe,
    preprocessing: Preprocessing,
    events: Events,
) -> tuple[Network, Begun]:
    """Return a network of its own with first weights, and what was done for them."""
    if isinstance(given, Blueprint):
        # Torch draws weights while it builds; ours replace them.
        with torch.random.fork_rng():
            module: nn.Module = build(given)
        origin = Origin(kind="blueprint", text=given.to_yaml())
    else:
        module, origin = copy.deepcopy(given.module), given.origin
    images = start_images(dataset, indices, preprocessing, recipe)
    begun = begin_weights(module, recipe, images=images, shape=preprocessing.shape, events=events)
    network = Network(
        module=module.eval(),
        preprocessing=preprocessing,
        output=Output(kind=dataset.output.kind, names=dataset.output.names),
        origin=origin,
        receipt=begun_receipt(begun, recipe),
    )
    return network, begun
