"""Other input channels: the answers stay, and where they cannot, it is refused."""

import pytest
import torch
from torch import nn

from striate.data import prepare
from striate.errors import InputError
from striate.nets import Network, load_network, with_channels
from striate.records import Preprocessing


def coloured(module, side=16):
    """A network whose channels have means and stds far apart."""
    network = load_network(module)
    how = Preprocessing(
        shape=(3, side, side), mean=(0.1, 0.5, 0.8), std=(0.2, 0.3, 0.6), scaled_px=(20, 20), interpolation="bicubic"
    )
    return Network(module=module.eval(), preprocessing=how, output=network.output, origin=network.origin)


def padded():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 5, padding=2, stride=2), nn.ReLU(), nn.Conv2d(8, 4, 3), nn.Flatten(), nn.Linear(4 * 36, 5)
    )


def scores(network, image):
    with torch.no_grad():
        return network.module(prepare(image, network.preprocessing)[None])


GREY = torch.randint(0, 256, (1, 31, 40), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("padding_mode", ["zeros", "reflect", "circular"])
def test_a_grey_image_is_answered_as_it_was_when_it_was_repeated(padding_mode):
    module = padded()
    module[0].padding_mode = padding_mode
    module[0]._reversed_padding_repeated_twice = [2, 2, 2, 2]
    network = coloured(module)

    grey = with_channels(network, 1)

    assert grey.input_shape == (1, 16, 16)
    torch.testing.assert_close(scores(grey, GREY), scores(network, GREY), atol=1e-5, rtol=0)


def test_the_sum_of_the_weights_alone_would_not_do():
    network = coloured(padded())
    grey = with_channels(network, 1)
    with torch.no_grad():
        grey.module[0].ground.weight.zero_()

    assert (scores(grey, GREY) - scores(network, GREY)).abs().max() > 0.01


def test_two_channels_share_the_grey_image():
    network = coloured(padded())
    two = with_channels(network, 2)
    x = torch.rand(1, 1, 16, 16)
    mean, std = (
        torch.tensor(numbers)[:, None, None] for numbers in (network.preprocessing.mean, network.preprocessing.std)
    )

    with torch.no_grad():
        found = two.module((x.expand(-1, 2, -1, -1) - two.preprocessing.mean[0]) / two.preprocessing.std[0])
        expected = network.module((x - mean) / std)

    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("channels", [4, 5, 6, 7])
def test_more_channels_come_in_turn_and_share_their_weights(channels):
    network = coloured(padded())
    more = with_channels(network, channels)
    x = torch.rand(1, 3, 16, 16)
    turn = [n % 3 for n in range(channels)]

    with torch.no_grad():
        torch.testing.assert_close(more.module(x[:, turn]), network.module(x), atol=1e-5, rtol=0)
    assert more.preprocessing.mean == tuple((0.1, 0.5, 0.8)[n] for n in turn)


def test_further_channels_may_count_for_nothing_at_first():
    network = coloured(padded())
    more = with_channels(network, 5, further="zeros")
    x = torch.rand(1, 5, 16, 16)

    with torch.no_grad():
        torch.testing.assert_close(more.module(x), network.module(x[:, :3]), atol=1e-5, rtol=0)
    assert more.module[0].weight[:, 3:].abs().max() == 0


def test_the_original_stays_as_it_was():
    network = coloured(padded())
    network.module.train()
    before = {key: value.clone() for key, value in network.module.state_dict().items()}
    state = torch.get_rng_state()

    with_channels(network, 1)

    assert all(torch.equal(value, before[key]) for key, value in network.module.state_dict().items())
    assert network.module.training
    assert not any(part._forward_pre_hooks for part in network.module.modules())
    assert torch.equal(torch.get_rng_state(), state)
    assert all(parameter.grad is None for parameter in network.module.parameters())


@pytest.mark.parametrize("channels", [1, 4])
def test_a_changed_network_is_saved_and_read(channels, tmp_path):
    network = with_channels(load_network("torchvision:squeezenet1_1"), channels)
    network.save(tmp_path)
    again = Network.read(tmp_path)
    x = torch.rand(1, channels, 64, 64)

    with torch.no_grad():
        assert torch.equal(again.module(x), network.module(x))
    assert again.preprocessing == network.preprocessing
    assert again.origin == network.origin


class ByNumber(nn.Module):
    """Reads a channel by its number beside its convolution."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return self.conv(x).mean((2, 3)) + x[:, 0].mean((1, 2))[:, None]


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (nn.Sequential(nn.Flatten(), nn.Linear(768, 2)), "must be read by convolutions without groups; got Flatten 0"),
        (nn.Sequential(nn.Conv2d(3, 6, 3, groups=3)), "must be read by convolutions without groups; got Conv2d 0"),
        (ByNumber(), "a network with other channels must answer as it did"),
    ],
)
def test_a_network_that_could_not_answer_the_same_is_refused(module, words):
    with pytest.raises(InputError, match=words):
        with_channels(coloured(module), 1)


def test_weights_that_are_standardised_are_refused():
    from timm.layers import StdConv2d

    torch.manual_seed(0)
    with pytest.raises(InputError, match="must answer as it did"):
        with_channels(coloured(nn.Sequential(StdConv2d(3, 4, 3), nn.ReLU())), 1)


def test_channels_below_one_and_a_second_change_are_refused():
    network = load_network("torchvision:squeezenet1_1")
    with pytest.raises(InputError, match="channels must be at least 1; got 0"):
        with_channels(network, 0)
    with pytest.raises(InputError, match="channels must be changed once only"):
        with_channels(with_channels(network, 1), 2)
