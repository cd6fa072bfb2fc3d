"""Saliency methods against Captum, and against loops written out by hand."""

import dataclasses

import numpy as np
import pytest
import torch
from captum.attr import (
    Deconvolution,
    DeepLift,
    GuidedBackprop,
    InputXGradient,
    IntegratedGradients,
    LayerGradCam,
    Saliency,
)
from torch import nn

from striate.explain import (
    cam,
    deconvolution,
    deep_lift,
    grad_cam,
    gradient,
    guided_backprop,
    input_x_gradient,
    integrated_gradients,
    smooth_grad,
)
from striate.nets import Network, Origin
from striate.records import Output, Preprocessing
from striate.trace import tap, trace

# Captum warns that it sets hooks and asks for gradients.
pytestmark = [pytest.mark.reference, pytest.mark.filterwarnings("ignore::UserWarning")]


class Residual(nn.Module):
    """What ordinary classifiers are made of, each ReLU a module of its own."""

    def __init__(self, channels):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(channels, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2))
        self.one, self.norm, self.other = (
            nn.Conv2d(8, 8, 3, padding=1),
            nn.BatchNorm2d(8),
            nn.Conv2d(8, 8, 3, padding=1),
        )
        self.inner, self.outer = nn.ReLU(), nn.ReLU()
        self.pool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(8, 5)

    def forward(self, x):
        x = self.stem(x)
        x = self.outer(x + self.other(self.inner(self.norm(self.one(x)))))
        return self.fc(self.pool(x).flatten(1))


class Flat(nn.Module):
    """Fully connected layers behind the maps, as in VGG."""

    def __init__(self, channels):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(channels, 6, 3), nn.ReLU(), nn.Conv2d(6, 6, 3, stride=2), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(6 * 3 * 3, 10), nn.ReLU(), nn.Dropout(0.5), nn.Linear(10, 5))

    def forward(self, x):
        return self.head(self.features(x))


def network(module, shape):
    return Network(
        module=module.eval(),
        preprocessing=Preprocessing(shape=shape, mean=(0.5,) * shape[0], std=(0.25,) * shape[0]),
        output=Output(kind="classes", names=tuple("abcde")),
        origin=Origin(kind="module", text="test"),
    )


@pytest.fixture(params=[(Residual, 1), (Residual, 3), (Flat, 3)], ids=["residual-1", "residual-3", "flat-3"])
def net(request):
    kind, channels = request.param
    with torch.random.fork_rng():
        torch.manual_seed(channels)
        module = kind(channels)
        for part in module.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.running_mean.normal_()
                part.running_var.uniform_(0.5, 2)
    return network(module, (channels, 16, 16))


def images(net):
    return torch.randn((3, *net.input_shape), generator=torch.Generator().manual_seed(3))


TARGETS = torch.tensor([[3, 0], [1, 4], [2, 2]])


def assert_equal(records, expected):
    """Every map of every unit equals the oracle's, to 1e-5 of the largest value."""
    assert len(records) == 3
    for column in range(2):
        one = expected(TARGETS[:, column]).detach().numpy()
        for record, each in zip(records, one, strict=True):
            assert record.maps[column].shape == each.shape
            np.testing.assert_allclose(record.maps[column], each, atol=1e-5 * np.abs(one).max())


def test_the_gradient(net):
    x = images(net)
    assert_equal(gradient(net, x, TARGETS), lambda t: Saliency(net.module).attribute(x.clone(), target=t, abs=False))


def test_input_times_gradient(net):
    x = images(net)
    assert_equal(input_x_gradient(net, x, TARGETS), lambda t: InputXGradient(net.module).attribute(x.clone(), target=t))


@pytest.mark.parametrize("baseline", [0.0, -1.5])
def test_integrated_gradients_and_their_gap(net, baseline):
    x, oracle = images(net), IntegratedGradients(net.module)
    records = integrated_gradients(net, x, TARGETS, baseline=baseline, steps=20)
    assert_equal(records, lambda t: oracle.attribute(x.clone(), baseline, t, n_steps=20))
    _, delta = oracle.attribute(x.clone(), baseline, TARGETS[:, 1], n_steps=20, return_convergence_delta=True)
    np.testing.assert_allclose([record.gaps[1] for record in records], delta.detach(), atol=1e-5)


def test_guided_backpropagation(net):
    x = images(net)
    assert_equal(guided_backprop(net, x, TARGETS), lambda t: GuidedBackprop(net.module).attribute(x.clone(), target=t))


def test_deconvolution(net):
    x = images(net)
    assert_equal(deconvolution(net, x, TARGETS), lambda t: Deconvolution(net.module).attribute(x.clone(), target=t))


def test_deep_lift_and_its_gap(net):
    x, oracle, base = images(net), DeepLift(net.module), torch.full((1, *net.input_shape), 0.3)
    records = deep_lift(net, x, TARGETS, baseline=0.3)
    assert_equal(records, lambda t: oracle.attribute(x.clone(), base, target=t))
    _, delta = oracle.attribute(x.clone(), base, target=TARGETS[:, 0], return_convergence_delta=True)
    np.testing.assert_allclose([record.gaps[0] for record in records], delta.detach(), atol=1e-5)


def test_grad_cam_at_every_map(net):
    x = images(net)
    layers = {"stem": net.module.stem, "one": net.module.one} if hasattr(net.module, "stem") else {}
    layers |= (
        {"features.3": net.module.features[3], "features": net.module.features}
        if not layers
        else {"": net.module.outer}
    )
    for name, module in layers.items():
        assert_equal(
            grad_cam(net, x, TARGETS, layer=name),
            lambda t, module=module: LayerGradCam(net.module, module).attribute(x.clone(), target=t),
        )


def test_smooth_grad_equals_a_loop():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = network(Residual(1), (1, 16, 16))
    x = images(net) * torch.tensor([1.0, 5.0, 0.2]).view(3, 1, 1, 1)
    noise = torch.randn(7, 1, 16, 16, generator=torch.Generator().manual_seed(5))
    records = smooth_grad(net, x, TARGETS, noise_share=0.2, samples=7, seed=5)

    def expected(targets):
        total = torch.zeros_like(x)
        for row, target in enumerate(targets):
            for one in noise:
                noisy = (x[row] + 0.2 * (x[row].max() - x[row].min()) * one)[None].requires_grad_()
                net.module(noisy)[0, target].backward()
                total[row] += noisy.grad[0] / 7
        return total

    assert_equal(records, expected)


def test_cam_is_grad_cam_times_the_places_and_its_mean_makes_the_score():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = network(Residual(3), (3, 16, 16))
    x, every = images(net), torch.arange(5).expand(3, 5)
    maps, oracle = cam(net, x, every), LayerGradCam(net.module, net.module.outer)
    scores, bias = net.module(x).detach().numpy(), net.module.fc.bias.detach().numpy()
    for unit in range(5):
        expected = oracle.attribute(x.clone(), target=unit).detach().numpy() * 64
        for row, record in enumerate(maps):
            np.testing.assert_allclose(record.maps[unit], expected[row], atol=1e-5 * np.abs(expected).max())
            assert record.maps[unit].mean() + bias[unit] == pytest.approx(scores[row, unit], abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2", "densenet121", "squeezenet1_1", "vgg11"])
def test_published_networks_as_they_are(name):
    # In-place and reused ReLUs, ReLU6, functions: Captum is given a copy in which it can work.
    import torchvision

    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = torchvision.models.get_model(name).eval()
    net = network(module, (3, 64, 64))
    net = dataclasses.replace(net, output=Output(kind="classes", names=tuple(map(str, range(1000)))))
    x = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    units = torch.tensor([5, 700])
    leaf = x.clone().requires_grad_()
    layer = grad_cam(net, x, units)[0].layer
    value = tap(module, leaf.clone(), [layer], trace(module, (1, 3, 64, 64)))
    slopes = torch.autograd.grad(value.outputs[[0, 1], units].sum(), [leaf, value.taps[layer]])
    for record, row in zip(gradient(net, x, units), slopes[0], strict=True):
        np.testing.assert_allclose(record.maps[0], row, atol=1e-5 * float(row.abs().max()))
    expected = (slopes[1].mean((2, 3), keepdim=True) * value.taps[layer]).sum(1, keepdim=True).detach()
    for record, row in zip(grad_cam(net, x, units), expected, strict=True):
        np.testing.assert_allclose(record.maps[0], row, atol=1e-5 * float(row.abs().max()))
    for part in module.modules():
        if hasattr(part, "inplace"):
            part.inplace = False
    if name in {"resnet18", "squeezenet1_1", "vgg11"}:
        for method, oracle in ((guided_backprop, GuidedBackprop), (deconvolution, Deconvolution)):
            found, one = method(net, x, units), oracle(module).attribute(x.clone(), target=units).detach()
            for record, row in zip(found, one, strict=True):
                np.testing.assert_allclose(record.maps[0], row, atol=1e-5 * float(row.abs().max()))
