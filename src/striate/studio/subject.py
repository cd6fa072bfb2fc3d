"""What a studio is about: a network that can be watched layer by layer, and the data beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from striate.analyse import layers
from striate.data import Dataset
from striate.errors import InputError, Quoted
from striate.explain.answers import as_scores
from striate.explain.saliency.scored import single
from striate.nets import Network
from striate.nets.weights import weights_key
from striate.observe.units import layer_axis, unit_axes
from striate.records import LayerReading
from striate.trace import Recording, trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A layer as the studio shows it.

    Attributes:
        reading: What is known of it on paper.
        axis: Axis of its value, batch first, that counts its channels.
        channels: How many.
        sizes: Of its map; empty for a vector.
        reads: Numbers of the layers it reads, −1 for the input.
    """

    reading: LayerReading
    axis: int
    channels: int
    sizes: tuple[int, ...]
    reads: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A network, its trace, its layers, and the data it is shown.

    Attributes:
        network: The network; nothing here writes to it.
        recording: Its trace in eval mode.
        layers: In the network's order.
        dataset: Samples to choose from; None if there are none.
        name: What it is called on the page.
        key: Of the weights as they were when the studio was opened.
        shares_classes: Whether the data's outputs are the network's, so that a sample's class is one of its answers.
        folder: The run's or the network's; None if it comes from elsewhere.
        beside: Other networks by name, as `load_network` takes them; opened when they are first asked for.
        pages: Folders whose pages are listed beside the run's reports.
        note: What is said beside its figures; empty for most.
    """

    network: Network
    recording: Recording
    layers: tuple[Layer, ...]
    dataset: Dataset | None
    name: str
    key: str
    shares_classes: bool
    folder: Path | None = None
    beside: Mapping[str, Any] = field(default_factory=dict)
    pages: tuple[Path, ...] = ()
    note: str = ""

    def layer(self, number: int) -> Layer:
        """Return a layer by its number.

        Raises:
            InputError: There is none.
        """
        if not 0 <= number < len(self.layers):
            raise InputError(f"a layer's number must be 0 … {len(self.layers) - 1}", got=number)
        return self.layers[number]


def subject_of(network: Network, dataset: Dataset | None, *, name: str = "", shares_classes: bool = True) -> Subject:
    """Return the subject of a studio.

    Args:
        network: Any that reads signals, images or volumes; one in half precision is watched as a copy in float32.
        dataset: Samples of the same kind; None for none.
        name: What it is called; the text of its origin if empty, unless that is a blueprint.
        shares_classes: Whether the data's outputs are the network's.

    Raises:
        InputError: A network whose calls depend on the data, so that no replay is the network; one that answers with anything
            but one score an output.
    """
    key = weights_key(network.module)
    given, network = network, single(network)
    recording = trace(network.module, (1, *network.input_shape))
    if recording.program.reason:
        raise InputError(
            "a network must make the same calls for all data to be watched", got=Quoted(recording.program.reason)
        )
    return Subject(
        network=_counted(network, recording),
        recording=recording,
        layers=_layers(recording),
        dataset=dataset,
        # A blueprint's text is many lines, and no name.
        name=name or ("blueprint" if network.origin.kind == "blueprint" else network.origin.text),
        key=key,
        note="" if network is given else "in half precision, shown in float32",
        shares_classes=shares_classes and dataset is not None,
    )


def _counted(network: Network, recording: Recording) -> Network:
    """Return the network with as many outputs as it gives, if nobody named them; refuse what is not one score an output."""
    with torch.inference_mode():
        answer = recording.program.run(network.module, torch.zeros(1, *network.input_shape)).outputs
    names = network.output.names
    if isinstance(answer, Tensor) and answer.shape[2:].numel() == 1:
        # A dense network at the size it was made of: one place.
        answer = answer.flatten(1) if answer.ndim > 2 else answer
    if isinstance(answer, Tensor) and answer.ndim == 2 and names == tuple(map(str, range(len(names)))):
        counted = tuple(str(number) for number in range(answer.shape[1]))
        network = replace(network, output=replace(network.output, names=counted))
    as_scores(network, answer, 1)
    return network


def _layers(recording: Recording) -> tuple[Layer, ...]:
    axes = unit_axes(recording.graph)
    readings = [reading for reading in layers(recording.graph) if reading.shape]
    number_of = {op: number for number, reading in enumerate(readings) for op in reading.ops}
    found = []
    for reading in readings:
        axis = layer_axis(axes, reading)
        first = recording.graph[reading.ops[0]]
        found.append(
            Layer(
                reading=reading,
                axis=axis,
                channels=reading.shape[axis - 1],
                sizes=reading.shape[: axis - 1] + reading.shape[axis:],
                reads=tuple(dict.fromkeys(number_of.get(name, -1) for name in first.inputs)),
            )
        )
    return tuple(found)
