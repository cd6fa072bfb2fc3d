"""What is measured for a report by letting held-out images enter otherwise: other preprocessing, other statistics, shifted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from striate.data import Dataset, batches
from striate.errors import InputError
from striate.events import SILENT, Events
from striate.explain import invariance, norm_trial, preprocessing_trial, stability
from striate.explain.entering.statistics import running_norms
from striate.explain.invariance.changes import usual_changes
from striate.nets import Network
from striate.records import Invariance, NormTrial, PreprocessingTrial, Stability
from striate.report.gathering.budget import CENSUS_IMAGES, MOST_MACS

# McNemar's test finds three points in so many; below the fewest it finds nothing worth the time.
TRIAL_IMAGES = 1000
FEWEST = 32
_TRIAL_PASSES, _STATISTICS_PASSES, _DEPTH_PASSES = 9, 3, 13
DEPTH_IMAGES, DEPTH_FEWEST = 100, 8
# What comparing one value after every change takes, in multiply-accumulates of a forward pass: it is bound by memory.
_VALUE_MACS = 20_000


class Trials(TypedDict):
    """Fields of the evidence."""

    preprocessing_trial: PreprocessingTrial | None
    norm_trial: NormTrial | None
    stability: Stability | None
    invariance: Invariance | None


def entering_trials(
    network: Network, dataset: Dataset, samples: Sequence[int], macs: int, *, values: int = 0, events: Events = SILENT
) -> Trials:
    """Return what answers do when held-out images enter otherwise; None for what the network or its work does not permit.

    Args:
        network: The network; left as it came.
        dataset: The data.
        samples: Held-out samples.
        macs: Of one forward pass of one image.
        values: Of all its layers, for one image: each is compared after every change.
        events: Hears progress by task; may cancel.
    """
    found = Trials(preprocessing_trial=None, norm_trial=None, stability=None, invariance=None)
    is_image = len(network.input_shape) == 3
    depth_macs = macs * _DEPTH_PASSES + values * _VALUE_MACS
    if is_image and (tried := _some(samples, depth_macs, DEPTH_IMAGES, fewest=DEPTH_FEWEST)):
        found["invariance"] = _by_layer(network, dataset, tried, events)
    if network.output.kind != "classes":
        return found
    if tried := _some(samples, macs * _TRIAL_PASSES, TRIAL_IMAGES):
        found["preprocessing_trial"] = preprocessing_trial(network, dataset, tried, events=events)
    if running_norms(network.module) and (tried := _some(samples, macs * _STATISTICS_PASSES, TRIAL_IMAGES)):
        found["norm_trial"] = norm_trial(network, dataset, tried, events=events)
    if is_image and (tried := _some(samples, macs * _change_passes(network.input_shape[1:]), CENSUS_IMAGES)):
        found["stability"] = stability(network, dataset, tried, events=events)
    return found


def _change_passes(sides: tuple[int, ...]) -> int:
    """Return how many forward passes an image of so many pixels takes: as it is, and for every direction of every change."""
    return 1 + sum(len(change.directions) for change in usual_changes((sides[0], sides[1])))


def _by_layer(network: Network, dataset: Dataset, samples: list[int], events: Events) -> Invariance | None:
    [batch] = batches(dataset, tuple(samples), network.preprocessing, batch_size=len(samples))
    truth = batch.targets if network.output.kind == "classes" else None
    try:
        return invariance(network, batch.images, truth, events=events)
    except InputError as error:
        # A network whose calls depend on the image may not reach a layer for each.
        events.log(f"no invariance by layer: {error}")
        return None


def _some(samples: Sequence[int], macs_an_image: int, most: int, *, fewest: int = FEWEST) -> list[int]:
    """Return evenly spread samples as the work permits; none if too few for a judgement."""
    number = min(most, len(samples), int(MOST_MACS / max(macs_an_image, 1)))
    if number < min(fewest, len(samples)) or number < 4:
        return []
    return [samples[int(place * len(samples) / number)] for place in range(number)]
