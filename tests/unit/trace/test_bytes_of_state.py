"""What a module holds is weighed by the type of each tensor, saved in a state dict or not."""

import torch
from torch import nn

from striate.analyse import memory_ledger
from striate.trace import trace


class Words(nn.Module):
    """Numbers of words, looked up, normalised and shifted by tables that no state dict has."""

    def __init__(self):
        super().__init__()
        self.table, self.norm, self.head = nn.Embedding(10, 4), nn.BatchNorm1d(4), nn.Linear(4, 3).bfloat16()
        self.register_buffer("shift", torch.zeros(6, 4), persistent=False)
        self.plain = torch.zeros(7, dtype=torch.float64)
        self.idle = nn.Linear(5, 1, bias=False).double()

    def forward(self, ids):
        words = (self.table(ids) + self.shift + self.plain[0].float()).mean(1)
        return self.head(self.norm(words).bfloat16())


def test_parameters_and_buffers_are_weighed_by_their_own_types():
    graph = trace(Words(), torch.zeros(2, 6, dtype=torch.int64)).graph
    ledger = memory_ledger(graph)

    assert ledger.parameters_bytes == (40 + 8) * 4 + 15 * 2 + 5 * 8
    assert ledger.input_bytes == 12 * 8
    # Two statistics, the batch counter, and the two tables.
    assert ledger.buffers_bytes == 8 * 4 + 8 + 24 * 4 + 7 * 8
    assert graph.buffers == 8 + 1


class Image(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 1)

    def forward(self, image, place):
        return self.first(image.float() / 255) + place.to(torch.float32)


def test_inputs_of_several_types_are_weighed_apart():
    place = torch.zeros(2, 1, 1, 1, dtype=torch.int64)
    graph = trace(Image(), (torch.zeros(2, 3, 8, 8, dtype=torch.uint8), place)).graph

    assert memory_ledger(graph).input_bytes == 2 * 3 * 64 + 2 * 8
    assert memory_ledger(graph).parameters_bytes == 16 * 4
