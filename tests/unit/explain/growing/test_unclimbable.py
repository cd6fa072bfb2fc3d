import pytest
import torch
from torch import nn

from striate.errors import InputError
from striate.explain import ChannelTarget, Prior, class_images, unit_images
from striate.explain.growing.prior import BARE, USUAL


class Spoilt(nn.Module):
    """Two scores, sums of pixels by learned weights, and what a function makes of them."""

    def __init__(self, spoil):
        super().__init__()
        self.fc, self.spoil = nn.Linear(16, 2), spoil

    def forward(self, x):
        return self.spoil(self.fc(x.flatten(1)))


DETACHED = {
    "detached": lambda scores: scores.detach(),
    "rounded": lambda scores: scores.detach().round() + nn.Parameter(torch.ones(2)),
}
BROKEN = {
    "not a number": lambda scores: scores + torch.nan,
    "one infinite": lambda scores: scores - torch.tensor([0.0, torch.inf]),
    "a root of zero": lambda scores: scores + (scores - scores.detach()).abs().sqrt(),
}


@pytest.mark.parametrize("prior", [USUAL, BARE], ids=["usual", "bare"])
@pytest.mark.parametrize("how", DETACHED)
def test_scores_that_do_not_follow_the_image_are_refused(toys, how, prior):
    net = toys.network(Spoilt(DETACHED[how]), (1, 4, 4), "ab")

    with pytest.raises(InputError, match=r"must depend on the image in a differentiable way; got 'Spoilt'"):
        class_images(net, prior=prior, steps=2, twins=0)


@pytest.mark.parametrize("prior", [USUAL, BARE], ids=["usual", "bare"])
@pytest.mark.parametrize("how", BROKEN)
def test_a_network_without_finite_answers_or_gradients_is_refused(toys, how, prior):
    net = toys.network(Spoilt(BROKEN[how]), (1, 4, 4), "ab")

    with pytest.raises(InputError, match=r"must be finite numbers; got NaN or infinity \(at Spoilt\)"):
        class_images(net, prior=prior, steps=2, twins=0)


def test_answers_are_looked_at_also_where_nothing_is_climbed(toys):
    net = toys.network(Spoilt(BROKEN["not a number"]), (1, 4, 4), "ab")

    with pytest.raises(InputError, match="answers must be finite"):
        class_images(net, steps=0)


def test_a_layer_that_gives_no_numbers_is_refused(toys):
    net = toys.network(nn.Sequential(nn.Conv2d(1, 3, 3), nn.Flatten(), nn.Linear(300, 2)), (1, 12, 12), "ab")
    with torch.no_grad():
        net.module[0].bias[2] = torch.inf

    with pytest.raises(InputError, match="answers must be finite"):
        unit_images(net, [ChannelTarget(layer="0", channel=0)], prior=Prior(views=1), steps=1, twin=False)
