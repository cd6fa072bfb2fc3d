import dataclasses
import gc
import inspect

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from striate.errors import InputError, MissingExtraError, ShapeError, UnknownNameError
from striate.explain import (
    SALIENCY,
    cam,
    deconvolution,
    deep_lift,
    grad_cam,
    gradient,
    guided_backprop,
    input_x_gradient,
    integrated_gradients,
    saliency,
    smooth_grad,
)

# Settings that keep the tests quick.
QUICK = {"smooth_grad": {"samples": 3}, "integrated_gradients": {"steps": 4}}
NAMES = sorted(SALIENCY)


def called(name, net, images, targets=None):
    return SALIENCY[name](net, images, targets, **QUICK.get(name, {}))


class Averaged(nn.Module):
    """A network every method can do: maps, their means, one linear layer."""

    def __init__(self, axes=2, channels=1):
        super().__init__()
        conv, norm, pool = {
            1: (nn.Conv1d, nn.BatchNorm1d, nn.AdaptiveAvgPool1d),
            2: (nn.Conv2d, nn.BatchNorm2d, nn.AdaptiveAvgPool2d),
            3: (nn.Conv3d, nn.BatchNorm3d, nn.AdaptiveAvgPool3d),
        }[axes]
        self.conv1, self.norm, self.relu1 = conv(channels, 4, 3), norm(4), nn.ReLU(inplace=True)
        self.conv2, self.relu2 = conv(4, 6, 3), nn.ReLU()
        self.pool, self.drop, self.fc = pool(1), nn.Dropout(0.5), nn.Linear(6, 3)

    def forward(self, x):
        x = self.relu1(self.norm(self.conv1(x)))
        return self.fc(self.drop(self.pool(self.relu2(self.conv2(x))).flatten(1)))


@pytest.fixture
def averaged(toys):
    def make(axes=2, shape=(1, 8, 9)):
        with torch.random.fork_rng():
            torch.manual_seed(axes)
            return toys.network(Averaged(axes), shape, "abc")

    return make


def test_the_names_are_those_of_the_methods():
    assert NAMES == [
        "cam", "deconvolution", "deep_lift", "grad_cam", "gradient", "guided_backprop", "input_x_gradient",
        "integrated_gradients", "smooth_grad",
    ]  # fmt: skip
    for name in NAMES:
        assert list(inspect.signature(SALIENCY[name]).parameters)[:3] == ["network", "images", "targets"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("axes", "shape"), [(1, (1, 12)), (2, (1, 8, 9)), (3, (1, 7, 6, 8))])
def test_signals_images_and_volumes_with_several_units_each(name, axes, shape, averaged, toys):
    net, images = averaged(axes, shape), toys.images(2, shape)
    records = called(name, net, images, torch.tensor([[0, 2], [1, 1]]))
    net.module.eval()
    scores = net.module(images).detach()
    for row, record in enumerate(records):
        assert (record.method, record.sample) == (name, row)
        assert record.targets == ((0, 2), (1, 1))[row]
        inside = tuple(length - 4 for length in shape[1:])
        assert record.maps.shape == (2, 1, *(inside if record.layer else shape[1:]))
        np.testing.assert_allclose(record.scores, scores[row, list(record.targets)], rtol=1e-5)
        np.testing.assert_allclose(record.probabilities, scores[row].softmax(0)[list(record.targets)], rtol=1e-5)
        assert record.seconds > 0


@pytest.mark.parametrize("name", NAMES)
def test_the_answer_is_asked_about_if_nothing_is(name, averaged, toys):
    net, images = averaged(), toys.images(3, (1, 8, 9))
    net.module.eval()
    best = net.module(images).argmax(1).tolist()
    assert [record.targets for record in called(name, net, images)] == [(unit,) for unit in best]


@pytest.mark.parametrize("name", NAMES)
def test_many_images_in_parts_give_the_same_as_one_by_one(name, averaged, toys, monkeypatch):
    net, images, units = averaged(), toys.images(5, (1, 8, 9)), torch.tensor([0, 1, 2, 0, 1])
    whole = called(name, net, images, units)
    monkeypatch.setattr("striate.explain.answers.INPUT_BYTES", 8 * images[0].numel() * 4)
    for record, other in zip(whole, called(name, net, images, units), strict=True):
        np.testing.assert_allclose(record.maps, other.maps, atol=1e-6)


@pytest.mark.parametrize("off", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("name", NAMES)
def test_callers_without_gradients_frozen_weights_and_dropout_in_train_mode(name, off, averaged, toys):
    net, images, units = averaged(), toys.images(2, (1, 8, 9)), torch.tensor([[0, 1], [2, 0]])
    net.module.eval()
    expected = called(name, net, images, units)
    net.module.train().requires_grad_(False)
    with off():
        found = called(name, net, images + 0, units + 0)
    assert all(part.training for part in net.module.modules())
    for record, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(record.maps, other.maps)


@pytest.mark.parametrize("name", NAMES)
def test_half_precision_is_computed_in_float32_and_said(name, averaged, toys):
    net, images, units = averaged(), toys.images(1, (1, 8, 9)), torch.tensor([1])
    net.module.half()
    as_float = dataclasses.replace(net, module=Averaged())
    as_float.module.load_state_dict(net.module.state_dict())
    [found] = called(name, net, images.half(), units)
    [expected] = called(name, as_float, images.half().float(), units)
    assert "computed in float32" in found.notes[0]
    assert all(parameter.dtype == torch.float16 for parameter in net.module.parameters())
    np.testing.assert_allclose(found.maps, expected.maps, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", NAMES)
def test_bad_input_is_refused_with_its_reason(name, averaged, toys):
    net, images = averaged(), toys.images(1, (1, 8, 9))
    broken = images.clone()
    broken[0, 0, 3, 3] = torch.nan
    with pytest.raises(InputError, match="finite"):
        called(name, net, broken)
    with pytest.raises(InputError, match=r"0 … 2; got 3"):
        called(name, net, images, torch.tensor([3]))
    with pytest.raises(ShapeError, match="row for each image"):
        called(name, net, images, torch.tensor([0, 1]))
    assert called(name, net, images[:0]) == ()


@pytest.mark.parametrize("name", NAMES)
def test_a_network_with_two_outputs_is_refused(name, toys):
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = Averaged()

        def forward(self, x):
            return self.inner(x), x

    with pytest.raises(InputError, match=r"one tensor of scores|one linear layer"):
        called(name, toys.network(Two(), (1, 8, 9), "abc"), toys.images(1, (1, 8, 9)))


@pytest.mark.parametrize("name", NAMES)
def test_a_constant_image_has_maps(name, averaged):
    [record] = called(name, averaged(), torch.zeros(1, 1, 8, 9), torch.tensor([0]))
    assert np.isfinite(record.maps).all()
    if name in {"input_x_gradient", "integrated_gradients", "deep_lift"}:
        assert not record.maps.any()
        assert "zero everywhere" in record.notes[-1]
    if name == "smooth_grad":
        assert "constant" in record.notes[0]
        expected = gradient(averaged(), torch.zeros(1, 1, 8, 9), torch.tensor([0]))[0].maps
        np.testing.assert_allclose(record.maps, expected, rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_a_hundred_calls_leave_no_hook_no_gradient_and_no_memory(name, averaged, toys):
    net, images = averaged(), toys.images(1, (1, 6, 6))
    net.module.fc.weight.grad = torch.ones(3, 6)

    def state():
        gc.collect()
        return {
            "hooks": [len(part._forward_hooks) + len(part._backward_hooks) for part in net.module.modules()],
            "modes": [part.training for part in net.module.modules()],
            "grads": [None if p.grad is None else p.grad.tolist() for p in net.module.parameters()],
            "values": [tensor.tolist() for tensor in net.module.state_dict().values()],
            "random": torch.get_rng_state().tolist(),
            "tensors": sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects()),
        }

    called(name, net, images)
    before = state()
    for _ in range(100 if name == "gradient" else 12):
        called(name, net, images)
    assert state() == before


def test_the_gradient_equals_the_older_function(toys):
    net, images, units = toys.small(), toys.images(2), torch.tensor([2, 0])
    for one, other in zip(gradient(net, images, units), saliency(net, images, units), strict=True):
        np.testing.assert_array_equal(one.maps[0], other.gradient)


def test_on_a_linear_network_every_map_is_its_weights(toys):
    weights = torch.arange(24.0).view(2, 12) - 7
    net = toys.network(toys.Sum(weights), (1, 3, 4), "ab")
    images, both = toys.images(1, (1, 3, 4)), torch.tensor([[0, 1]])
    for method in (gradient, guided_backprop, deconvolution):
        np.testing.assert_array_equal(method(net, images, both)[0].maps, weights.view(2, 1, 3, 4).numpy())
    np.testing.assert_allclose(
        smooth_grad(net, images, both, samples=3)[0].maps, weights.view(2, 1, 3, 4).numpy(), rtol=1e-6, atol=1e-6
    )
    products = (weights.view(2, 1, 3, 4) * images).numpy()
    np.testing.assert_allclose(input_x_gradient(net, images, both)[0].maps, products, rtol=1e-6)
    [integrated] = integrated_gradients(net, images, both, baseline=1.0, steps=3)
    np.testing.assert_allclose(integrated.maps, (weights.view(2, 1, 3, 4) * (images - 1)).numpy(), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(integrated.gaps, 0, atol=1e-4)


def test_grad_cam_of_the_hand_computed_network(toys):
    net = toys.network(toys.OneConv(), (1, 4, 4), "abcd")
    image = torch.arange(16.0).view(1, 1, 4, 4)
    for layer, expected in (("conv1", [[11.25, 13.5], [20.25, 22.5]]), ("relu1", [[0, 4], [28, 32.5]])):
        [seen] = grad_cam(net, image, torch.tensor([0]), layer=layer)
        np.testing.assert_allclose(seen.maps[0, 0], expected, rtol=1e-6)


# Every unit has one positive and one negative way to the score, closed or open at this image.
X, W, V = torch.tensor([[[[1.0, 2.0]]]]), [[1.0, -1.0], [2.0, 1.0], [-3.0, 4.0]], [[2.0, -1.0, 3.0]]


class Forms(nn.Module):
    """The same two-layer network with its ReLU called in one way or another."""

    def __init__(self, form):
        super().__init__()
        self.first, self.last = nn.Linear(2, 3, bias=False), nn.Linear(3, 1, bias=False)
        self.first.weight, self.last.weight = nn.Parameter(torch.tensor(W)), nn.Parameter(torch.tensor(V))
        self.relu = nn.ReLU(inplace=form == "in place")
        self.form = form

    def forward(self, x):
        x = self.first(x.flatten(1))
        if self.form in {"module", "in place"}:
            x = self.relu(x)
        elif self.form == "reused":
            x = self.relu(self.relu(x))
        elif self.form == "assigned":
            x[:] = functional.relu(x)
        else:
            x = {
                "function": functional.relu,
                "in-place function": functional.relu_,
                "clamp": lambda y: y.clamp(min=0),
                "clamp_min": lambda y: y.clamp_min(0),
                "threshold": lambda y: functional.threshold(y, 0, 0),
                "relu6": functional.relu6,
                "hardtanh": lambda y: functional.hardtanh(y, 0, 9),
            }[self.form](x)
        return self.last(x)


FORMS = [
    "module", "in place", "reused", "assigned", "function", "in-place function", "clamp", "clamp_min", "threshold", "relu6",
    "hardtanh",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_rectifiers_are_found_in_every_form(form, toys):
    # Before the ReLU (−1, 4, 5): the first is closed. The gradients behind it are (2, −1, 3).
    net = toys.network(Forms(form), (1, 1, 2), "a", kind="values")
    [plain], [guided], [deconv] = (
        method(net, X, torch.tensor([0])) for method in (gradient, guided_backprop, deconvolution)
    )
    assert plain.maps.ravel().tolist() == [-1 * 2 + 3 * -3, -1 * 1 + 3 * 4]
    assert guided.maps.ravel().tolist() == [3 * -3, 3 * 4]
    assert deconv.maps.ravel().tolist() == [2 * 1 + 3 * -3, 2 * -1 + 3 * 4]
    assert guided.notes == ()


def test_activations_that_are_no_relu_are_said(toys):
    net = toys.network(
        nn.Sequential(nn.Flatten(), nn.Linear(4, 4), nn.GELU(), nn.Linear(4, 2), nn.SiLU()), (1, 2, 2), "ab"
    )
    [seen] = guided_backprop(net, torch.ones(1, 1, 2, 2))
    assert "2 of 2 activations are no ReLU (gelu, silu)" in seen.notes[0]
    np.testing.assert_allclose(seen.maps, gradient(net, torch.ones(1, 1, 2, 2))[0].maps, rtol=1e-5)


class Wilful(nn.Module):
    """Its calls depend on the image."""

    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(1, 2, 3), nn.Linear(2, 2)

    def forward(self, x):
        x = self.conv(x)
        if float(x.mean().detach()) > 1e9:
            return x
        return self.fc(x.relu().mean((2, 3)))


@pytest.mark.parametrize("name", ["guided_backprop", "deconvolution", "deep_lift"])
def test_networks_whose_calls_depend_on_the_image_are_refused(name, toys):
    with pytest.raises(InputError, match="same calls for all images"):
        called(name, toys.network(Wilful(), (1, 6, 6), "ab"), toys.images(1, (1, 6, 6)))


def test_networks_whose_calls_depend_on_the_image_have_class_maps_of_what_a_module_returns(toys):
    net, images = toys.network(Wilful(), (1, 6, 6), "ab"), toys.images(2, (1, 6, 6))
    found = grad_cam(net, images, torch.tensor([0, 1]))
    assert [record.layer for record in found] == ["conv", "conv"]
    value = net.module.conv(images)
    value.retain_grad()
    net.module.fc(value.relu().mean((2, 3)))[[0, 1], [0, 1]].sum().backward()
    expected = (value.grad.mean((2, 3), keepdim=True) * value).sum(1, keepdim=True).detach().numpy()
    np.testing.assert_allclose(np.stack([record.maps[0] for record in found]), expected, rtol=1e-4, atol=1e-6)


def test_layers_are_named_by_op_or_module_and_a_wrong_name_is_answered_with_the_nearest(averaged, toys):
    net, images = averaged(), toys.images(1, (1, 8, 9))
    assert grad_cam(net, images)[0].layer == "relu2"
    assert grad_cam(net, images, layer="conv1")[0].maps.shape == (1, 1, 6, 7)
    with pytest.raises(UnknownNameError, match="Did you mean relu2"):
        grad_cam(net, images, layer="relu22")
    with pytest.raises(InputError, match=r"map of 2 axes.*conv1"):
        grad_cam(net, images, layer="fc")


def test_a_layer_before_others_that_go_past_it_keeps_their_part_of_the_score(toys):
    class Around(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two, self.fc = nn.Conv2d(1, 2, 1), nn.Conv2d(1, 2, 1), nn.Linear(2 * 9, 2)

        def forward(self, x):
            return self.fc(self.one(x).flatten(1) * self.two(x).flatten(1))

    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = toys.network(Around(), (1, 3, 3), "ab")
    image = toys.images(1, (1, 3, 3))
    value = net.module.one(image).detach().requires_grad_()
    net.module.fc(value.flatten(1) * net.module.two(image).flatten(1))[0, 1].backward()
    expected = (value.grad.mean((2, 3), keepdim=True) * value).sum(1).detach().numpy()
    np.testing.assert_allclose(grad_cam(net, image, torch.tensor([1]), layer="one")[0].maps[0], expected, rtol=1e-5)


def test_channels_last_maps_are_read_as_maps(toys):
    class Turned(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.fc = nn.Conv2d(1, 5, 2), nn.Linear(5, 2)
            self.act = nn.GELU()

        def forward(self, x):
            return self.fc(self.act(self.conv(x).permute(0, 2, 3, 1)).mean((1, 2)))

    net, images = toys.network(Turned(), (1, 4, 6), "ab"), toys.images(1, (1, 4, 6))
    [seen] = cam(net, images, torch.tensor([[0, 1]]))
    values = net.module.act(net.module.conv(images))
    expected = torch.einsum("kc,chw->khw", net.module.fc.weight, values[0]).detach().numpy()
    np.testing.assert_allclose(seen.maps[:, 0], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "head",
    [
        nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(16, 2)),
        nn.Sequential(nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(4, 2)),
        nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)),
        nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2), nn.Tanh()),
        nn.Sequential(nn.Flatten(), nn.Linear(4 * 16, 2)),
    ],
    ids=["four places", "largest", "two layers", "bent", "flat"],
)
def test_cam_is_refused_where_more_than_a_mean_and_one_layer_follows(head, toys):
    net = toys.network(nn.Sequential(nn.Conv2d(1, 4, 3), head), (1, 6, 6), "ab")
    with pytest.raises(InputError, match="grad_cam"):
        cam(net, toys.images(1, (1, 6, 6)), layer="0")
    assert grad_cam(net, toys.images(1, (1, 6, 6)), layer="0")[0].backward_passes == 1


@pytest.mark.parametrize("form", ["reused", "function", "in-place function"])
def test_deep_lift_is_refused_where_captum_would_be_wrong_or_break(form, toys):
    net = toys.network(Forms(form), (1, 1, 2), "a", kind="values")
    with pytest.raises(InputError, match="modules of their own"):
        deep_lift(net, X, torch.tensor([0]), baseline=-1.0)


@pytest.mark.filterwarnings("ignore:Setting forward")
def test_captum_is_wrong_without_a_word_where_an_activation_is_a_function(toys):
    from captum.attr import DeepLift

    module, base = Forms("function"), torch.tensor([[[[3.0, 0.0]]]])
    found = DeepLift(module).attribute(X.clone().requires_grad_(), base, target=0)
    # At the image (2, −1, 3) · (0, 4, 5) = 11, at the baseline (2, −1, 3) · (3, 6, 0) = 0.
    assert float((module(X) - module(base)).detach()) == 11
    assert float(found.detach().sum()) == 44


def test_deep_lift_repairs_in_place_modules_in_its_copy_and_says_so(toys):
    net = toys.network(Forms("in place"), (1, 1, 2), "a", kind="values")
    [seen] = deep_lift(net, X, torch.tensor([0]), baseline=-1.0)
    assert "1 in-place" in seen.notes[0]
    assert abs(seen.gaps[0]) < 1e-6
    assert net.module.relu.inplace


def test_without_captum_the_cure_is_named(toys, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "captum.attr", None)
    with pytest.raises(MissingExtraError, match=r"striate\[captum\]"):
        deep_lift(toys.small(), toys.images(1))


def test_smooth_noise_belongs_to_the_image_not_to_its_place(averaged, toys):
    net, images = averaged(), toys.images(3, (1, 8, 9))
    three = smooth_grad(net, images, torch.tensor([1, 1, 1]), samples=4)
    [last] = smooth_grad(net, images[2:], torch.tensor([1]), samples=4)
    np.testing.assert_allclose(three[2].maps, last.maps, rtol=1e-5, atol=1e-7)
    [other] = smooth_grad(net, images[2:], torch.tensor([1]), samples=4, seed=1)
    assert abs(other.maps - last.maps).max() > 1e-4


@pytest.mark.parametrize(
    ("method", "settings"),
    [
        (smooth_grad, {"samples": 0}),
        (smooth_grad, {"noise_share": -0.1}),
        (integrated_gradients, {"steps": 0}),
        (integrated_gradients, {"baseline": torch.zeros(2)}),
        (integrated_gradients, {"baseline": float("nan")}),
    ],
)
def test_settings_out_of_range_are_refused(method, settings, toys):
    with pytest.raises(InputError):
        method(toys.small(), toys.images(1), **settings)


def test_passes_are_told(averaged, toys):
    net, images, both = averaged(), toys.images(1, (1, 8, 9)), torch.tensor([[0, 1]])
    told = {
        name: (record.forward_passes, record.backward_passes)
        for name in NAMES
        for record in called(name, net, images, both)
    }
    assert told["gradient"] == told["guided_backprop"] == (1, 2)
    assert told["cam"] == told["grad_cam"] == (1, 0)
    assert told["smooth_grad"] == (4, 6)
    assert told["integrated_gradients"] == (6, 8)
