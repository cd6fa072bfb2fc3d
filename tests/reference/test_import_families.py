"""Networks of torchvision and timm as blueprints: the same table, and with the same weights the same answers."""

import pytest
import torch

from families import HYBRIDS, TIMM, TORCHVISION, from_timm, from_torchvision
from striate.blueprint import Blueprint
from striate.errors import BlueprintError
from striate.nets import build
from striate.trace import trace

pytestmark = [
    pytest.mark.reference,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:The default weight initialization of GoogleNet:FutureWarning"),
]

# What words suffice for, with torchvision 0.29 and timm 1.0; every other family is refused.
IMPORTED = {
    "timm:convmixer_768_32", "timm:densenet121", "timm:ese_vovnet19b_slim_dw", "timm:gernet_s", "timm:ghostnet_050",
    "timm:hardcorenas_b", "timm:inception_v3", "timm:inception_v4", "timm:lcnetv2_small", "timm:legacy_xception",
    "timm:mnasnet_small", "timm:mobilenetv3_small_050", "timm:regnetx_002", "timm:repghostnet_050", "timm:resnet10t",
    "timm:resnetv2_18", "timm:selecsls42b", "timm:vgg11", "timm:xception41p",
    "torchvision:alexnet", "torchvision:convnext_tiny", "torchvision:densenet121", "torchvision:efficientnet_b0",
    "torchvision:efficientnet_v2_s", "torchvision:googlenet", "torchvision:inception_v3", "torchvision:mnasnet0_5",
    "torchvision:mobilenet_v2", "torchvision:mobilenet_v3_small", "torchvision:regnet_y_400mf", "torchvision:resnet18",
    "torchvision:resnext50_32x4d", "torchvision:squeezenet1_1", "torchvision:vgg11", "torchvision:video.mc3_18",
    "torchvision:video.r2plus1d_18", "torchvision:video.r3d_18", "torchvision:wide_resnet50_2",
}  # fmt: skip
# One for each way of joining branches.
ALWAYS = {
    "torchvision:alexnet", "torchvision:mobilenet_v3_small", "torchvision:resnet18", "torchvision:squeezenet1_1",
    "timm:ese_vovnet19b_slim_dw", "timm:selecsls42b", "timm:hrnet_w18_small",
}  # fmt: skip
FAMILIES = [
    pytest.param(f"{source}:{name}", px, marks=[] if f"{source}:{name}" in ALWAYS else pytest.mark.long)
    for source, networks in (("timm", TIMM | HYBRIDS), ("torchvision", TORCHVISION))
    for name, px in networks.items()
]


def zoo_network(reference):
    """Return a network with random weights whose statistics do something."""
    torch.manual_seed(0)
    source, _, name = reference.partition(":")
    net = (from_timm if source == "timm" else from_torchvision)(name).eval()
    for part in net.modules():
        if isinstance(part, torch.nn.modules.batchnorm._BatchNorm):
            part.running_mean.normal_(std=0.1)
            part.running_var.uniform_(0.5, 1.5)
    return net


def with_weights_of(net, theirs, plan):
    """Return the network built from a plan with another's weights, taken over row by row."""
    ours = plan.graph(batch=2)
    built = build(plan).eval()
    pairs = zip(ours.canonical_rows(), theirs.canonical_rows(), strict=True)
    with torch.no_grad():
        for (mine, _), (other, _) in pairs:
            for param, given in zip(mine.params, other.params, strict=True):
                built.get_parameter(param.key).copy_(net.get_parameter(given.key))
            if mine.kind == "batchnorm":
                part = net.get_submodule(other.params[0].key.rpartition(".")[0])
                for name in ("running_mean", "running_var"):
                    built.get_buffer(f"{mine.path}.{name}").copy_(getattr(part, name))
    return built


@pytest.mark.parametrize(("reference", "px"), FAMILIES)
def test_a_family_is_imported_or_refused_at_an_op(reference, px):
    net = zoo_network(reference)
    shape = (3, *((px, px) if isinstance(px, int) else px))
    theirs = trace(net, (2, *shape)).graph
    if reference not in IMPORTED:
        with pytest.raises(BlueprintError) as refusal:
            Blueprint.from_graph(theirs)
        assert theirs[refusal.value.where].kind in refusal.value.got
        assert refusal.value.hint
        return
    plan = Blueprint.from_graph(theirs)
    built = with_weights_of(net, theirs, plan)
    torch.manual_seed(1)
    images = torch.randn(2, *shape)
    with torch.no_grad():
        expected, found = net(images), built(images)

    assert plan.graph(batch=2).canonical() == theirs.canonical()
    assert Blueprint.from_yaml(plan.to_yaml()) == plan
    idle = sum(count for _, count in theirs.idle)
    assert sum(p.numel() for p in built.parameters()) + idle == sum(p.numel() for p in net.parameters())
    assert expected.std() > 0
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
