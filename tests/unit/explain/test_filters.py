import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from striate.errors import InputError, UnknownNameError
from striate.explain import filters, fine_detail


def named(toys, *, module, shape=(1, 16, 16)):
    return toys.network(module, shape, "ab")


def head(width):
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 2))


def test_the_weights_are_those_of_the_first_convolution(toys):
    net = toys.small(shape=(3, 12, 10))
    found = filters(net)
    np.testing.assert_array_equal(found.weights, net.module[0].weight.detach().numpy())
    assert (found.layer, found.start.shape, found.random_count) == ("0", (4, 3, 3, 3), 20_000)


def test_the_weights_are_a_copy(toys):
    net = toys.small()
    found = filters(net)
    found.weights[:] = 0
    assert net.module[0].weight.abs().sum() > 0


def test_a_normalisation_inside_the_network_is_looked_through(toys):
    class Normalising(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("mean", torch.tensor(0.5))
            self.conv = nn.Conv2d(1, 4, 3)
            self.head = head(4)

        def forward(self, x):
            x = functional.pad((x - self.mean) / 0.25, (1, 1, 1, 1))
            return self.head(self.conv(x))

    assert filters(named(toys, module=Normalising())).layer == "conv"


def test_the_first_is_the_one_that_runs_first_not_the_one_declared_first(toys):
    class Backwards(nn.Module):
        def __init__(self):
            super().__init__()
            self.later = nn.Conv2d(4, 8, 3)
            self.earlier = nn.Conv2d(1, 4, 5)
            self.head = head(8)

        def forward(self, x):
            return self.head(self.later(self.earlier(x)))

    net = named(toys, module=Backwards())
    assert filters(net).layer == "earlier"
    assert filters(net, layer="later").weights.shape == (8, 4, 3, 3)


def test_a_functional_convolution_is_found_by_its_parameter(toys):
    class Functional(nn.Module):
        def __init__(self):
            super().__init__()
            self.kernel = nn.Parameter(torch.arange(18.0).view(2, 1, 3, 3))
            self.head = head(2)

        def forward(self, x):
            return self.head(functional.conv2d(x, self.kernel))

    np.testing.assert_array_equal(
        filters(named(toys, module=Functional())).weights, torch.arange(18.0).view(2, 1, 3, 3)
    )


def test_a_network_without_a_convolution_on_the_image_is_refused(toys):
    with pytest.raises(InputError, match="reads the image"):
        filters(named(toys, module=nn.Sequential(nn.Flatten(), nn.Linear(256, 2))))


def test_a_convolution_behind_a_pooling_is_not_the_first(toys):
    net = named(toys, module=nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(1, 4, 3), head(4)))
    with pytest.raises(InputError):
        filters(net)
    assert filters(net, layer="1").weights.shape == (4, 1, 3, 3)


def test_an_unknown_layer_is_named(toys):
    with pytest.raises(UnknownNameError):
        filters(toys.small(), layer="conv9")


def test_the_closest_pair_is_a_copy_and_not_a_negative(toys):
    net = toys.small()
    with torch.no_grad():
        weight = net.module[0].weight
        weight[1] = -weight[0]
        weight[3] = 2 * weight[0]
    one, other, cosine = filters(net).closest
    assert (one, other) == (0, 3)
    assert cosine == pytest.approx(1)


def test_one_filter_has_no_pair(toys):
    net = named(toys, module=nn.Sequential(nn.Conv2d(1, 1, 3), head(1)))
    assert filters(net).closest is None


def test_filters_of_zeros_are_like_no_other(toys):
    net = toys.small()
    with torch.no_grad():
        net.module[0].weight.zero_()
    found = filters(net)
    assert found.closest[2] == 0
    assert (found.detail == 0).all()


def test_nine_of_ten_random_filters_lie_in_the_band(toys):
    net = named(toys, module=nn.Sequential(nn.Conv2d(1, 4000, 5), head(4000)))
    found = filters(net)
    low, high = found.random_band
    inside = ((low < fine_detail(torch.tensor(found.start), with_mean=True)).float().mean(),
              (fine_detail(torch.tensor(found.start), with_mean=True) < high).float().mean())  # fmt: skip
    # 4,000 draws: a standard error of 0.0034 for each share of 0.95.
    assert [float(share) for share in inside] == pytest.approx([0.95, 0.95], abs=0.012)


def test_the_start_has_the_spread_of_he(toys):
    net = named(toys, module=nn.Sequential(nn.Conv2d(1, 4000, 5), head(4000)))
    assert filters(net).start.std() == pytest.approx((2 / 25) ** 0.5, rel=0.02)


def test_another_seed_draws_other_filters(toys):
    net = toys.small()
    assert (filters(net, seed=0).start == filters(net, seed=0).start).all()
    assert (filters(net, seed=0).start != filters(net, seed=1).start).any()


def test_a_line_has_filters_of_one_row(toys):
    net = toys.network(nn.Sequential(nn.Conv1d(2, 3, 5), nn.AdaptiveAvgPool1d(1), nn.Flatten()), (2, 20), "abc")
    assert filters(net).weights.shape == (3, 2, 1, 5)
