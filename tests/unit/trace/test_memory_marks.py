"""The trace tells which ops write into what they read, and which views had to copy."""

import torch
from torch import nn

from striate.graph import Graph
from striate.trace import trace


class Mixed(nn.Module):
    def forward(self, x):
        x = torch.relu_(x * 2)
        x = x.add_(1)
        plain = x.view(2, 12)
        turned = x.transpose(1, 2).reshape(2, 12)
        return plain + turned


def test_in_place_ops_and_copies_are_marked():
    graph = trace(Mixed(), (2, 3, 4)).graph

    assert {op.name: op.in_place for op in graph} == {
        "mul": False, "relu": True, "add": True, "flatten": False, "permute": False, "flatten_2": False, "add_2": False,
    }  # fmt: skip
    assert [op.name for op in graph if op.copies] == ["flatten_2"]


def test_the_marks_travel_as_json_and_do_not_make_networks_differ():
    written, plain = (
        trace(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(inplace=how)), (1, 1, 8, 8)).graph for how in (True, False)
    )

    assert Graph.from_json(written.to_json()) == written
    assert written != plain
    assert written.canonical() == plain.canonical()
