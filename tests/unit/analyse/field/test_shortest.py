"""The smallest field of all paths, by hand."""

import pytest
import torch
from torch import nn

from striate.analyse import borders, receptive_fields, shortest_fields
from striate.blueprint import Blueprint
from striate.trace import trace


class Residual(nn.Module):
    """A 3×3 stem, and two 5×5 convolutions past which the value runs unchanged."""

    def __init__(self, blocks):
        super().__init__()
        self.stem = nn.Conv2d(1, 2, 3, padding=1)
        self.convs = nn.ModuleList(nn.Conv2d(2, 2, 5, padding=2) for _ in range(blocks))

    def forward(self, x):
        x = self.stem(x)
        for conv in self.convs:
            x = x + conv(x)
        return x


def test_a_sum_passes_on_what_its_shortest_branch_saw():
    graph = trace(Residual(2), (1, 1, 20, 20)).graph
    least, widest = shortest_fields(graph), receptive_fields(graph)
    # The stem sees 3; each convolution adds 4 to what the shortcut passes on, which stays at 3.
    assert least["convs.0"] == (7, 7)
    assert least["convs.1"] == (7, 7)
    assert least[graph.outputs[0]] == (3, 3)
    assert widest[graph.outputs[0]].axes[0].size_px == 3 + 4 + 4


def test_strides_widen_what_comes_after():
    plan = Blueprint.from_text("input 1x32x32; conv 3 4 stride 2; conv 3 4; maxpool 2; conv 3 4; classes 2")
    least = shortest_fields(plan.graph())
    # 3, then 2 taps further of 2 px each, one of 2 px, and 2 of 4 px.
    assert [least[name] for name in ("conv1", "conv2", "maxpool1", "conv3")] == [(3, 3), (7, 7), (9, 9), (17, 17)]


def test_behind_a_global_pooling_there_are_no_places():
    plan = Blueprint.from_text("input 1x8x8; conv 3 4; globalavgpool; classes 2")
    assert shortest_fields(plan.graph())["classes"] == ()


def test_a_shortcut_keeps_later_layers_useful():
    # On 6×6 pixels the union of the paths sees everything after one block, the shortcut still 3 px.
    graph = trace(Residual(4), (1, 1, 6, 6)).graph
    assert borders(graph).gains_nothing == ()
    plain = Blueprint.from_text("input 1x6x6; conv 3 2; conv 5 2; conv 5 2; classes 2").graph()
    assert borders(plain).gains_nothing == ("conv3",)


class Sliced(nn.Module):
    """Two 3×3 branches that meet two pixels apart."""

    def __init__(self, join):
        super().__init__()
        self.one, self.other, self.join = nn.Conv2d(1, 2, 3), nn.Conv2d(1, 2, 3), join
        self.last = nn.LazyConv2d(2, 3)

    def forward(self, x):
        return self.last(self.join(self.one(x)[..., 2:, :], self.other(x)[..., :-2, :]))


@pytest.mark.parametrize("join", [torch.add, torch.mul, lambda a, b: torch.cat([a, b], 1)])
def test_branches_with_other_centres_do_not_lengthen_the_shortest_path(join):
    net = Sliced(join)
    net(torch.zeros(1, 1, 16, 16))
    graph = trace(net, (1, 1, 16, 16)).graph
    meeting = graph[graph["last"].inputs[0]]
    # Their union is 5 px high; each path sees 3, and the last 3×3 adds 2.
    assert receptive_fields(graph)[meeting.name].axes[0].size_px == 5
    assert shortest_fields(graph)[meeting.name] == (3, 3)
    assert shortest_fields(graph)["last"] == (5, 5)


def test_attention_in_windows_lengthens_every_path():
    def forward(x):
        x = x.view(1, 3, 2, 4, 2, 4).permute(0, 2, 4, 3, 5, 1).reshape(4, 16, 3)
        return nn.functional.scaled_dot_product_attention(x, x, x)

    class Windows(nn.Module):
        def forward(self, x):
            return forward(x)

    graph = trace(Windows(), (1, 3, 8, 8)).graph
    assert shortest_fields(graph)[graph.outputs[0]] == (4, 4)
