"""The effective field, by hand and on real networks."""

import numpy as np
import pytest
import torch
from torch import nn

from striate.errors import InputError, UnknownNameError
from striate.explain import effective_field
from striate.nets import Network, Origin
from striate.records import Output, Preprocessing


def network(module, shape):
    return Network(
        module=module,
        preprocessing=Preprocessing(shape=shape, mean=(0.0,) * shape[0], std=(1.0,) * shape[0]),
        output=Output(kind="classes", names=("a", "b")),
        origin=Origin(kind="module", text="test"),
    )


def box_filters(count):
    layers = [nn.Conv2d(1, 1, 3, padding=1, bias=False) for _ in range(count)]
    for layer in layers:
        nn.init.constant_(layer.weight, 1.0)
    return network(nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1, 2)), (1, 31, 31))


def test_one_box_filter_uses_all_it_sees():
    found = effective_field(box_filters(1), layer="0")

    expected = np.zeros((31, 31))
    expected[14:17, 14:17] = 1 / 9
    np.testing.assert_allclose(found.magnitude, expected, rtol=1e-6)
    assert (found.place, found.centre, found.side_px, found.theoretical_px, found.share) == (
        (15, 15),
        (15, 15),
        3,
        3,
        1,
    )


def test_many_box_filters_use_a_share_that_a_binomial_gives():
    found = effective_field(box_filters(10), layer="9")

    row = np.ones(1)
    for _ in range(10):
        row = np.convolve(row, np.ones(3) / 3)
    held = [(row[10 - r : 11 + r].sum()) ** 2 for r in range(11)]
    side = 2 * next(r for r, share in enumerate(held) if share >= 0.9545) + 1
    np.testing.assert_allclose(found.magnitude[5:26, 5:26], np.outer(row, row), rtol=1e-5)
    assert (found.side_px, found.theoretical_px) == (side, 21)
    assert found.share < 0.65


def test_the_default_is_the_last_map_and_images_count():
    images = torch.randn(3, 1, 31, 31)

    found = effective_field(box_filters(2), images)

    assert (found.layer, found.images) == ("1", 3)


def test_sequences_have_an_effective_field_too():
    module = nn.Sequential(nn.Conv1d(2, 4, 5, padding=2), nn.ReLU(), nn.Flatten(), nn.Linear(80, 2))

    found = effective_field(network(module, (2, 20)), torch.ones(1, 2, 20), layer="0")

    assert found.magnitude.shape == (20,)
    assert set(np.flatnonzero(found.magnitude)) == set(range(8, 13))


def test_a_layer_nobody_knows_is_refused():
    with pytest.raises(UnknownNameError, match="conv"):
        effective_field(box_filters(1), layer="conv")


def test_a_layer_without_a_map_is_refused():
    with pytest.raises(InputError, match="must have a map"):
        effective_field(box_filters(1), layer="3")


def test_a_network_that_raises_on_the_way_is_left_as_it_came():
    class Raises(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 1, 3)

        def forward(self, x):
            if bool(x.sum() > 1e6):
                raise ZeroDivisionError("large")
            return self.conv(x)

    module = Raises().train()
    before = torch.get_rng_state()

    with pytest.raises(ZeroDivisionError):
        effective_field(network(module, (1, 9, 9)), torch.full((1, 1, 9, 9), 1e6), layer="conv")

    assert module.training
    assert module.conv.weight.grad is None
    assert not module.conv._forward_hooks
    assert torch.equal(torch.get_rng_state(), before)
