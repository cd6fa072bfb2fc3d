"""What a unit reads, exactly, by hand."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from striate.analyse import Boxes, box
from striate.blueprint import Blueprint
from striate.errors import InputError, UnknownNameError
from striate.trace import trace

GRAPH = Blueprint.from_text(
    "input 1x8x8; conv 3x3 4, relu; maxpool 2; conv 3x3 4 dilation 2 padding 2; globalavgpool; classes 2"
).graph()


def read(forward, place, shape=(1, 1, 8, 8)):
    class Net(nn.Module):
        def forward(self, x):
            return forward(x)

    graph = trace(Net(), shape).graph
    return Boxes(graph).read(graph.outputs[0], place)["x"]


def test_a_unit_in_the_middle_has_its_box_at_every_earlier_op():
    # On the 4×4 map place 1 reads 3 (and −1 and 1): dilation 2; place 2 reads 0 and 2 (and 4, beyond).
    found = Boxes(GRAPH).read("conv2", (1, 2))

    assert found["maxpool1"] == ((1, 3), (0, 2))
    assert found["relu1"] == ((2, 3, 6, 7), (0, 1, 4, 5))
    assert found["input"] == ((1, 2, 3, 4, 5, 6, 7), (0, 1, 2, 3, 4, 5, 6))


def test_a_box_is_the_hull_clipped_to_the_map():
    assert box(GRAPH, "conv2", (1, 2))["relu1"] == ((2, 8), (0, 6))
    assert box(GRAPH, "conv1", (0, 7))["input"] == ((0, 2), (6, 8))


def test_the_head_reads_everything_and_locally_nothing():
    assert box(GRAPH, "classes", ())["input"] == ((0, 8), (0, 8))
    assert "input" not in box(GRAPH, "classes", (), is_local=True)


def test_a_gate_reads_everything_and_locally_its_place():
    class Gate(nn.Module):
        def forward(self, x):
            return x * x.mean((2, 3), keepdim=True)

    graph = trace(Gate(), (1, 2, 6, 6)).graph

    assert box(graph, "mul", (2, 3))["x"] == ((0, 6), (0, 6))
    assert box(graph, "mul", (2, 3), is_local=True)["x"] == ((2, 3), (3, 4))


def test_a_window_with_ceil_ends_at_the_map():
    # 7 places, windows of 2: the fourth holds place 6 alone.
    assert read(lambda x: functional.max_pool2d(x, 2, ceil_mode=True), (3, 0), (1, 1, 7, 7)) == ((6,), (0, 1))


@pytest.mark.parametrize(
    ("mode", "first", "last"),
    [("reflect", (2,), (5,)), ("replicate", (0,), (7,)), ("circular", (6,), (1,))],
)
def test_padding_with_the_maps_own_values_reads_them(mode, first, last):
    found = [read(lambda x: functional.pad(x, (2, 2, 0, 0), mode=mode), (0, place))[1] for place in (0, 11)]

    assert found == [first, last]


def test_what_rolls_out_at_one_end_comes_in_at_the_other():
    assert read(lambda x: torch.roll(x, 3, 3), (0, 1)) == ((0,), (6,))


def test_adaptive_pooling_reads_by_its_rounded_bounds():
    # ⌊j·8/3⌋ … ⌈(j + 1)·8/3⌉
    found = [read(lambda x: functional.adaptive_avg_pool2d(x, 3), (0, place))[1] for place in range(3)]

    assert found == [(0, 1, 2), (2, 3, 4, 5), (5, 6, 7)]


def test_maps_side_by_side_are_read_where_they_stand():
    def forward(x):
        return torch.cat([functional.max_pool2d(x, (1, 2)), x[..., 4:]], 3)

    assert [read(forward, (0, place))[1] for place in (3, 4)] == [(6, 7), (4,)]


def test_a_place_beyond_the_map_is_refused():
    with pytest.raises(InputError, match=r"place must lie on its map of sizes \(4, 4\); got \(4, 0\)"):
        box(GRAPH, "maxpool1", (4, 0))


def test_an_unknown_op_is_named():
    with pytest.raises(UnknownNameError, match="conv2"):
        box(GRAPH, "conv3", (0, 0))


def test_an_op_without_a_rule_on_the_way_is_named():
    def forward(x):
        picked = x[:, :, torch.tensor([0, 2, 5])]
        return (picked + 1).relu()

    with pytest.raises(InputError, match=r"rule for every op before it; got index \(index\).*relu"):
        read(forward, (0, 0))


def test_a_place_is_told_in_the_inputs_order_of_axes():
    def forward(x):
        return functional.max_pool2d(x, (2, 1)).permute(0, 3, 2, 1)

    assert read(forward, (0, 7)) == ((0, 1), (7,))


@pytest.mark.parametrize(
    ("forward", "reads"),
    [
        (lambda x: torch.flip(x, (3,)), [7 - place for place in range(8)]),
        (lambda x: x.repeat(1, 2, 1, 2), [place % 8 for place in range(16)]),
        (lambda x: x.tile(2), [place % 8 for place in range(16)]),
        (lambda x: x.repeat_interleave(2, 3), [place // 2 for place in range(16)]),
    ],
)
def test_places_turned_round_or_repeated_are_read_where_they_stood(forward, reads):
    assert [read(forward, (3, place)) for place in range(len(reads))] == [((3,), (place,)) for place in reads]


def test_a_map_and_its_mirror_image_are_read_together():
    assert read(lambda x: functional.max_pool2d(torch.flip(x, (2, 3)), 2) + x[..., ::2, ::2], (0, 1)) == (
        (0, 6, 7),
        (2, 4, 5),
    )


def test_a_running_sum_reads_up_to_its_place():
    assert read(lambda x: x.cumsum(3), (2, 3)) == ((2,), (0, 1, 2, 3))
    # Behind a window from 2 to 4, up to 4.
    assert read(lambda x: functional.max_pool2d(x.cumsum(3), 3, 1, 1), (2, 3)) == ((1, 2, 3), (0, 1, 2, 3, 4))
    # Within windows of four.
    assert read(lambda x: x.view(1, 1, 8, 2, 4).cumsum(4).view(1, 1, 8, 8), (2, 6)) == ((2,), (4, 5, 6))


def test_a_running_sum_over_rows_and_columns_at_once_is_refused():
    with pytest.raises(InputError, match="rule for every op"):
        read(lambda x: x.flatten(2).cumsum(2).view(1, 1, 8, 8), (2, 6))
