"""Occlusion and saliency against Captum."""

import numpy as np
import pytest
import torch
from torch import nn

from striate.explain import feature_occlusion, occlusion, saliency, segment_occlusion
from striate.nets import Network, Origin
from striate.records import Output, Preprocessing

pytestmark = pytest.mark.reference

CASES = [
    ((1, 12, 12), 4, 4),
    ((1, 12, 12), 5, 2),  # overlap, partial windows at both borders
    ((3, 11, 17), (4, 6), (3, 1)),
    ((3, 9, 9), (2, 9), (2, 5)),
    ((2, 8, 10), 8, 3),
    ((2, 7, 7), 1, 1),
]


def network(shape, dtype=torch.float32, outputs=4):
    with torch.random.fork_rng():
        torch.manual_seed(sum(shape))
        module = nn.Sequential(
            nn.Conv2d(shape[0], 6, 3, padding=1),
            nn.BatchNorm2d(6),
            nn.ReLU(),
            nn.Conv2d(6, 6, 3, padding=1),
            nn.Tanh(),
            nn.Flatten(),
            nn.Linear(6 * shape[1] * shape[2], outputs),
        ).to(dtype)
    return Network(
        module=module.eval(),
        preprocessing=Preprocessing(shape=shape, mean=(0.5,) * shape[0], std=(0.25,) * shape[0]),
        output=Output(kind="classes", names=tuple(map(str, range(outputs)))),
        origin=Origin(kind="module", text="test"),
    )


def images(shape, dtype=torch.float32):
    return torch.randn((2, *shape), generator=torch.Generator().manual_seed(3), dtype=dtype)


def pair(value):
    return (value, value) if isinstance(value, int) else value


@pytest.mark.parametrize(("shape", "window", "stride"), CASES)
def test_occlusion_equals_captums_for_every_class_with_its_sign_reversed(shape, window, stride):
    from captum.attr import Occlusion

    net, inputs = network(shape), images(shape)
    oracle = Occlusion(lambda x: net.module(x).softmax(1))
    records = occlusion(net, inputs, window_px=window, stride_px=stride, fill=0.3)
    for target in range(4):
        expected = oracle.attribute(
            inputs,
            sliding_window_shapes=(shape[0], *pair(window)),
            strides=(shape[0], *pair(stride)),
            target=target,
            baselines=0.3,
        )
        for record, one in zip(records, expected, strict=True):
            # Captum repeats the figure for every channel. float32 sums of up to 81 windows.
            np.testing.assert_allclose(record.maps[target], -one[0].numpy(), atol=1e-5)


@pytest.mark.parametrize("route", ["incremental", "module"])
def test_covered_segments_equal_captums_feature_ablation_for_every_class_with_its_sign_reversed(route):
    from captum.attr import FeatureAblation

    net, inputs = network((3, 11, 17)), images((3, 11, 17))
    labels = np.random.default_rng(0).integers(0, 9, (2, 11, 17))
    oracle = FeatureAblation(lambda x: net.module(x).softmax(1))
    records = segment_occlusion(net, inputs, segments=labels, fill=0.3, route=route)
    for target in range(4):
        for record, image, own in zip(records, inputs, labels, strict=True):
            mask = torch.from_numpy(own)[None, None].expand(1, 3, -1, -1)
            expected = oracle.attribute(image[None], feature_mask=mask, target=target, baselines=0.3)
            np.testing.assert_allclose(record.map_of(target), -expected[0, 0].numpy(), atol=1e-5)


@pytest.mark.parametrize(("layer", "at"), [("0", 2), ("3", 4)])
def test_channels_switched_off_equal_captums_layer_ablation_for_every_class_with_its_sign_reversed(layer, at):
    from captum.attr import LayerFeatureAblation

    net, inputs = network((3, 11, 17)), images((3, 11, 17))
    oracle = LayerFeatureAblation(lambda x: net.module(x).softmax(1), net.module[at])
    mask = torch.arange(6).view(1, 6, 1, 1).expand(1, 6, 11, 17)
    records = feature_occlusion(net, inputs, layer=layer)
    for target in range(4):
        for record, image in zip(records, inputs, strict=True):
            expected = oracle.attribute(image[None], layer_mask=mask, target=target)
            np.testing.assert_allclose(record.changes[:, target], -expected[0, :, 0, 0].numpy(), atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 12, 12), (3, 11, 17)])
def test_saliency_equals_captums_signed_gradient(shape):
    from captum.attr import Saliency

    net, inputs, targets = network(shape), images(shape), torch.tensor([3, 1])
    expected = Saliency(net.module).attribute(inputs.clone().requires_grad_(), target=targets, abs=False)
    for record, one in zip(saliency(net, inputs, targets), expected, strict=True):
        np.testing.assert_allclose(record.gradient, one.detach().numpy(), atol=1e-6)
