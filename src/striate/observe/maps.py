"""All channels of every layer for one image."""

from __future__ import annotations

import torch
from torch import Tensor

from striate.analyse import layers
from striate.data import Dataset, batches
from striate.nets import Network
from striate.observe.units import unit_axes
from striate.records import ActivationMaps
from striate.trace import Recording, tap


def activation_maps(
    network: Network, recording: Recording, dataset: Dataset, sample: int
) -> tuple[ActivationMaps, ...]:
    """Return the activation of every layer for one image, poolings and merges included.

    Layers with one axis of space become maps one pixel high; of three, the largest value along the
    last is kept.

    Args:
        network: The network; left as it came.
        recording: Its trace for eval mode.
        dataset: Where the image is.
        sample: Its index.

    Raises:
        DataError: An index outside the data set.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.data import load_data
        >>> from striate.nets import load_network
        >>> from striate.trace import trace
        >>> text = "input 1x28x28; conv 5x5 8, relu; maxpool 4; classes 10"
        >>> net = load_network(Blueprint.from_text(text))
        >>> maps = activation_maps(net, trace(net.module, (1, 1, 28, 28)), load_data("digits"), 0)
        >>> [(one.layer, one.maps.shape) for one in maps]
        [('conv1', (8, 28, 28)), ('maxpool1', (8, 7, 7)), ('classes', (10, 1, 1))]
    """
    batch = next(iter(batches(dataset, (sample,), network.preprocessing, batch_size=1)))
    readings = [reading for reading in layers(recording.graph) if reading.shape]
    first = next(network.module.parameters(), None)
    images = batch.images if first is None else batch.images.to(first.device)
    axes = unit_axes(recording.graph)
    with torch.inference_mode():
        values = tap(network.module, images, [reading.tap for reading in readings], recording).taps
        return tuple(
            ActivationMaps(
                layer=reading.name,
                sample=sample,
                maps=_as_map(values[reading.tap].movedim(axes[reading.tap], 1)[0]).float().cpu().numpy(),
            )
            for reading in readings
        )


def _as_map(value: Tensor) -> Tensor:
    """Return (c, …) as (c, h, w)."""
    if value.ndim > 3:
        return value.amax(3)
    ones = (1,) * (3 - value.ndim)
    return value.reshape(value.shape[0], *ones, *value.shape[1:])
