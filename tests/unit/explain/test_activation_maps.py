import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from striate.errors import InputError, ShapeError, UnknownNameError
from striate.explain import activation_maps


def value_of(net, images, *, bent=True):
    """The second convolution of `Averaged`, by calling its modules."""
    module = net.module.eval()
    with torch.no_grad():
        value = module.conv2(functional.relu(module.norm(module.conv1(images))))
    return value.relu() if bent else value


def test_the_maps_are_those_after_the_activation_in_their_own_order(averaged, toys):
    net, images = averaged(), toys.images(2, (1, 8, 9))

    found = activation_maps(net, images, layer="conv2")

    np.testing.assert_allclose(np.stack([one.maps for one in found]), value_of(net, images), rtol=1e-6)
    assert [(one.sample, one.channels, one.target, one.op) for one in found] == [
        (0, tuple(range(6)), None, "relu2"),
        (1, tuple(range(6)), None, "relu2"),
    ]


def test_sorted_by_activation_the_highest_mean_comes_first(averaged, toys):
    net, images = averaged(), toys.images(1, (1, 8, 9))
    means = value_of(net, images)[0].mean((1, 2)).numpy()

    [found] = activation_maps(net, images, layer="conv2", sort="activation")

    assert list(found.channels) == np.argsort(-means, kind="stable").tolist()
    np.testing.assert_allclose(found.values, np.sort(means)[::-1], rtol=1e-5)
    np.testing.assert_allclose(found.maps.mean((1, 2)), found.values, rtol=1e-5)


def test_sorted_by_class_and_by_gradient_as_the_linear_layer_reads_the_means(averaged, toys):
    net, images = averaged(), toys.images(1, (1, 8, 9))
    weight = net.module.fc.weight[2].detach().numpy()
    places = np.prod(value_of(net, images).shape[2:])

    [by_class] = activation_maps(net, images, torch.tensor([2]), layer="conv2", sort="class")
    [by_slope] = activation_maps(net, images, torch.tensor([2]), layer="conv2", sort="gradient")

    assert list(by_class.channels) == list(by_slope.channels) == np.argsort(-weight, kind="stable").tolist()
    np.testing.assert_allclose(by_class.values, np.sort(weight)[::-1], rtol=1e-6)
    np.testing.assert_allclose(by_slope.values, np.sort(weight)[::-1] / places, rtol=1e-5)
    assert by_class.target == by_slope.target == 2


def test_gradients_further_down_are_those_of_autograd(averaged, toys):
    net, images = averaged(), toys.images(1, (1, 8, 9))
    module = net.module.eval()
    value = functional.relu(module.norm(module.conv1(images))).detach().requires_grad_()
    scores = module.fc(functional.relu(module.conv2(value)).mean((2, 3)))
    answer = int(scores.argmax())
    [slope] = torch.autograd.grad(scores[0, answer], value)
    expected = slope[0].mean((1, 2)).numpy()

    [found] = activation_maps(net, images, layer="conv1", sort="gradient")

    assert found.target == answer
    assert list(found.channels) == np.argsort(-expected, kind="stable").tolist()
    np.testing.assert_allclose(found.values, np.sort(expected)[::-1], rtol=1e-4, atol=1e-7)


def test_sorted_by_similarity_to_another_images_maps(averaged, toys):
    net, images = averaged(), toys.images(2, (1, 8, 9))
    one, other = value_of(net, images).double().flatten(2).numpy()
    expected = (one * other).sum(1) / np.maximum(np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1), 1e-300)

    [found] = activation_maps(net, images[:1], layer="conv2", sort="similarity", other=images[1])
    [same] = activation_maps(net, images[:1], layer="conv2", sort="similarity", other=images[0])

    np.testing.assert_allclose(found.values, np.sort(expected)[::-1], rtol=1e-5, atol=1e-7)
    assert set(np.round(same.values, 5)) <= {0.0, 1.0}


def test_one_scale_for_all_or_each_its_own_symmetric_where_there_are_signs(averaged, toys):
    net, images = averaged(), toys.images(1, (1, 8, 9))
    bent, signed = value_of(net, images)[0].numpy(), value_of(net, images, bent=False)[0].numpy()

    [common] = activation_maps(net, images, layer="conv2")
    [own] = activation_maps(net, images, layer="conv2", scale="own")
    # The op itself is the convolution without its ReLU only where no layer has that name.
    [linear] = activation_maps(net, images, layer="norm")

    np.testing.assert_allclose(common.limits, [[0, bent.max()]] * 6)
    np.testing.assert_allclose(own.limits, np.stack([np.zeros(6), bent.max((1, 2))], 1))
    assert (linear.limits[:, 0] == -linear.limits[:, 1]).all()
    assert signed.min() < 0


def test_active_is_above_zero_behind_a_relu(averaged, toys):
    net, images = averaged(), toys.images(1, (1, 8, 9))
    value = value_of(net, images)[0]
    means = value.mean((1, 2)).double()

    [found] = activation_maps(net, images, layer="conv2")

    np.testing.assert_allclose(found.active_share, (value > 0).float().mean((1, 2)))
    assert found.effective_channels == pytest.approx(float(means.sum() ** 2 / means.square().sum()), rel=1e-6)
    assert (found.thresholds == 0).all()
    assert "ReLU" in found.definition


def test_without_a_relu_active_is_a_robust_deviation_above_the_median_of_the_reference(toys):
    module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Tanh(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    net = toys.network(module, (1, 8, 9), "abcd")
    images, reference = toys.images(1, (1, 8, 9)), toys.images(30, (1, 8, 9), seed=2)
    with torch.no_grad():
        usual = module[:2](reference).numpy()
        value = module[:2](images)[0].numpy()
    ordered = np.sort(usual.ravel())
    # torch's median of an even count is the lower of the two in the middle.
    middle = ordered[(len(ordered) - 1) // 2]
    apart = np.sort(np.abs(ordered - middle))
    limit = middle + 1.4826 * apart[(len(apart) - 1) // 2]

    [found] = activation_maps(net, images, layer="0", reference=reference)
    [alone] = activation_maps(net, images, layer="0")

    np.testing.assert_allclose(found.thresholds, limit, rtol=1e-5)
    np.testing.assert_allclose(found.active_share, (value > limit).mean((1, 2)))
    assert "the layer's own median over the reference" in found.definition
    assert "over this image" in alone.definition


def test_a_fully_connected_layer_has_one_place_and_is_read_by_the_scores(toys):
    module = nn.Sequential(nn.Flatten(), nn.Linear(20, 5), nn.ReLU(), nn.Dropout(0.5), nn.Linear(5, 3))
    net = toys.network(module, (1, 4, 5), "abc")
    images = toys.images(1, (1, 4, 5))

    [found] = activation_maps(net, images, torch.tensor([1]), layer="1", sort="class")

    assert found.maps.shape == (5, 1)
    assert list(found.channels) == np.argsort(-module[4].weight[1].detach().numpy(), kind="stable").tolist()


@pytest.mark.parametrize(("axes", "shape"), [(1, (1, 20)), (3, (1, 6, 6, 6))])
def test_signals_and_volumes_keep_their_axes(averaged, toys, axes, shape):
    net = averaged(axes, shape)

    [found] = activation_maps(net, toys.images(1, shape), layer="conv2", sort="gradient")

    assert found.maps.ndim == axes + 1


def test_what_cannot_be_done_is_refused(averaged, toys):
    net, images = averaged(), toys.images(1, (1, 8, 9))
    with pytest.raises(UnknownNameError, match="conv9"):
        activation_maps(net, images, layer="conv9")
    with pytest.raises(UnknownNameError, match="sort"):
        activation_maps(net, images, layer="conv2", sort="size")
    with pytest.raises(InputError, match="must have another image"):
        activation_maps(net, images, layer="conv2", sort="similarity")
    with pytest.raises(InputError, match="one linear layer reads"):
        activation_maps(net, images, layer="conv1", sort="class")
    with pytest.raises(InputError, match="targets must be 0 … 2"):
        activation_maps(net, images, torch.tensor([3]), layer="conv1", sort="gradient")
    with pytest.raises(ShapeError, match="reference"):
        activation_maps(toys.small(), toys.images(1), layer="6", reference=toys.images(0))
    with pytest.raises(InputError, match="finite"):
        activation_maps(net, images * float("nan"), layer="conv2")


def test_a_constant_image_is_as_good_as_any_other(toys):
    net = toys.small(dtype=torch.bfloat16)

    [found] = activation_maps(net, torch.zeros(1, 1, 12, 10), layer="6")

    assert np.isfinite(found.maps).all()
    assert "half precision" in found.notes[0]
