"""Boxes through torchvision's networks: against whole passes for every class, against NaN, and against Captum."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from striate.explain import occlusion
from striate.explain.occlusion.engine import Engine
from striate.explain.occlusion.local import local
from striate.nets import Network, Origin
from striate.records import Output, Preprocessing
from striate.trace import trace

pytestmark = [pytest.mark.reference, pytest.mark.slow]

# Name, side of the image, and the least that boxes spare there (1 where a gate or a wide neighbourhood leaves little).
NETWORKS = [
    ("alexnet", 95, 1.1),
    ("vgg11_bn", 65, 1.3),
    ("resnet18", 97, 1.2),
    ("googlenet", 97, 1.3),
    ("densenet121", 65, 1.1),
    ("mobilenet_v2", 97, 1.2),
    ("mobilenet_v3_small", 97, 1.0),
    ("squeezenet1_1", 97, 1.3),
    ("shufflenet_v2_x0_5", 97, 1.2),
    ("efficientnet_b0", 65, 1.0),
    ("convnext_tiny", 65, 1.0),
    ("inception_v3", 107, 1.2),
]
OPTIONS = {"googlenet": {"aux_logits": False, "init_weights": False, "transform_input": True},
           "inception_v3": {"aux_logits": False, "init_weights": False, "transform_input": True}}  # fmt: skip
SIDE = 16


def network(name, side):
    """Random weights, and normalisations by statistics that fit, moved a little, so that the scores depend on the image."""
    import torchvision

    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = getattr(torchvision.models, name)(num_classes=50, **OPTIONS.get(name, {}))
        norms = [part for part in module.modules() if isinstance(part, nn.BatchNorm2d)]
        for norm in norms:
            norm.momentum = None
            norm.weight.data.uniform_(0.7, 1.3)
            norm.bias.data.normal_(0, 0.3)
        if norms:
            module(torch.randn(4, 3, side, side))
    return module.eval()


@pytest.mark.parametrize(("name", "side", "least"), NETWORKS)
def test_boxes_give_every_class_of_a_whole_pass_and_are_where_nan_spreads(name, side, least):
    module = network(name, side)
    image = torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(1))
    at = local(trace(module, tuple(image.shape)).program, module, image)
    engine = Engine(at, image)
    places = np.array([(0, 0), (0, side - SIDE), (21, 35), (side // 2 - 8, side // 2 - 8), (side - SIDE, 7)])
    covers = torch.full((len(places), 3, SIDE, SIDE), 0.4)
    whole = image.repeat(len(places), 1, 1, 1)
    for one, cover, (top, left) in zip(whole, covers, places.tolist(), strict=True):
        one[:, top : top + SIDE, left : left + SIDE] = cover
    with torch.no_grad():
        expected, clean = module(whole), module(image)
        exact = copy.deepcopy(module).double()(whole.double())
    scale = expected.abs().max()
    # Some of these are badly conditioned: in single precision they themselves are further than 1e-5 from double precision.
    own = (expected - exact).abs().max() / scale
    assert (expected - clean).abs().max() > max(1e-3, 100 * own) * scale
    assert (engine.run(covers, places) - expected).abs().max() / scale <= max(1e-5, 3 * own)
    products = engine.macs(engine.boxes(places, (SIDE, SIDE)))
    assert sum(node.macs for node in engine.local.nodes) >= least * products

    boxes = {value: box for value, box in engine.boxes(places[2:3], (SIDE, SIDE)).items() if box is not None}
    assert len(boxes) > 3
    top, left = places[2]
    image[..., top : top + SIDE, left : left + SIDE] = torch.nan
    probed = Engine(at, image)
    for value, box in boxes.items():
        is_nan = probed.read(value).isnan()
        for n, axis in enumerate(box.axes):
            found = is_nan.movedim(axis, 0).flatten(1).any(1).nonzero()[:, 0]
            assert (int(found.min()), int(found.max()) + 1) == (box.starts[0, n], box.starts[0, n] + box.size[n])


def test_the_incremental_way_equals_captum():
    from captum.attr import Occlusion

    module, side = network("resnet18", 65), 65
    net = Network(
        module=module,
        preprocessing=Preprocessing(shape=(3, side, side), mean=(0.5,) * 3, std=(0.25,) * 3),
        output=Output(kind="classes", names=tuple(map(str, range(50)))),
        origin=Origin(kind="module", text="test"),
    )
    images = torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(1))
    [seen] = occlusion(net, images, window_px=17, stride_px=12, fill=0.4, route="incremental")
    oracle = Occlusion(lambda x: module(x).softmax(1))
    with torch.no_grad():
        for target in (0, 17, 49):
            expected = oracle.attribute(images, (3, 17, 17), strides=(3, 12, 12), target=target, baselines=0.4)
            np.testing.assert_allclose(seen.maps[target], -expected[0, 0].numpy(), atol=1e-5)
