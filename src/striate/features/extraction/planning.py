"""What will be kept of a network, and in which way it runs: decided once, and written into the store."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from importlib.metadata import version
from statistics import median

import torch

from striate.analyse import layers as readings_of
from striate.errors import InputError, Quoted, ShapeError, unknown_name
from striate.features.extraction.running import FORMATS, Runner
from striate.features.extraction.views import check_views
from striate.features.map_layers import default_feature_layer, map_layers
from striate.graph import Graph
from striate.nets import Network
from striate.nets.weights import weights_key
from striate.observe.units import unit_axes
from striate.records.vectors import MemoryFormat, Pooling, VectorChoice, VectorLayer, VectorSpec
from striate.trace import Recording, trace

# On processors few images at once are faster than many; on a GPU it is the other way round.
BATCH, GPU_BATCH = 8, 64
MOST_NUMBERS = 65_536
_ROUNDS = 3
DEFAULT = VectorChoice()


def plan_vectors(
    network: Network,
    choice: VectorChoice = DEFAULT,
    *,
    reference: str = "",
    recording: Recording | None = None,
) -> VectorSpec:
    """Return what vectors of a network will be.

    Args:
        network: The network.
        choice: Which layers, and how they become vectors.
        reference: How it is loaded again; what it is called if empty.
        recording: The network's trace, if there is one.

    Raises:
        UnknownNameError: A layer the network has not.
        InputError: A layer twice; views of what is no picture.
        ShapeError: A vector of more than 65,536 numbers.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import load_network
        >>> from striate.records.vectors import VectorChoice
        >>> net = load_network(Blueprint.from_text("input 1x28x28; conv 5x5 8, relu; globalavgpool; classes 10"))
        >>> plan = plan_vectors(net, VectorChoice(layers=("flatten1", "conv1")))
        >>> [(layer.name, layer.column, layer.size, layer.pooling) for layer in plan.layers]
        [('flatten1', 'vector', 8, 'flat'), ('conv1', 'vector_2', 8, 'average')]
    """
    check_views(network.preprocessing, choice.views)
    recording = recording or trace(network.module, (1, *network.input_shape))
    spec = VectorSpec(
        network=reference or _named(network),
        weights_key=weights_key(network.module),
        layers=_layers(recording, choice),
        default=choice.layers[0]
        if choice.layers
        else default_feature_layer(readings_of(recording.graph), recording.graph),
        views=choice.views,
        is_normalised=choice.is_normalised,
        preprocessing=network.preprocessing,
        output=network.output,
        is_reduced=choice.is_reduced,
        batch_size=BATCH if _on_processor(network) else GPU_BATCH,
        memory_format=choice.memory_format or "plain",
        versions={name: version(name) for name in ("striate", "torch")} | {"python": sys.version.split()[0]},
    )
    if choice.memory_format is None and len(network.input_shape) == 3:
        return replace(spec, memory_format=_faster(network, spec, recording))
    return spec


def _named(network: Network) -> str:
    """Return what a network of this session is called: its zoo name, or that it has none (a blueprint's text is long)."""
    kind, text = network.origin.kind, network.origin.text
    return f"{kind}:{text}" if kind in {"timm", "torchvision", "python"} else f"a {kind} of this session"


def _on_processor(network: Network) -> bool:
    return all(parameter.device.type == "cpu" for parameter in network.module.parameters())


def _layers(recording: Recording, choice: VectorChoice) -> tuple[VectorLayer, ...]:
    graph = recording.graph
    readings = readings_of(graph)
    wanted = list(choice.layers) or [default_feature_layer(readings, graph)]
    if len(set(wanted)) < len(wanted):
        raise InputError("layers must be named once each", got=Quoted(", ".join(wanted)))
    taps = {reading.name: reading.tap for reading in readings}
    if choice.is_staged:
        order = {row.name: number for number, row in enumerate(graph)}
        wanted += [name for name in map_layers(readings, graph) if name not in wanted]
        wanted.sort(key=lambda name: order.get(taps.get(name) or name, len(order)))
    found = []
    for number, name in enumerate(wanted, start=1):
        op = taps.get(name, name)
        if op not in {row.name for row in graph}:
            raise unknown_name("layer or op", name, [*taps, *(row.name for row in graph)])
        found.append(_layer(graph, name, op, "vector" if number == 1 else f"vector_{number}", choice.pooling))
    return tuple(found)


def _layer(graph: Graph, name: str, op: str, column: str, pooling: Pooling | None) -> VectorLayer:
    shape = graph[op].shape
    how: Pooling = "flat" if len(shape) == 2 else pooling or "average"
    size = 1
    for length in shape[1:]:
        size *= length
    if how != "flat":
        size = shape[unit_axes(graph)[op]]
    if size > MOST_NUMBERS:
        raise ShapeError(
            f"a vector must have at most {MOST_NUMBERS:,} numbers",
            got=size,
            where=name,
            hint="Pool it: --pool average, max or generalised.",
        )
    return VectorLayer(name=name, column=column, size=size, pooling=how)


def _faster(network: Network, spec: VectorSpec, recording: Recording) -> MemoryFormat:
    """Return the memory format whose passes are faster on this machine, by the median of a few in turns."""
    images = torch.zeros(spec.batch_size, *spec.preprocessing.shape)
    runners = {name: Runner(network, replace(spec, memory_format=name), recording) for name in FORMATS}
    seconds: dict[MemoryFormat, list[float]] = {name: [] for name in runners}
    for turn in range(_ROUNDS + 1):
        for name, runner in runners.items():
            began = time.perf_counter()
            runner.run(images)
            # The first pass also plans the products.
            if turn:
                seconds[name].append(time.perf_counter() - began)
    return min(seconds, key=lambda name: median(seconds[name]))
