"""Coordinates as channels, as a block and as an addition to a trained network."""

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrizations

from striate.errors import InputError, UnknownNameError
from striate.nets import add_coordinates
from striate.nets.modules.coordinates import Coordinates

CONVOLUTIONS = {
    1: lambda: nn.Conv1d(4, 6, 5, stride=2, padding=1),
    2: lambda: nn.Conv2d(4, 6, (3, 5), stride=2, padding=(1, 0), groups=2),
    3: lambda: nn.Conv3d(4, 6, 3, padding=1, dilation=2, bias=False, padding_mode="circular"),
}
LENGTHS = (12, 9, 7)


def test_a_small_map_gets_the_coordinates_worked_out_by_hand():
    x = torch.full((1, 1, 2, 3), 7.0)

    out = Coordinates(radius=True)(x)

    assert out[0].tolist() == [
        [[7, 7, 7], [7, 7, 7]],
        [[-1, -1, -1], [1, 1, 1]],
        [[-1, 0, 1], [-1, 0, 1]],
        [[pytest.approx(2**0.5), 1, pytest.approx(2**0.5)]] * 2,
    ]


@pytest.mark.parametrize("radius", [False, True])
@pytest.mark.parametrize("axes", CONVOLUTIONS)
def test_outputs_are_bit_equal_until_a_step_is_made(axes, radius):
    torch.manual_seed(axes)
    net = nn.Sequential(nn.Sequential(CONVOLUTIONS[axes]()), nn.BatchNorm1d(6) if axes == 1 else nn.ReLU())
    x = torch.randn(3, 4, *LENGTHS[:axes])
    before = {key: value.clone() for key, value in net.state_dict().items()}
    told = add_coordinates(net, "0.0", radius=radius)

    assert torch.equal(told.eval()(x), net.eval()(x))
    optimizer = torch.optim.SGD(told.parameters(), lr=0.1)
    told(x).square().sum().backward()
    optimizer.step()
    assert not torch.allclose(told(x), net(x))
    assert told[0][0].coordinates.weight.abs().min() > 0
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
    assert all(parameter.grad is None for parameter in net.parameters())


def test_it_is_the_convolution_over_channels_and_coordinates():
    torch.manual_seed(0)
    conv = nn.Conv2d(3, 5, 3, padding=1, stride=2)
    told = add_coordinates(conv, "", radius=True)
    nn.init.normal_(told.coordinates.weight)
    x = torch.randn(2, 3, 8, 6)

    weight = torch.cat([told.conv.weight, told.coordinates.weight], 1)
    expected = functional.conv2d(Coordinates(radius=True)(x), weight, conv.bias, stride=2, padding=1)

    torch.testing.assert_close(told(x), expected)


def test_every_group_reads_the_coordinates():
    conv = nn.Conv2d(4, 4, 1, groups=4, bias=False)
    told = add_coordinates(conv, "")
    nn.init.ones_(told.coordinates.weight)

    moved = told(torch.zeros(1, 4, 3, 3))

    assert moved[0].tolist() == [[[-2, -1, 0], [-1, 0, 1], [0, 1, 2]]] * 4


def test_the_mode_stays_and_nothing_is_drawn():
    net = nn.Sequential(nn.Conv2d(1, 2, 3)).eval()
    state = torch.get_rng_state()

    told = add_coordinates(net, "0")

    assert torch.equal(torch.get_rng_state(), state)
    assert not any(part.training for part in told.modules())


def test_what_is_not_a_plain_convolution_is_refused():
    net = nn.Sequential(nn.Linear(3, 3), nn.Conv2d(3, 3, 1), parametrizations.weight_norm(nn.Conv2d(3, 3, 1)))

    with pytest.raises(InputError, match=r"must be read by a convolution in 1-D, 2-D or 3-D; got 'Linear' .at 0."):
        add_coordinates(net, "0")
    with pytest.raises(UnknownNameError, match="conv1"):
        add_coordinates(net, "conv1")
    with pytest.raises(InputError, match="weight must be a parameter with values"):
        add_coordinates(net, "2")
    with pytest.raises(InputError, match="weight must be a parameter with values"):
        add_coordinates(nn.LazyConv2d(3, 3), "")
