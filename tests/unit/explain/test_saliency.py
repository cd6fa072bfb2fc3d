import numpy as np
import pytest
import torch
from torch import nn

from striate.errors import InputError, ShapeError
from striate.explain import saliency


def test_the_gradient_of_a_sum_is_its_weights(toys):
    net = toys.network(toys.Sum([[1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 0.0, -1.0]]), (1, 2, 2), "ab")
    first, second = saliency(net, torch.zeros(2, 1, 2, 2), torch.tensor([1, 0]))
    assert first.gradient.tolist() == [[[0, 0], [0, -1]]]
    assert second.gradient.tolist() == [[[1, 2], [3, 4]]]
    assert (first.sample, first.target, second.sample, second.target) == (0, 1, 1, 0)


def test_the_gradient_of_the_hand_computed_network(toys):
    net = toys.network(toys.OneConv(), (1, 4, 4), "abcd")
    [seen] = saliency(net, torch.arange(16.0).view(1, 1, 4, 4), torch.tensor([2]))
    # Of the eight units only −50: places 01, 10, 11 (weights +1) and −75: places 10, 11 (weights −1) are above 0:
    # 10 and 11 cancel, and 01 is left: columns 1 … 3, rows 0 … 2.
    assert seen.gradient[0].tolist() == [[0, 1, 1, 1], [0, 1, 1, 1], [0, 1, 1, 1], [0, 0, 0, 0]]


def test_the_gradient_equals_finite_differences(toys):
    net, image = toys.small(dtype=torch.float64), toys.images(1, dtype=torch.float64)
    [seen] = saliency(net, image, torch.tensor([1]))
    net.module.eval()
    steps = torch.eye(120, dtype=torch.float64).view(120, 1, 12, 10) * 1e-6
    with torch.no_grad():
        slope = (net.module(image + steps)[:, 1] - net.module(image - steps)[:, 1]) / 2e-6
    np.testing.assert_allclose(seen.gradient, slope.view(1, 12, 10).numpy(), atol=1e-6)


@pytest.mark.parametrize("off", [torch.no_grad, torch.inference_mode])
def test_it_works_where_the_caller_has_switched_gradients_off(toys, off):
    net, images = toys.small(), toys.images(2)
    expected = saliency(net, images, torch.tensor([0, 1]))[1].gradient
    with off():
        found = saliency(net, images + 0, torch.tensor([0, 1]))[1].gradient
    np.testing.assert_array_equal(found, expected)


def test_frozen_parameters_do_not_matter(toys):
    net, images = toys.small(), toys.images(1)
    expected = saliency(net, images, torch.tensor([0]))[0].gradient
    net.module.requires_grad_(False)
    np.testing.assert_array_equal(saliency(net, images, torch.tensor([0]))[0].gradient, expected)
    assert not any(parameter.requires_grad for parameter in net.module.parameters())


def test_gradients_of_parameters_are_not_written(toys):
    net = toys.small()
    saliency(net, toys.images(1), torch.tensor([0]))
    assert all(parameter.grad is None for parameter in net.module.parameters())


def test_a_network_that_begins_in_place_works(toys):
    net = toys.network(nn.Sequential(nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(4, 2)), (1, 2, 2), "ab")
    images = torch.tensor([[[[1.0, -1.0], [1.0, -1.0]]]])
    [seen] = saliency(net, images, torch.tensor([0]))
    assert (seen.gradient[0, :, 1] == 0).all()
    assert images.min() == -1


def test_more_images_than_fit_at_once_give_the_same(toys, monkeypatch):
    net, images, targets = toys.small(), toys.images(5), torch.tensor([0, 1, 2, 0, 1])
    expected = [seen.gradient for seen in saliency(net, images, targets)]
    monkeypatch.setattr("striate.explain.answers.INPUT_BYTES", 8 * images[0].numel() * 4)
    for seen, gradient in zip(saliency(net, images, targets), expected, strict=True):
        np.testing.assert_allclose(seen.gradient, gradient, atol=1e-6)


def test_a_score_that_ignores_the_image_has_no_gradient(toys):
    class Constant(nn.Module):
        def __init__(self):
            super().__init__()
            self.bias = nn.Parameter(torch.ones(2))

        def forward(self, x):
            return self.bias.expand(len(x), 2)

    [seen] = saliency(toys.network(Constant(), (1, 2, 2), "ab"), torch.ones(1, 1, 2, 2), torch.tensor([0]))
    assert (seen.gradient == 0).all()


def test_a_network_that_detaches_is_named(toys):
    class Detached(nn.Module):
        def forward(self, x):
            return x.detach().flatten(1)

    with pytest.raises(InputError, match="differentiable"):
        saliency(toys.network(Detached(), (1, 1, 2), "ab"), torch.ones(1, 1, 1, 2), torch.tensor([0]))


@pytest.mark.parametrize(("targets", "error"), [([0], ShapeError), ([0, 3], InputError), ([0, -1], InputError)])
def test_targets_that_do_not_fit_are_refused(toys, targets, error):
    with pytest.raises(error):
        saliency(toys.small(), toys.images(2), torch.tensor(targets))


def test_no_images_give_no_records(toys):
    assert saliency(toys.small(), toys.images(0), torch.zeros(0, dtype=torch.int64)) == ()


def test_a_line_is_an_image_of_one_row(toys):
    net = toys.network(nn.Sequential(nn.Conv1d(2, 3, 3), nn.Flatten(), nn.Linear(3 * 18, 4)), (2, 20), "abcd")
    [seen] = saliency(net, torch.randn(1, 2, 20), torch.tensor([3]))
    assert seen.gradient.shape == (2, 1, 20)
