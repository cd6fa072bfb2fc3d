"""What will be surveyed: decided before the first image."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median

import torch

from striate import fingerprint
from striate.analyse import layers as readings_of
from striate.data import Dataset
from striate.errors import InputError, Quoted
from striate.nets import Network
from striate.nets.weights import weights_key
from striate.observe.survey.layer_state import LayerNeeds
from striate.observe.survey.running import Runner
from striate.observe.survey.settings import MOST_CLASS_SUMS, SurveySettings, response_orders
from striate.observe.units import unit_axes, unit_layers
from striate.records import LayerReading
from striate.trace import Recording
from striate.trace.state import kept_randomness

# Images a pass that tries a memory format has, and passes that count.
_TRIED, _ROUNDS = 2, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A survey before its first image.

    Attributes:
        settings: What decides every number.
        readings: The layers, in the network's order.
        sizes: Of each layer's map, by op.
        needs: How much is kept of each, by op.
        features_of: Name of the layer whose means are kept for every image; empty for none.
        features: How many numbers they are.
    """

    settings: SurveySettings
    readings: tuple[LayerReading, ...]
    sizes: dict[str, tuple[int, ...]]
    needs: dict[str, LayerNeeds]
    features_of: str
    features: int


def planned(  # noqa: PLR0913 - what decides the numbers of a survey
    network: Network,
    recording: Recording,
    dataset: Dataset,
    indices: tuple[int, ...],
    layers: Sequence[str] | None,
    *,
    k: int,
    counted: int,
    has_statistics: bool,
    memory_format: str,
) -> Plan:
    """Return what will be surveyed.

    Raises:
        UnknownNameError: A layer the network has not.
        InputError: Layers that have no units, or k above what is counted.
    """
    if not 1 <= k <= counted:
        raise InputError("k must be 1 … counted", got=Quoted(f"k {k}, counted {counted}"))
    everything = readings_of(recording.graph)
    chosen = unit_layers(everything, layers)
    if not chosen:
        raise InputError("a survey must have a layer with units", got=Quoted("none"))
    axes = unit_axes(recording.graph)
    shapes = {op.name: op.shape for op in recording.graph}
    units = {one.tap: shapes[one.tap][axes[one.tap]] for one in chosen}
    sizes = {one.tap: _without(shapes[one.tap], axes[one.tap]) for one in chosen}
    classes = dataset.output.count if dataset.output.kind == "classes" else 0
    summed = _with_class_sums(chosen, units, classes if has_statistics else 0)
    responses = len(response_orders(len(indices))) if has_statistics else 0
    features = _feature_layer(everything) if has_statistics else None
    settings = SurveySettings(
        weights=weights_key(network.module),
        data=dataset.fingerprint,
        indices=fingerprint.of_json(list(indices)),
        preprocessing=fingerprint.of_json(asdict(network.preprocessing)),
        layers=tuple((one.name, one.tap, units[one.tap], *sizes[one.tap]) for one in chosen),
        features="" if features is None else features.tap,
        classes=classes,
        with_class_sums=summed,
        k=k,
        counted=counted,
        has_statistics=has_statistics,
        memory_format=memory_format,
    )
    needs = {
        one.tap: LayerNeeds(
            units=units[one.tap], classes=classes if one.name in summed else 0, responses=responses, counted=counted, k=k,
            has_statistics=has_statistics,
            is_rectified=one.is_rectified,
        )
        for one in chosen
    }  # fmt: skip
    return Plan(
        settings=settings,
        readings=chosen,
        sizes=sizes,
        needs=needs,
        features_of="" if features is None else features.name,
        features=0 if features is None else shapes[features.tap][axes[features.tap]],
    )


def faster_format(network: Network, recording: Recording) -> str:
    """Return the memory format whose passes are faster here, by the median of a few in turns; "plain" without pictures."""
    if len(network.input_shape) != 3:
        return "plain"
    images = torch.zeros(_TRIED, *network.input_shape)
    runners = {
        name: Runner(
            network.module, recording, [], features="", memory_format=name, block=_TRIED, has_statistics=False
        )
        for name in ("plain", "channels-last")
    }  # fmt: skip
    seconds: dict[str, list[float]] = {name: [] for name in runners}
    with kept_randomness():
        for turn in range(_ROUNDS + 1):
            for name, runner in runners.items():
                began = time.perf_counter()
                runner.run(images, torch.arange(_TRIED), {})
                if turn:
                    seconds[name].append(time.perf_counter() - began)
    return min(seconds, key=lambda name: median(seconds[name]))


def _without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return tuple(length for place, length in enumerate(shape) if place not in {0, axis})


def _with_class_sums(chosen: Sequence[LayerReading], units: dict[str, int], classes: int) -> tuple[str, ...]:
    """Return the layers that keep sums by class: from the last one backwards, as many as fit."""
    left, found = MOST_CLASS_SUMS, []
    for one in reversed(chosen):
        left -= units[one.tap] * classes
        if not classes or left < 0:
            break
        found.append(one.name)
    return tuple(reversed(found))


def _feature_layer(everything: tuple[LayerReading, ...]) -> LayerReading | None:
    """Return the layer before the last one with units; None if there is only one."""
    known = unit_layers(everything)
    return known[-2] if len(known) > 1 else None
