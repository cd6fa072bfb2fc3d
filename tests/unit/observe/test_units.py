from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from striate.analyse import layers
from striate.data import batches
from striate.errors import UnknownNameError
from striate.observe import ActivityCollector, PatchCollector, PooledCollector, activation_maps, observe
from striate.observe.units import unit_axes, unit_layers
from striate.trace import trace


class ChannelsLast(nn.Module):
    """As ConvNeXt has it: a part of the way the channels are the last axis."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(4)
        self.stem, self.wide, self.head = nn.Conv2d(1, 3, 4, stride=4), nn.Linear(3, 7), nn.Linear(7, 3)
        self.norm = nn.LayerNorm(7)

    def middle(self, x):
        return torch.relu(self.norm(self.wide(self.stem(x).permute(0, 2, 3, 1))))

    def forward(self, x):
        return self.head(self.middle(x).permute(0, 3, 1, 2).mean((2, 3)))


class Tokens(nn.Module):
    """As transformers have it: places first, then features."""

    def __init__(self):
        super().__init__()
        self.stem, self.head = nn.Conv2d(1, 5, 4, stride=4), nn.Linear(5, 3)

    def forward(self, x):
        return self.head(self.stem(x).flatten(2).transpose(1, 2)).mean(1)


def test_with_the_channels_last_units_are_still_channels(dataset, wrapped):
    network = wrapped(ChannelsLast().eval())
    recording = trace(network.module, (1, 1, 12, 12))
    collectors = [
        ActivityCollector(["wide"]),
        PatchCollector(network.output, layers=["wide"]),
        PooledCollector(["wide"]),
    ]
    found = observe(network, dataset, range(40), collectors, recording=recording)
    images = next(iter(batches(dataset, tuple(range(40)), network.preprocessing, batch_size=40))).images
    with torch.no_grad():
        value = network.module.middle(images).numpy()
    assert value.shape == (40, 3, 3, 7)
    np.testing.assert_allclose(found["pooled"]["wide"], value.mean((1, 2)), atol=1e-6)
    assert found["activity"][0].units == 7
    assert found["activity"][0].active_share == (value > 0).mean()
    for unit in found["patches"][0].units:
        assert unit.samples[0] == value[..., unit.unit].max((1, 2)).argmax()
    maps = {one.layer: one.maps for one in activation_maps(network, recording, dataset, 11)}
    np.testing.assert_allclose(maps["wide"], value[11].transpose(2, 0, 1), atol=1e-6)


def test_of_tokens_the_features_are_the_units():
    graph = trace(Tokens(), (1, 1, 12, 12)).graph
    sizes = {op.name: op.shape[unit_axes(graph)[op.name]] for op in graph}
    assert list(sizes.values()) == [5, 5, 5, 3, 3]


def test_layers_that_learned_or_rectify_are_looked_at(network):
    readings = layers(trace(network.module, (1, 1, 12, 12)).graph)
    assert [reading.name for reading in unit_layers(readings)] == ["0", "4", "8"]
    assert [reading.name for reading in unit_layers(readings, ["3", "0"])] == ["0", "3"]


def test_a_name_nobody_knows_is_refused(network):
    with pytest.raises(UnknownNameError):
        unit_layers(layers(trace(network.module, (1, 1, 12, 12)).graph), ["nowhere"])
