"""Units of whole networks, drawn at random: their parts add up to what hooks on the modules hear."""

import random

import pytest
import torch
from torch import nn

from striate.explain.neuron import Pass, told
from striate.nets import load_network

pytestmark = [pytest.mark.reference, pytest.mark.slow]

# Modules whose value is a sum, and what normalises it.
HEARD = (nn.Conv2d, nn.Linear, nn.BatchNorm2d, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d)
# Side of the picture, and units of each layer.
NETWORKS = {
    "torchvision:resnet18": (64, 8),
    "timm:efficientnet_lite0": (64, 3),
    "torchvision:densenet121": (32, 1),
    "torchvision:mobilenet_v3_small": (64, 2),
    "torchvision:shufflenet_v2_x0_5": (64, 2),
    "timm:tf_efficientnet_b0": (64, 2),
    "timm:convnext_atto": (64, 2),
}


def hear(module, picture):
    """What each module returned, by path; of one that is called more than once nothing."""
    found, calls = {}, {}
    handles = []
    for name, part in module.named_modules():
        if isinstance(part, HEARD):

            def keep(_module, _given, out, name=name):
                calls[name] = calls.get(name, 0) + 1
                found[name] = out.clone()

            handles.append(part.register_forward_hook(keep))
    module.eval()
    with torch.no_grad():
        scores = module(picture)
    for handle in handles:
        handle.remove()
    return {name: out for name, out in found.items() if calls[name] == 1}, scores


@pytest.mark.parametrize("reference", NETWORKS)
def test_units_of_every_layer_add_up_to_what_hooks_hear(reference):
    side, units = NETWORKS[reference]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = load_network(reference)
        picture = torch.randn(1, 3, side, side)
    heard, scores = hear(network.module, picture)
    seen, dice = Pass(network.module, picture), random.Random(0)
    torch.testing.assert_close(seen.scores, scores[0])
    compared, kinds = 0, set()
    for row in seen.rows:
        summing = [name.removesuffix(".batchnorm") for name in row.ops if name.removesuffix(".batchnorm") in heard]
        for _ in range(units):
            channel, at = dice.randrange(row.channels), tuple(map(dice.randrange, row.sizes))
            unit = told(seen, row, channel, at, by="contribution", about=0, top=3)
            kinds.add(unit.kind)

            assert unit.adds_up, (row.name, channel, at, unit.total, unit.before)
            listed = sum(part.number for part in unit.parts) + unit.others_number + unit.bias
            assert listed == pytest.approx(unit.total, rel=1e-9, abs=1e-12)
            if summing:
                out = heard[summing[-1]].movedim(row.axis, 1)
                value = float(out[(0, channel, *at)]) if out.ndim == len(row.shape) else unit.before
                # timm's normalisation returns what its activation made.
                has_activation = f"{summing[-1]}.batchnorm" in row.ops
                ours = unit.value if has_activation else unit.before
                assert ours == pytest.approx(value, rel=1e-5, abs=1e-6)
                compared += out.ndim == len(row.shape)
    assert compared >= 20 * units
    assert {"sum", "merge"} <= kinds
