import numpy as np
import torch
from torch import nn

from striate.events import SILENT, Events, Task
from striate.explain import Prior, class_images
from striate.explain.growing import class_images as growing
from striate.explain.growing.ascent import Ascent
from striate.explain.growing.class_images import _pulled, margins_of
from striate.explain.growing.twins import drawn_anew


def test_a_margin_is_to_the_highest_other_score(toys):
    weights = torch.tensor([[1.0, 0, 0, 0], [0, 1.0, 0, 0], [0, 0, 1.0, 0]])
    net = toys.network(toys.Sum(weights), (1, 2, 2), "abc")
    images = torch.tensor([[5.0, 2.0, -1.0, 9.0], [3.0, 3.0, 1.0, 0.0]]).view(2, 1, 2, 2)

    assert margins_of(net, images).tolist() == [[3.0, -3.0, -6.0], [0.0, 0.0, -2.0]]


def test_one_score_has_no_other(toys):
    net = toys.network(toys.Sum(torch.tensor([[2.0, 0, 0, 0]])), (1, 2, 2), "a")

    assert margins_of(net, torch.ones(1, 1, 2, 2)).tolist() == [[2.0]]


def alike(toys):
    """A network whose two scores are equal: no ascent can part them, and equals share the lower place."""
    return toys.network(
        nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), toys.Sum(torch.ones(2, 4))), (1, 4, 4), "ab"
    )


def ascent(net, prior, steps=4):
    task = Task("x", total=None, unit="step")
    return Ascent(network=net, shape=net.input_shape, prior=prior, steps=steps, seed=0, task=task)


def test_an_image_whose_class_comes_first_is_grown_in_one_round(toys):
    net = toys.network(nn.Sequential(nn.Flatten(), toys.Sum(torch.eye(2, 4))), (1, 2, 2), "ab")
    light = Prior(total_variation=0.1, contrast=0.1)
    _, pull, rounds = _pulled(ascent(net, light, steps=20), net, torch.eye(2), SILENT)

    assert (pull.tolist(), rounds) == ([1.0, 1.0], (0, 0))


def test_rounds_count_how_often_the_ascent_went_on_and_the_steps_are_told(toys):
    net = alike(toys)
    heard = []

    class Listener(Events):
        def progress(self, progress):
            heard.append((progress.task, progress.done, progress.total))

    _, pull, rounds = _pulled(ascent(net, Prior(), steps=4), net, torch.eye(2), Listener())

    assert (pull.tolist(), rounds) == ([64.0, 64.0], (4, 4))
    assert [row for row in heard if row[1] == row[2]] == [("class images again", 8, 8)] * 4


def test_the_ascent_goes_on_at_full_size_and_without_views(toys, monkeypatch):
    net = alike(toys)
    priors = []
    climb = growing.climb
    monkeypatch.setattr(growing, "climb", lambda how, *rest: priors.append(how.prior) or climb(how, *rest))
    _pulled(ascent(net, Prior(views=2, sides=(0.5, 1.0))), net, torch.eye(2), SILENT)

    assert len(priors) == 5
    assert {(prior.views, prior.sides) for prior in priors[1:]} == {(0, (1.0,))}


def test_a_network_drawn_anew_already_is_its_own_yardstick(toys):
    net = drawn_anew(toys.small(outputs=60), seed=0)
    grown = class_images(net, targets=range(6), steps=1, seed=0, twins=6)

    assert max(grown.rounds) > 0
    np.testing.assert_array_equal(grown.twin, grown.images)


def test_drawing_anew_forgets_what_every_normalisation_learned(toys):
    module = nn.Sequential(
        nn.Conv2d(1, 4, 3),
        nn.BatchNorm2d(4),
        nn.GroupNorm(2, 4),
        nn.InstanceNorm2d(4, affine=True),
        nn.LayerNorm((4, 6, 6)),
        nn.Flatten(),
        nn.LayerNorm(144),
        nn.Linear(144, 2),
    )
    scales = [part for part in module if "Norm" in type(part).__name__]
    with torch.no_grad():
        for part in scales:
            part.weight.fill_(3.0)
            part.bias.fill_(-7.0)
        module[1].running_var.fill_(5.0)
    fresh = drawn_anew(toys.network(module, (1, 8, 8), "ab"), seed=0).module

    for name, part in fresh.named_children():
        if "Norm" in type(part).__name__:
            assert (part.weight == 1).all(), name
            assert (part.bias == 0).all(), name
    assert (fresh[1].running_var == 5).all()
    assert all((part.weight == 3).all() for part in scales)
