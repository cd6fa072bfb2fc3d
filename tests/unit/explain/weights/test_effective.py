import numpy as np
import pytest
import torch
from scipy.signal import convolve
from torch import nn

from striate.errors import InputError, UnknownNameError
from striate.explain import effective_filters


def made(seed, *parts):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        module = nn.Sequential(
            *[part() if callable(part) and not isinstance(part, nn.Module) else part for part in parts]
        )
        for each in module.modules():
            for parameter in each.parameters(recurse=False):
                nn.init.normal_(parameter)
            if isinstance(each, nn.BatchNorm2d):
                nn.init.normal_(each.running_mean)
                nn.init.uniform_(each.running_var, 0.5, 2)
    return module


def test_of_a_linear_network_it_is_exact_at_any_place(toys):
    module = made(
        0,
        nn.Conv2d(2, 3, 3, stride=2, padding=1),
        nn.BatchNorm2d(3),
        nn.Conv2d(3, 4, 3, dilation=2),
        nn.AvgPool2d(2),
        nn.BatchNorm2d(4),
    )
    net = toys.network(nn.Sequential(module, nn.Flatten(), nn.LazyLinear(2)), (2, 20, 20), "ab")
    net.module(torch.zeros(1, 2, 20, 20))
    images = toys.images(5, (2, 20, 20))
    with torch.no_grad():
        expected = module.eval()(images)

    for place in (None, (0, 1)):
        found = effective_filters(net, layer="0.4", place=place)
        top, left = found.corner_px
        height, width = found.filters.shape[2:]
        crops = images[:, :, top : top + height, left : left + width].numpy()
        seen = np.einsum("nchw,uchw->nu", crops, found.filters) + found.offsets
        np.testing.assert_allclose(seen, expected[(slice(None), slice(None), *found.place)], rtol=1e-3, atol=1e-4)
    assert (found.passed, found.averaged) == (0, 0)


def test_two_convolutions_are_one_with_the_convolved_kernel(toys):
    first, second = nn.Conv2d(1, 3, 3, bias=False), nn.Conv2d(3, 2, 5, bias=False)
    module = made(1, first, nn.ReLU(), second, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    net = toys.network(module, (1, 16, 16), "ab")

    found = effective_filters(net, layer="2")
    expected = np.zeros((2, 7, 7))
    for unit in range(2):
        for channel in range(3):
            one, two = first.weight[channel, 0].detach().numpy(), second.weight[unit, channel].detach().numpy()
            expected[unit] += convolve(one, two)

    np.testing.assert_allclose(found.filters[:, 0], expected, rtol=1e-5, atol=1e-5)
    assert found.passed == 2
    assert "identity" in found.notes[0]


@pytest.mark.parametrize("activation", [nn.ReLU, nn.GELU, nn.Hardswish, lambda: nn.LeakyReLU(inplace=True), nn.Tanh])
def test_activations_are_passed_through(toys, activation):
    parts = [nn.Conv2d(1, 3, 3), activation(), nn.MaxPool2d(2), nn.Conv2d(3, 2, 3)]
    net = toys.network(nn.Sequential(made(2, *parts), nn.AdaptiveAvgPool2d(1), nn.Flatten()), (1, 14, 14), "ab")
    plain = nn.Sequential(parts[0], nn.AvgPool2d(2), parts[3])
    bare = toys.network(nn.Sequential(plain, nn.AdaptiveAvgPool2d(1), nn.Flatten()), (1, 14, 14), "ab")

    found, expected = effective_filters(net, layer="0.3"), effective_filters(bare, layer="0.2")

    np.testing.assert_allclose(found.filters, expected.filters, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.offsets, expected.offsets, rtol=1e-5, atol=1e-6)
    assert (found.averaged, expected.averaged) == (1, 0)


class Gated(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(1, 3, 3), nn.Linear(3, 2)

    def forward(self, x):
        x = self.conv(x)
        return self.head((x * x.mean((2, 3), keepdim=True)).mean((2, 3)))


def test_what_is_no_linear_map_is_refused(toys):
    gated = toys.network(Gated(), (1, 9, 9), "ab")
    assert effective_filters(gated, layer="conv").filters.shape == (3, 1, 3, 3)
    with pytest.raises(InputError, match="must be linear once activations are passed through"):
        effective_filters(gated, layer="head")
    normed = toys.network(nn.Sequential(nn.Conv2d(1, 4, 3), nn.GroupNorm(2, 4), nn.Flatten()), (1, 4, 4), "ab" * 8)
    with pytest.raises(InputError, match="normalisation by the image"):
        effective_filters(normed, layer="1")


def test_units_places_and_names_are_checked(toys):
    net = toys.small()
    with pytest.raises(UnknownNameError):
        effective_filters(net, layer="conv9")
    with pytest.raises(InputError, match=r"units must be 0 … 3; got 4"):
        effective_filters(net, layer="0", units=[1, 4])
    with pytest.raises(InputError, match="at least one"):
        effective_filters(net, layer="0", units=[])
    with pytest.raises(InputError, match="a place must lie"):
        effective_filters(net, layer="0", place=(12, 0))
    assert effective_filters(net, layer="0", units=[2]).units == (2,)
