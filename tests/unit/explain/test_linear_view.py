import math

import numpy as np
import pytest
import torch
from torch import nn

from striate.errors import InputError
from striate.explain import gradient, linear_view
from striate.explain.saliency.linear_view import STEPS


class Squares(nn.Module):
    """Answers with the sum of squares of the pixels."""

    def forward(self, x):
        return x.flatten(1).square().sum(1, keepdim=True)


def test_a_linear_network_holds_everywhere_and_its_gradient_is_its_weights(toys):
    weights = torch.linspace(-3, 4, 24).view(2, 12)
    net = toys.network(toys.Sum(weights), (1, 3, 4), "ab")
    images, both = toys.images(2, (1, 3, 4)), torch.tensor([[0, 1], [1, 0]])
    found = linear_view(net, images, both)
    assert [(view.sample, view.target) for view in found] == [(0, 0), (0, 1), (1, 1), (1, 0)]
    for view in found:
        assert view.holds_gradient == view.holds_random == math.inf
        assert max(view.along_gradient.max(), view.along_random.max()) < 1e-6
    np.testing.assert_array_equal(gradient(net, images, both)[0].maps[:, 0], weights.view(2, 3, 4).numpy())


def test_of_a_sum_of_squares_the_step_can_be_had_by_hand(toys):
    net = toys.network(Squares(), (1, 2, 2), "a", kind="values")
    [view] = linear_view(net, torch.ones(1, 1, 2, 2), torch.tensor([0]))
    # Up the gradient all four pixels grow by t: 4·2t is foretold, 4·(2t + t²) is true: off by t/2.
    np.testing.assert_allclose(view.along_gradient, np.array(STEPS) / 2, rtol=1e-5)
    assert view.holds_gradient == 0.125  # 0.2 would do, and 0.25 would not.
    drawn = torch.randn(8, 1, 2, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64).view(8, 4).numpy()
    drawn /= np.sqrt((drawn**2).mean(1, keepdims=True))
    expected = 4 * np.array(STEPS)[None] / abs(2 * drawn.sum(1))[:, None]
    np.testing.assert_allclose(view.along_random, expected, rtol=1e-4)


def test_a_kink_is_met_at_its_distance(toys):
    class Kink(nn.Module):  # Linear up to 1 above the image.
        def forward(self, x):
            return x.flatten(1).sum(1, keepdim=True).clamp(max=1.0)

    [view] = linear_view(toys.network(Kink(), (1, 1, 1), "a", kind="values"), torch.zeros(1, 1, 1, 1))
    # At 1 it holds to the last bit; at 2 half of what was foretold is missing.
    assert view.holds_gradient == 1.0
    assert view.along_gradient[-2:].tolist() == [0.5, 0.75]


def test_a_wider_tolerance_holds_further(toys):
    net = toys.network(Squares(), (1, 2, 2), "a", kind="values")
    far, near = (linear_view(net, torch.ones(1, 1, 2, 2), tolerance=share)[0] for share in (0.5, 0.001))
    assert (far.holds_gradient, near.holds_gradient) == (1.0, 2.0**-9)


def test_a_score_without_gradient_says_so_and_stays_finite(toys):
    net = toys.network(Squares(), (1, 2, 2), "a", kind="values")
    [view] = linear_view(net, torch.zeros(1, 1, 2, 2))
    assert "zero" in view.notes[0]
    assert np.isfinite(view.along_random).all()
    assert view.holds_gradient == view.holds_random == 0


def test_a_score_that_ignores_the_image_holds_in_all_directions_but_has_no_way_up(toys):
    net = toys.network(toys.Sum(torch.zeros(1, 4)), (1, 2, 2), "a", kind="values")
    [view] = linear_view(net, torch.ones(1, 1, 2, 2))
    assert (view.holds_gradient, view.holds_random) == (0.0, math.inf)
    assert "no direction" in view.notes[0]


@pytest.mark.parametrize("settings", [{"tolerance": 0}, {"tolerance": math.nan}, {"directions": 0}])
def test_settings_out_of_range_are_refused(settings, toys):
    with pytest.raises(InputError):
        linear_view(toys.small(), toys.images(1), **settings)


def test_the_network_is_left_in_its_own_precision(toys):
    net = toys.small()
    linear_view(net, toys.images(1), directions=2)
    assert {parameter.dtype for parameter in net.module.parameters()} == {torch.float32}
    assert net.module.training
