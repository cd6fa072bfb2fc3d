"""Everything that is measured for a report: one pass over the held-out data, then methods on chosen images."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np
import torch

from striate.analyse import cost, layers
from striate.data import Dataset, Split, batches
from striate.errors import InputError
from striate.events import SILENT, Events
from striate.explain import (
    backward,
    class_images,
    filters,
    located,
    occlusion,
    occlusion_census,
    saliency,
    saliency_census,
)
from striate.features import feature_map, map_layers
from striate.graph import Graph
from striate.nets import Network
from striate.observe import (
    ActivityCollector,
    PixelCollector,
    PooledCollector,
    PredictionCollector,
    activation_maps,
    choose,
    observe,
    scoreboard,
)
from striate.observe.survey import SurveyCollector, patches_of
from striate.records import (
    ActivationMaps,
    Backward,
    Chosen,
    ClassImages,
    Evidence,
    FeatureMap,
    Filters,
    LayerReading,
    Occlusion,
    OcclusionCensus,
    Predictions,
    Saliency,
    SaliencyCensus,
)
from striate.report.gathering.accord import accord_made
from striate.report.gathering.budget import CENSUS_IMAGES, COUNTED_POSITIONS, Budget, budget_for
from striate.report.gathering.entering import entering_trials
from striate.report.gathering.shortcuts import left_out, shortcuts_of
from striate.report.gathering.units import judged_units
from striate.report.gathering.weights import effective, layer_weights
from striate.trace import Recording

# The occluder's side as a share of the image's: 7 of 28 pixels, 56 of 224.
WINDOW_SHARE = 0.25
# More outputs than this get no class image each: the page could not show them.
MOST_CLASS_IMAGES = 20
# Cells along a side to which maps are pooled for the map of features: coarse, but not forgetting where things were.
MAP_SIDE = 4
# Up to so many multiplications an image, the laws of the backward pass are checked and taken apart at every layer.
TAKEN_APART_MACS = 200_000_000
# t-SNE needs some company.
FEWEST_ON_THE_MAP = 10


def gather(
    network: Network,
    dataset: Dataset,
    split: Split,
    recording: Recording,
    *,
    seed: int = 0,
    events: Events = SILENT,
) -> Evidence:
    """Return what was measured about a network on the held-out samples.

    Args:
        network: The network; left as it came.
        dataset: The data.
        split: Its division; only `test` is looked at.
        recording: The network's trace for eval mode.
        seed: Of the map, the class images and the randomised networks.
        events: Hears progress by task; may cancel.
    """
    readings = layers(recording.graph)
    pooled = PooledCollector(map_layers(readings, recording.graph), side=MAP_SIDE)
    predicting, activity, pixels = (
        PredictionCollector(network),
        ActivityCollector(),
        PixelCollector(network.preprocessing),
    )
    surveying = SurveyCollector(network, dataset, split.test, recording)
    observe(
        network,
        dataset,
        split.test,
        [predicting, activity, pixels, pooled, surveying],
        events=events,
        recording=recording,
    )
    predictions = predicting.result()
    surveyed = surveying.result()
    chosen = choose(predictions)
    table = cost(recording.graph)
    pictured = network.output.count if network.output.count <= MOST_CLASS_IMAGES else 0
    budget = budget_for(table.total.macs // recording.graph.conditions.batch, images=len(chosen), outputs=pictured)
    events.log(f"looking closely: {_affordable(budget)}")
    shortcuts = shortcuts_of(
        network, dataset, _spread(predictions, budget.shortcut_images), budget, seed=seed, events=events
    )
    return Evidence(
        layers=readings,
        cost=table,
        predictions=predictions,
        scoreboard=scoreboard(predictions),
        chosen=chosen,
        filters=_filters(network, seed),
        weights=layer_weights(network, recording.graph, seed),
        effective_filters=effective(network, recording.graph),
        activity=activity.result(),
        activation_maps=_activation_maps(network, recording, dataset, chosen, readings),
        patches=patches_of(surveyed, readings, network.output),
        units=judged_units(surveyed, seed=seed, events=events),
        feature_map=_map(pixels, pooled, recording.graph, predictions, seed, events),
        occlusions=_occlusions(network, dataset, chosen, budget.positions, events),
        occlusion_census=_occlusion_census(network, dataset, _spread(predictions, budget.occlusion_images), events),
        saliencies=_saliencies(network, dataset, chosen, events),
        saliency_census=_saliency_census(network, dataset, _spread(predictions, budget.saliency_images), seed, events),
        shortcuts=shortcuts,
        backward=_backward(network, dataset, chosen, table.total.macs // recording.graph.conditions.batch, events),
        class_images=_class_images(
            network, dataset, _spread(predictions, CENSUS_IMAGES), budget.steps if pictured else 0, seed, events
        ),
        accord=accord_made(network, dataset, split.test, table.total.macs // recording.graph.conditions.batch, events),
        **entering_trials(
            network,
            dataset,
            split.test,
            table.total.macs // recording.graph.conditions.batch,
            values=sum(prod(reading.shape) for reading in readings),
            events=events,
        ),
        left_out=_left_out(network, budget, pictured) + left_out(shortcuts),
        is_one_run=recording.is_data_dependent,
    )


def _affordable(budget: Budget) -> str:
    grown = f"{budget.steps} steps for each class image" if budget.steps else "no class images"
    return (
        f"occlusion at {budget.positions} places a side, counted on {budget.occlusion_images} images, gradients on "
        f"{budget.saliency_images}, {grown}"
    )


def _left_out(network: Network, budget: Budget, pictured: int) -> tuple[tuple[str, str], ...]:
    """Return what was not measured, with the reason, for the page to say."""
    rows = []
    if len(network.input_shape) != 3:
        sort = "a signal" if len(network.input_shape) == 2 else "a volume"
        rows.append(
            ("Top patches, occlusion, saliency, class images", f"they are drawn on images; the input is {sort}")
        )
    elif not pictured:
        rows.append(
            (
                "Class images",
                f"more than {MOST_CLASS_IMAGES} outputs; striate.explain.growing.class_images grows chosen ones",
            )
        )
    elif not budget.steps:
        rows.append(
            ("Class images", "they would take many minutes; striate.explain.growing.class_images grows chosen ones")
        )
    return tuple(rows)


def _spread(predictions: Predictions, most: int) -> list[int]:
    """Return up to so many held-out samples, evenly spread over them."""
    number = len(predictions.samples)
    places = np.unique(np.linspace(0, number - 1, min(most, number)).round().astype(int))
    return [int(predictions.samples[place]) for place in places]


def _filters(network: Network, seed: int) -> Filters | None:
    try:
        return filters(network, seed=seed)
    except InputError:
        # Not every network begins with a convolution whose filters can be drawn.
        return None


def _activation_maps(
    network: Network,
    recording: Recording,
    dataset: Dataset,
    chosen: tuple[Chosen, ...],
    readings: tuple[LayerReading, ...],
) -> tuple[ActivationMaps, ...]:
    if not chosen:
        return ()
    # The last layer is the answer itself; its scores stand elsewhere on the page.
    learned = {reading.name for reading in readings if reading.is_learned} - {readings[-1].name}
    maps = activation_maps(network, recording, dataset, chosen[0].sample)
    return tuple(row for row in maps if row.layer in learned)


def _map(
    pixels: PixelCollector,
    pooled: PooledCollector,
    graph: Graph,
    predictions: Predictions,
    seed: int,
    events: Events,
) -> FeatureMap | None:
    if len(predictions.samples) < FEWEST_ON_THE_MAP:
        return None
    features = {"pixels": pixels.result()}
    features |= {_spoken(name, graph): rows for name, rows in pooled.result().items()}
    return feature_map(features, predictions, seed=seed, events=events)


def _spoken(name: str, graph: Graph) -> str:
    """Return what people call a value: the vector that enters a layer, for a flattening."""
    readers = graph.readers(name)
    return f"into {readers[0].name}" if graph[name].kind in {"flatten", "view"} and readers else name


def _inputs(network: Network, dataset: Dataset, samples: list[int]) -> torch.Tensor:
    parts = batches(dataset, tuple(samples), network.preprocessing, batch_size=max(len(samples), 1))
    return next(iter(parts)).images


def _sides(network: Network, positions: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return window and stride (height, width) for at most so many positions along a side."""
    height, width = network.input_shape[1:]
    window = (max(1, round(WINDOW_SHARE * height)), max(1, round(WINDOW_SHARE * width)))
    return window, (min(window[0], -(-height // positions)), min(window[1], -(-width // positions)))


def _occlusions(
    network: Network, dataset: Dataset, chosen: tuple[Chosen, ...], positions: int, events: Events
) -> tuple[Occlusion, ...]:
    samples = [row.sample for row in chosen]
    if not samples or len(network.input_shape) != 3:
        return ()
    window, stride = _sides(network, positions)
    records = occlusion(network, _inputs(network, dataset, samples), window_px=window, stride_px=stride, events=events)
    return located(records, network, dataset, samples)


def _occlusion_census(network: Network, dataset: Dataset, samples: list[int], events: Events) -> OcclusionCensus | None:
    if len(network.input_shape) != 3 or network.output.kind == "values":
        return None
    window, stride = _sides(network, COUNTED_POSITIONS)
    found = occlusion_census(network, dataset, samples, window_px=window, stride_px=stride, events=events)
    return found if found.images else None


def _saliencies(network: Network, dataset: Dataset, chosen: tuple[Chosen, ...], events: Events) -> tuple[Saliency, ...]:
    samples = [row.sample for row in chosen]
    if not samples or len(network.input_shape) != 3:
        return ()
    targets = torch.tensor([max(row.answer, 0) for row in chosen])
    records = saliency(network, _inputs(network, dataset, samples), targets, events=events)
    return located(records, network, dataset, samples)


def _backward(
    network: Network, dataset: Dataset, chosen: tuple[Chosen, ...], macs: int, events: Events
) -> Backward | None:
    """Return one backward pass, of the first chosen image; with every law taken apart where the network is small."""
    if not chosen:
        return None
    sample = chosen[0].sample
    is_small = macs <= TAKEN_APART_MACS
    targets = torch.tensor([max(chosen[0].answer, 0)])
    try:
        [found] = backward(
            network,
            _inputs(network, dataset, [sample]),
            targets,
            look_at="all" if is_small else (),
            keep=True,
            checked=is_small,
            events=events,
        )
    except InputError as error:
        # Half precision, a slice that is written, a gradient that is not finite: the report says nothing about it then.
        events.log(f"no backward pass: {error}")
        return None
    return replace(found, sample=sample)


def _saliency_census(
    network: Network, dataset: Dataset, samples: list[int], seed: int, events: Events
) -> SaliencyCensus | None:
    if len(network.input_shape) != 3:
        return None
    # All layers random: with the last one alone even good networks keep most of their map.
    return saliency_census(network, dataset, samples, depth=None, seed=seed, events=events)


def _class_images(
    network: Network, dataset: Dataset, samples: list[int], steps: int, seed: int, events: Events
) -> ClassImages | None:
    if len(network.input_shape) != 3 or not steps:
        return None
    real = _inputs(network, dataset, samples)
    try:
        return class_images(network, real=real, steps=steps, seed=seed, events=events)
    except InputError as error:
        # Scores that are not finite, or do not follow the image, cannot be climbed: the report says nothing about it then.
        events.log(f"no class images: {error}")
        return None
