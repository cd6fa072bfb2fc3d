import io

import numpy as np
import pytest
import torch
from torch import nn

from striate.explain import activation_maps, effective_filters, weights
from striate.nets import Network, Origin
from striate.records import Output, Preprocessing
from striate.report.pictures.channels import channels_picture
from striate.report.pictures.weights import effective_picture, principal, weights_picture, weights_sentences

# Where the first tile of a sheet lies.
LEFT, TOP = 24, 58


def network(conv, shape):
    axes = len(shape) - 1
    pool = (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d)[axes - 1](1)
    return Network(
        module=nn.Sequential(conv, nn.ReLU(), pool, nn.Flatten(), nn.Linear(conv.out_channels, 2)),
        preprocessing=Preprocessing(shape=shape, mean=(0.5,) * shape[0], std=(0.25,) * shape[0]),
        output=Output(kind="classes", names=("a", "b")),
        origin=Origin(kind="module", text="toy"),
    )


def drawn(content):
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


def test_positive_weights_are_brown_negative_ones_blue_and_zero_is_paper():
    net = network(nn.Conv2d(1, 2, 4, bias=False), (1, 9, 9))
    with torch.no_grad():
        net.module[0].weight.zero_()
        net.module[0].weight[0, 0, 0, 0], net.module[0].weight[0, 0, 0, 1] = 2.0, -2.0
        net.module[0].weight[1, 0, 0, 0] = 1.0

    sheet = drawn(weights_picture(weights(net), source="toy"))
    # 104 px for 4 places: 26 each.
    high, low, none = sheet[TOP + 13, LEFT + 13], sheet[TOP + 13, LEFT + 39], sheet[TOP + 39, LEFT + 13]

    assert tuple(high) == (0x7A, 0x2B, 0x01)
    assert tuple(low) == (0x16, 0x38, 0x7C)
    assert min(none) > 248


def test_three_channels_are_colour_about_grey():
    net = network(nn.Conv2d(3, 2, 4, bias=False), (3, 9, 9))
    with torch.no_grad():
        net.module[0].weight.zero_()
        net.module[0].weight[0, 0] = 1.0
        net.module[0].weight[0, 2, :2] = -1.0

    sheet = drawn(weights_picture(weights(net), source="toy"))

    assert tuple(sheet[TOP + 13, LEFT + 13]) == (255, 128, 0)
    assert tuple(sheet[TOP + 91, LEFT + 13]) == (255, 128, 128)


@pytest.mark.parametrize(
    ("conv", "shape"),
    [
        (nn.Conv1d(2, 3, 7), (2, 30)),
        (nn.Conv3d(1, 3, 3), (1, 6, 6, 6)),
        (nn.Conv2d(5, 3, 3), (5, 9, 9)),
        (nn.Conv2d(20, 3, 3), (20, 9, 9)),
        (nn.Conv2d(3, 70, 3), (3, 9, 9)),
        (nn.Conv2d(3, 5, 1), (3, 9, 9)),
    ],
)
def test_curves_slices_channels_and_lengths_can_be_drawn(conv, shape):
    found = weights(network(conv, shape))

    sheet = drawn(weights_picture(found, source="toy"))

    # More than paper and letters: at least three colours that are no grey.
    tiles = sheet[TOP : TOP + 300, LEFT : LEFT + 500].reshape(-1, 3)
    assert len(np.unique(tiles[np.ptp(tiles, axis=1) > 12], axis=0)) >= 3


def test_the_first_principal_direction_of_the_channels_holds_what_svd_says():
    values = np.random.default_rng(0).normal(size=(6, 20, 3, 3)).astype(np.float32)
    flat = np.moveaxis(values, 1, -1).reshape(-1, 20)
    expected = np.linalg.svd(flat, compute_uv=False) ** 2

    along, share = principal(values)

    assert share == pytest.approx(expected[0] / expected.sum(), rel=1e-5)
    assert float((along**2).sum()) == pytest.approx(expected[0], rel=1e-4)


def test_what_is_said_names_the_dead_and_the_copies():
    net = network(nn.Conv2d(1, 6, 5), (1, 9, 9))
    with torch.no_grad():
        weight = net.module[0].weight
        weight[2] = 0
        weight[4] = 3 * weight[1]

    said = weights_sentences(weights(net))

    assert said[0].startswith("1 dead (2), 1 copies of others (1 = 4): cosine above 0.9")
    assert "random filters 0." in said[2]


def test_channels_on_their_own_scale_each_reach_its_end():
    net = network(nn.Conv2d(1, 3, 3), (1, 8, 8))
    with torch.no_grad():
        net.module[0].bias.fill_(0.1)
        net.module[0].weight[2] *= 0.01
    image = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))

    darkest = {}
    for scale in ("common", "own"):
        [found] = activation_maps(net, image, layer="0", scale=scale)
        sheet = drawn(channels_picture(found, target="", source="toy"))
        tile = sheet[TOP : TOP + 102, LEFT + 2 * 114 : LEFT + 2 * 114 + 102]
        darkest[scale] = tile.sum(2).min()

    assert darkest["own"] < 100 < darkest["common"]


def test_effective_filters_are_drawn_each_on_its_own_scale():
    net = network(nn.Conv2d(1, 3, 3), (1, 8, 8))

    sheet = drawn(effective_picture(effective_filters(net, layer="0"), source="toy"))
    tiles = [sheet[TOP : TOP + 144, LEFT + n * 156 : LEFT + n * 156 + 144].reshape(-1, 3) for n in range(3)]

    # Each has a place at one of the ends of the scale.
    ends = {(0x7A, 0x2B, 0x01), (0x16, 0x38, 0x7C)}
    assert all(ends & set(map(tuple, tile)) for tile in tiles)
