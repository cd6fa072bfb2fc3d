"""Known networks: forward and backward work equal what torch's flop counter sees on a real pass."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from stepping import leaves_of, network_of
from striate.analyse import cost
from striate.trace import trace

pytestmark = [pytest.mark.reference, pytest.mark.slow]

NETWORKS = [
    "torchvision:resnet18",
    pytest.param("torchvision:densenet121", marks=pytest.mark.long),
    pytest.param("torchvision:googlenet", marks=pytest.mark.long),  # side heads
    pytest.param("torchvision:convnext_tiny", marks=pytest.mark.long),
    "torchvision:shufflenet_v2_x0_5",
    "torchvision:mobilenet_v3_small",
    pytest.param("timm:resnetv2_50x1_bit", marks=pytest.mark.long),  # weights standardised by arithmetic
    pytest.param("timm:hrnet_w18_small", marks=pytest.mark.long),
    pytest.param("timm:vit_tiny_patch16_224", marks=pytest.mark.long),
]
PIXELS = {"timm:vit_tiny_patch16_224": 224}
aten = torch.ops.aten


def products_backward(grad, x, weight, *rest, out_shape=None):
    """Twice the multiply-accumulates for each of the gradients of input and weight; torch's own forgets the groups."""
    _bias, _stride, _padding, _dilation, transposed, _output_padding, _groups, mask = rest
    places = (x if transposed else grad)[2:].numel()
    one_side = 2 * places * x[0] * weight.numel()
    return one_side * (mask[0] + mask[1])


def attention_forward(query, key, value, *args, out_shape=None, **kwargs):
    return 2 * query[:-1].numel() * key[-2] * (query[-1] + value[-1])


def attention_backward(grad, query, key, value, *args, out_shape=None, **kwargs):
    # Scores again; gradients of the scores and of v; gradients of q and k.
    return 2 * query[:-1].numel() * key[-2] * (3 * query[-1] + 2 * value[-1])


MAPPING = {
    aten.convolution_backward: products_backward,
    # torch's counter does not know attention on the CPU.
    aten._scaled_dot_product_flash_attention_for_cpu: attention_forward,
    aten._scaled_dot_product_flash_attention_for_cpu_backward: attention_backward,
}


@pytest.fixture(params=NETWORKS, scope="module")
def counted(request):
    net = network_of(request.param).train()
    px = PIXELS.get(request.param, 64)
    table = cost(trace(net, (2, 3, px, px), mode="train").graph)
    counter = FlopCounterMode(display=False, custom_mapping=MAPPING)
    with counter:
        loss = sum(leaf.sum() for leaf in leaves_of(net(torch.zeros(2, 3, px, px))))
    forward = counter.get_total_flops()
    with counter:
        loss.backward()
    return net, table, forward, counter.get_total_flops()


def test_macs_are_half_of_torchs_count(counted):
    _, table, forward, _ = counted

    assert table.not_counted == ()
    assert 2 * table.total.macs == forward


def test_backward_flops_are_torchs_count(counted):
    _, table, _, backward = counted

    assert table.total.backward_flops == backward


def test_layer_macs_are_what_hooks_on_modules_count(counted):
    net, table, _, _ = counted
    found = []

    def count(module, args, output):
        weight = module.weight
        outputs = output.numel() // weight.shape[0]
        found.append(outputs * weight.numel())

    handles = [part.register_forward_hook(count) for part in net.modules() if isinstance(part, nn.Conv2d | nn.Linear)]
    px = 224 if type(net).__name__ == "VisionTransformer" else 64
    with torch.no_grad():
        net(torch.zeros(2, 3, px, px))
    for handle in handles:
        handle.remove()

    assert table.total.layer_macs == sum(found)


def test_sums_by_kind_and_by_module_are_the_total(counted):
    net, table, _, _ = counted

    assert sum(row.macs for row in table.by_kind().values()) == table.total.macs
    assert sum(row.other_flops for row in table.by_module(1).values()) == table.total.other_flops
    assert sum(row.params for row in table.by_module().values()) == sum(p.numel() for p in net.parameters())
