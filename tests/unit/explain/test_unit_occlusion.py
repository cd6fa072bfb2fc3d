"""A unit's value while parts of the input are covered: by brute force with Captum's sliding square."""

import captum.attr
import numpy as np
import pytest
import torch
from torch import nn

from striate.blueprint import Blueprint
from striate.errors import InputError, ShapeError, UnknownNameError
from striate.explain.unit_occlusion import unit_occlusion
from striate.nets import from_blueprint

TEXT = "input 2x11x9; conv 3x3 4, batchnorm, relu; maxpool 2; conv 3x3 5, relu; classes 3"


@pytest.fixture
def network():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return from_blueprint(Blueprint.from_text(TEXT))


@pytest.fixture
def image():
    return torch.rand(2, 11, 9, generator=torch.Generator().manual_seed(1)) - 0.5


def last_convolution(network):
    return [module for module in network.module.modules() if isinstance(module, nn.Conv2d)][-1]


def test_it_is_captums_occlusion_of_the_units_value(network, image):
    kept = []
    hook = last_convolution(network).register_forward_hook(lambda _module, _given, made: kept.append(made))

    def value(inputs):
        network.module.eval()(inputs)
        return kept.pop()[:, 3, 2, 1]

    theirs = captum.attr.Occlusion(value).attribute(
        image[None], sliding_window_shapes=(2, 3, 3), strides=(2, 3, 3), baselines=0.25
    )[0, 0]
    hook.remove()
    found = unit_occlusion(network, image, "conv2", 3, at=(2, 1), window_px=3, stride_px=3, fill=0.25)

    # Captum tells clean − covered; without overlap each pixel has one square.
    assert found.map.any()
    np.testing.assert_allclose(found.map, -theirs.detach(), atol=1e-5)


def test_outside_its_field_nothing_changes(network, image):
    found = unit_occlusion(network, image, "conv2", 3, at=(0, 0), window_px=2, stride_px=1)

    # Two 3×3 windows with a pool of 2 between: 5 + 1 rows and columns from the border on.
    # Batches of other sizes round otherwise.
    assert max(np.abs(found.map[8:]).max(), np.abs(found.map[:, 8:]).max()) < 1e-6
    assert np.abs(found.map[:5, :5]).max() > 1e-3


def test_without_a_place_it_is_where_the_unit_is_largest(network, image):
    kept = []
    hook = last_convolution(network).register_forward_hook(lambda _module, _given, made: kept.append(made))
    network.module.eval()(image[None])
    hook.remove()
    values = kept[0][0, 1].detach()
    found = unit_occlusion(network, image, "conv2", 1)

    assert found.at == np.unravel_index(int(values.argmax()), values.shape)
    assert found.clean == pytest.approx(float(values.max()), rel=1e-6)


def test_a_unit_of_a_vector_is_its_score(network, image):
    found = unit_occlusion(network, image, "classes", 2, window_px=4, stride_px=4)

    assert found.at == ()
    assert found.clean == pytest.approx(float(network.module.eval()(image[None])[0, 2].detach()), rel=1e-5)


def test_signals_are_covered_along_their_length():
    network = from_blueprint(Blueprint.from_text("input 1x16; conv 3 4, relu; classes 2"))
    found = unit_occlusion(network, torch.ones(1, 16), "conv1", 0, at=(0,), window_px=4, stride_px=4, fill=0.0)

    assert found.grid.shape == (1, 4)
    assert found.map.any()
    assert np.abs(found.map[0, 4:]).max() < 1e-6


def test_the_network_is_left_as_it_came(network, image):
    network.module.train()
    before = {key: value.clone() for key, value in network.module.state_dict().items()}
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    unit_occlusion(network, image, "conv2", 1)

    assert torch.equal(torch.rand(1), expected)
    assert network.module.training
    assert all(torch.equal(value, before[key]) for key, value in network.module.state_dict().items())
    assert all(parameter.grad is None for parameter in network.module.parameters())


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ({"layer": "conv2", "unit": 5}, InputError, "a unit must be 0 … 4"),
        ({"layer": "conv9", "unit": 0}, UnknownNameError, "conv9"),
        ({"layer": "conv2", "unit": 0, "at": (9, 0)}, InputError, "a place must be on the unit's map"),
        ({"layer": "conv2", "unit": 0, "window_px": 20}, InputError, "window_px must fit"),
    ],
)
def test_what_is_not_there_is_refused(network, image, asked, error, says):
    with pytest.raises(error, match=says):
        unit_occlusion(network, image, **asked)


def test_another_shape_is_refused(network):
    with pytest.raises(ShapeError):
        unit_occlusion(network, torch.zeros(2, 9, 9), "conv2", 0)
