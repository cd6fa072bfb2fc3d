import dataclasses
import gc
import inspect

import numpy as np
import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensor
from torch.utils._python_dispatch import TorchDispatchMode

from striate.errors import InputError, ShapeError
from striate.explain import (
    SALIENCY,
    deconvolution,
    gradient,
    guided_backprop,
    input_x_gradient,
    integrated_gradients,
    saliency,
    smooth_grad,
)
from striate.explain.saliency.attributing import pick_units
from striate.explain.saliency.scored import Scored

# Settings that keep the tests quick.
QUICK = {"smooth_grad": {"samples": 3}, "integrated_gradients": {"steps": 4}}
NAMES = sorted(SALIENCY)


def called(name, net, images, targets=None):
    return SALIENCY[name](net, images, targets, **QUICK.get(name, {}))


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
    as_float = dataclasses.replace(net, module=toys.Averaged())
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
            self.inner = toys.Averaged()

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
def test_many_calls_leave_no_hook_no_gradient_and_no_memory(name, averaged, toys):
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
    for _ in range(100 if name == "gradient" else 5):
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
        (smooth_grad, {"noise_share": float("nan")}),
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
    # Image and baseline once, and both again for each of two scores.
    assert told["deep_lift"] == (6, 2)


@pytest.mark.parametrize("name", NAMES)
def test_double_precision_stays_double(name, averaged, toys):
    net, images = averaged(), toys.images(1, (1, 8, 9))
    [single] = called(name, net, images, torch.tensor([2]))
    net.module.double()
    [double] = called(name, net, images.double(), torch.tensor([2]))
    np.testing.assert_allclose(double.maps, single.maps, rtol=1e-3, atol=1e-6)
    assert double.notes == single.notes
    assert {parameter.dtype for parameter in net.module.parameters()} == {torch.float64}


class Counts(TorchDispatchMode):
    """Counts convolutions on values, forward and backward; those of a trace have none."""

    def __init__(self):
        super().__init__()
        self.forward = self.backward = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if not any(isinstance(arg, FakeTensor) for arg in args):
            self.forward += func._schema.name == "aten::convolution"
            self.backward += func._schema.name == "aten::convolution_backward"
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize(
    ("name", "settings", "forward", "backward"),
    [
        ("gradient", {}, 2, 6),
        ("guided_backprop", {}, 2, 6),
        ("integrated_gradients", {"steps": 1}, 6, 6),
        ("grad_cam", {}, 2, 0),
        ("grad_cam", {"layer": "relu1"}, 2, 3),  # only the second convolution is behind it
        ("cam", {}, 2, 0),
    ],
)
def test_three_units_share_one_forward_pass_through_two_convolutions(name, settings, forward, backward, averaged, toys):
    net, images, units = averaged(), toys.images(2, (1, 8, 9)), torch.tensor([[0, 1, 2], [2, 1, 0]])
    with Counts() as counts:
        SALIENCY[name](net, images, units, **settings)
    assert (counts.forward, counts.backward) == (forward, backward)


@pytest.mark.parametrize("activation", [torch.nn.Softshrink(), torch.nn.Hardshrink(), torch.nn.Threshold(0.1, 0.0)])
def test_deep_lift_refuses_an_activation_nobody_knows(activation, toys):
    module = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), activation, torch.nn.Flatten(), torch.nn.Linear(84, 3))
    with pytest.raises(InputError, match="for which Captum has no rule"):
        called("deep_lift", toys.network(module, (1, 8, 9), "abc"), toys.images(1, (1, 8, 9)), torch.tensor([0]))


def test_the_gradients_of_many_units_are_not_taken_of_many_images_at_once(averaged, toys):
    scored = Scored(averaged(), toys.images(3, (1, 8, 9)))
    few = scored.at_once
    pick_units(scored, torch.zeros(3, 400, dtype=torch.int64))

    assert scored.at_once * 400 <= few * 4 or scored.at_once == 1
    assert scored.at_once < few
