from __future__ import annotations

import pytest
import torch
from torch import nn

from striate.analyse import layers
from striate.blueprint import Blueprint
from striate.features import default_feature_layer, map_layers
from striate.trace import trace


def of(text):
    graph = Blueprint.from_text(text).graph()
    return layers(graph), graph


def traced(module, shape):
    graph = trace(module, shape).graph
    return layers(graph), graph


TWO = "input 1x28x28; conv 3x3 8, relu; maxpool 2; conv 3x3 8, relu; maxpool 2"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{TWO}; classes 10", ("maxpool1", "flatten1")),
        (f"{TWO}; conv 3x3 8, relu; classes 10", ("maxpool1", "maxpool2", "flatten1")),
        (f"{TWO}; fc 30, relu; classes 10", ("maxpool1", "flatten1", "fc1")),
        (f"{TWO}; fc 30, relu; fc 20, relu; classes 10", ("maxpool1", "flatten1", "fc2")),
        (f"{TWO}; globalavgpool; classes 10", ("maxpool1", "flatten1")),
        ("input 1x28x28; conv 3x3 8, relu; classes 10", ("flatten1",)),
        (
            "input 3x64x64; conv 3x3 8, relu; conv 3x3 8 stride 2, relu; conv 3x3 8 stride 2, relu; globalavgpool; classes 10",
            ("conv1", "conv2", "flatten1"),
        ),
    ],
)
def test_layers_for_maps_are_stage_ends_the_vector_and_the_last_hidden_layer(text, expected):
    assert map_layers(*of(text)) == expected


def test_of_many_stages_two_are_taken_evenly_spread():
    text = "input 3x64x64" + "; conv 3x3 8, relu; maxpool 2" * 5 + "; conv 3x3 8, relu; classes 10"
    assert map_layers(*of(text)) == ("maxpool2", "maxpool5", "flatten1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{TWO}; fc 30, relu; classes 10", "flatten1"),
        ("input 1x28x28; conv 3x3 8, relu; globalavgpool; classes 10", "flatten1"),
        (f"{TWO}; dropout 0.5; fc 30, relu; classes 10", "flatten1"),
    ],
)
def test_the_default_is_the_vector_that_enters_the_first_fully_connected_layer(text, expected):
    assert default_feature_layer(*of(text)) == expected


def test_without_a_fully_connected_layer_it_is_what_enters_the_answer():
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Conv2d(4, 3, 1))
    assert default_feature_layer(*traced(net, (1, 1, 12, 12))) == "2"


def test_a_network_of_vectors_gives_its_first_hidden_layer():
    net = nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3))
    readings, graph = traced(net, (1, 5))
    assert default_feature_layer(readings, graph) == "1"
    assert map_layers(readings, graph) == ("1",)


class Squeezed(nn.Module):
    """A gate of fully connected layers beside the trunk, and a sum around a strided stage."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 4, 3, padding=1)
        self.down, self.up = nn.Linear(4, 2), nn.Linear(2, 4)
        self.inner = nn.Conv2d(4, 4, 3, stride=2, padding=1)
        self.skip = nn.Conv2d(4, 4, 1, stride=2)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        x = torch.relu(self.stem(x))
        x = x * torch.sigmoid(self.up(torch.relu(self.down(x.mean((2, 3))))))[:, :, None, None]
        x = torch.relu(self.inner(x) + self.skip(x))
        return self.head(x.mean((2, 3)))


def test_layers_inside_a_branch_do_not_count():
    readings, graph = traced(Squeezed(), (1, 1, 12, 12))
    vector = default_feature_layer(readings, graph)
    assert graph["head"].inputs == (vector,)
    (end, *rest) = map_layers(readings, graph)
    assert rest == [vector]
    assert end not in ("inner", "skip", "down", "up")
    assert next(reading for reading in readings if reading.name == end).shape == (4, 12, 12)
