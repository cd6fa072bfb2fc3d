"""Borders: shares of padding by counting, and input sizes by running networks."""

from itertools import product

import pytest
import torch
from torch import nn
from torch.nn import functional

from striate.analyse import borders, input_sizes
from striate.blueprint import Blueprint
from striate.nets import build
from striate.trace import trace


def test_the_share_of_padding_is_what_counting_gives():
    graph = Blueprint.from_text("input 1x6x4; conv 3x3 2; conv 3x3 2 stride 2; classes 2").graph()

    # conv2 looks at 5×5 pixels around every second one.
    places = list(product(range(0, 6, 2), range(0, 4, 2)))
    outside = sum(
        not (0 <= y + i < 6 and 0 <= x + j < 4) for y, x in places for i, j in product(range(-2, 3), repeat=2)
    )
    assert borders(graph).padding_share["conv2"] == pytest.approx(outside / (25 * len(places)))


def test_holes_are_not_padding():
    graph = Blueprint.from_text("input 1x4x4; conv 3x3 2 dilation 4; classes 2").graph()

    # Of the taps −4, 0 and 4 only the middle one is ever inside.
    assert borders(graph).padding_share["conv1"] == pytest.approx(1 - 1 / 9)


def test_border_layers_are_those_that_read_what_sees_everything():
    graph = Blueprint.from_text(
        "input 1x7x7; conv 3x3 2; conv 3x3 2; conv 3x3 2; conv 1x1 2; conv 3x3 2; globalavgpool; classes 2"
    ).graph()

    found = borders(graph)

    # Fields 3, 5, 7, 7, 9: the third sees all from the middle; the 1×1 does not try to see more.
    assert (found.sees_all, found.gains_nothing, found.first_global) == ("conv3", ("conv5",), "globalavgpool1")


def test_a_field_as_large_as_the_image_that_no_unit_centres_does_not_see_all():
    # 2×2 windows of stride 2 tile: 4 pixels wide at 0 and 4, of 6.
    graph = Blueprint.from_text("input 1x6x6; maxpool 2; maxpool 3; classes 2").graph()

    assert borders(graph).sees_all == "maxpool2"


class Turned(nn.Module):
    """Two padded 3×3 convolutions; in between and after the map is turned."""

    def __init__(self, order):
        super().__init__()
        self.one, self.other, self.order = nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 2, 3, padding=1), order

    def forward(self, x):
        return self.other(self.one(x)).permute(self.order).relu()


@pytest.mark.parametrize("order", [(0, 2, 3, 1), (0, 1, 3, 2), (0, 3, 2, 1)])
def test_the_order_of_dimensions_changes_no_borders(order):
    graph = trace(Turned(order), (1, 1, 5, 20)).graph
    found = borders(graph)

    # 5×5 pixels around each of 5×20: of 25 rows read 19 are on the image (3 + 4 + 5 + 4 + 3), of 100 columns 94.
    assert found.padding_share[graph.outputs[0]] == pytest.approx(1 - 19 / 25 * 94 / 100)
    assert found.sees_all is None


def test_a_channels_last_map_can_be_the_first_that_sees_all():
    class Net(Turned):
        def forward(self, x):
            turned = self.other(self.one(x)).permute(0, 2, 3, 1)
            return turned[:, 1:, 1:] + turned[:, :-1, :-1]

    graph = trace(Net(None), (1, 1, 6, 6)).graph

    # Fields of 5, of which two lie a pixel apart: the unit (2, 2) reads all 6.
    assert borders(graph).sees_all == graph.outputs[0]


def _loses(module, size):
    """Tell whether some map's last row moves nothing that reads it, by gradients of positive weights."""
    maps = []
    x = torch.ones(1, 1, size, 8, dtype=torch.float64, requires_grad=True)
    value = x
    for layer in module:
        maps.append(value)
        value = layer(value)
    grads = torch.autograd.grad(value.sum(), maps)
    return any(bool((grad[..., -1, :] == 0).all()) for grad in grads)


@pytest.mark.parametrize(
    "text",
    [
        "conv 3 2; maxpool 2; conv 3 2; maxpool 2; conv 1 2; maxpool 2",
        "conv 5 2 stride 4 padding 2; maxpool 3 stride 2; conv 3 2; maxpool 3 stride 2",
        "conv 3 2 stride 2 padding 0; maxpool 3 stride 2",
        "conv 3 2 stride 2 padding 1; conv 3 2 stride 2 padding 1",
    ],
)
def test_sizes_that_lose_nothing_are_those_at_which_gradients_reach_every_last_row(text):
    plan = Blueprint.from_text(f"input 1x40x40; {text}; globalavgpool; classes 2")
    layers = []
    for layer in list(build(plan).double().children())[:-3]:
        if isinstance(layer, nn.Conv2d):
            kernel, stride, padding = layer.kernel_size, layer.stride, layer.padding
            layer = nn.Conv2d(
                layer.in_channels, layer.out_channels, (kernel[0], 1), (stride[0], 1), (padding[0], 0)
            ).double()
            nn.init.constant_(layer.weight, 1.0)
        else:
            layer = nn.AvgPool2d((layer.kernel_size, 1), (layer.stride, 1))
        layers.append(layer)

    [found, _] = input_sizes(plan.graph(), range_px=(30, 70))

    assert found.sizes == tuple(size for size in range(30, 71) if not _loses(layers, size))


def test_a_pixel_that_one_branch_skips_and_another_reads_is_not_lost():
    class Shortcut(nn.Module):
        def __init__(self):
            super().__init__()
            self.skip, self.conv = nn.Conv2d(1, 1, 1, stride=2), nn.Conv2d(1, 1, 3, stride=2, padding=1)

        def forward(self, x):
            return self.skip(x) + self.conv(x)

    [found, _] = input_sizes(trace(Shortcut(), (1, 1, 16, 16)).graph)

    assert (found.period_px, found.lost_px) == (1, 0)


def test_a_networks_own_loss_is_told_where_it_happens():
    graph = Blueprint.from_text("input 1x30x28; conv 3 2; maxpool 2; maxpool 2; globalavgpool; classes 2").graph()

    rows, columns = input_sizes(graph)

    # 30 → 15, of which one is lost; 28 → 14 → 7.
    assert (rows.period_px, rows.remainders_px, rows.lost_px, rows.losing) == (4, (0,), 1, ("maxpool1",))
    assert (columns.lost_px, columns.losing) == (0, ())


def sizes(forward, shape=(1, 1, 16, 16)):
    class Net(nn.Module):
        def forward(self, x):
            return forward(x)

    return input_sizes(trace(Net(), shape).graph)


def test_a_size_written_into_a_network_does_not_follow_the_input():
    def forward(x):
        return functional.max_pool2d(functional.interpolate(x, size=(10, 9)), 2).relu()

    rows, columns = sizes(forward)

    # 10 columns of windows of 2 fit whatever the input was; of 9 rows one is lost, whatever it was.
    assert (rows.sizes, rows.lost_px) == (tuple(range(8, 33)), 0)
    assert (columns.sizes, columns.lost_px, columns.losing) == ((), 1, ("resize",))


def test_a_map_resized_to_the_size_of_another_follows_it():
    def forward(x):
        small = functional.max_pool2d(x, 4)
        return functional.max_pool2d(functional.interpolate(small, size=x.shape[2:]).relu() + x, 2).relu()

    rows, _ = sizes(forward)

    # The pooling by 4 loses nothing, as the sum reads all of x; the one by 2 does at odd sizes.
    assert (rows.period_px, rows.remainders_px) == (2, (0,))


def test_a_map_made_larger_by_a_scale_follows_the_input():
    rows, _ = sizes(lambda x: functional.max_pool2d(functional.interpolate(x.relu(), scale_factor=1.5), 3).relu())

    # ⌊1.5 n⌋ is a multiple of 3: n even, or … only then: n = 2k gives 3k, n = 2k + 1 gives 3k + 1.
    assert (rows.period_px, rows.remainders_px) == (2, (0,))


def test_pixels_that_parts_of_a_map_share_among_them_are_not_lost():
    def forward(x):
        # As Swin merges patches: every second row, and of those every second column, four times.
        return torch.cat([x[..., i::2, j::2] for i in (0, 1) for j in (0, 1)], 1).relu()

    for axis in sizes(forward):
        assert (axis.lost_px, axis.losing) == (0, ())


def test_a_part_along_one_axis_passes_on_what_is_lost_along_the_other():
    rows, columns = sizes(lambda x: functional.max_pool2d(x.relu()[..., :8], 3).relu())

    # 16 = 5·3 + 1 rows; of 16 columns the 9th and on are cut off, and of 8 = 2·3 + 2 two are left over.
    assert (rows.lost_px, rows.losing) == (1, ("relu",))
    assert (columns.lost_px, columns.losing) == (8 + 2, ("relu", "slice"))


def test_an_axis_that_is_not_known_names_the_op_without_a_rule():
    rows, columns = sizes(lambda x: functional.max_pool2d(x[:, :, torch.tensor([0, 2, 5, 7])], 2))

    assert (rows.unknown_at, columns.unknown_at) == ("index", "index")
    assert (rows.sizes, rows.period_px, rows.range_px) == ((), None, (8, 32))
