"""One network of every timm family of convolutional networks, its hybrids with attention, and torchvision's families.

Their table is held to torch's own counter, to hooks on their modules and to their own parameters; their program to the network itself.
Ten run always, the others with the long tests.
"""

import pytest
import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from published_networks import HYBRIDS, TIMM, TORCHVISION, from_timm, from_torchvision
from striate.kinds import kind_of
from striate.trace import trace
from striate.trace.state import whole_attention

pytestmark = [pytest.mark.reference, pytest.mark.slow]

ALWAYS = {
    "timm:convnext_atto", "timm:dla46_c", "timm:ghostnet_050", "timm:mobilenetv3_small_050", "timm:regnetx_002",
    "timm:starnet_s050", "timm:ese_vovnet19b_slim_dw", "torchvision:segmentation.lraspp_mobilenet_v3_large",
    "torchvision:resnet18", "torchvision:video.mc3_18",
}  # fmt: skip
# Some of their convolutions or linear layers are functions on parameters, where hooks see nothing.
FUNCTIONAL = {"timm:csatv2", "timm:tresnet_m", "torchvision:swin_t", "torchvision:vit_b_16"}
# Heads that only learn with the others: in evaluation they are not run.
IDLE = {"torchvision:googlenet", "torchvision:inception_v3"}


def every(**sources):
    return [
        pytest.param(
            (source, name, px), id=f"{source}:{name}", marks=[] if f"{source}:{name}" in ALWAYS else pytest.mark.long
        )
        for source, networks in sources.items()
        for name, px in networks.items()
    ]


class Known:
    """A network whose statistics do something, its two tables, and images."""

    def __init__(self, source, name, px):
        torch.manual_seed(0)
        self.id = f"{source}:{name}"
        self.net = from_timm(name) if source == "timm" else from_torchvision(name)
        for part in self.net.modules():
            if isinstance(part, nn.modules.batchnorm._BatchNorm):  # else they do nothing in evaluation
                part.running_mean.normal_(std=0.1)
                part.running_var.uniform_(0.5, 1.5)
        self.net.eval()
        self.shape = (3, *((px, px) if isinstance(px, int) else px))
        self.recording = trace(self.net, (2, *self.shape))
        self.training = trace(self.net, (2, *self.shape), mode="train")


@pytest.fixture(params=every(timm=TIMM | HYBRIDS, torchvision=TORCHVISION), scope="module")
def known(request):
    return Known(*request.param)


def macs(graph, kinds=None):
    return sum(kind_of(op.kind).macs(op, graph.input_shapes(op)) for op in graph if kinds is None or op.kind in kinds)


def test_multiply_accumulates_are_half_of_torchs_count(known):
    # torch's counter knows attention by its products only.
    with FlopCounterMode(display=False) as counter, torch.no_grad(), sdpa_kernel(SDPBackend.MATH), whole_attention():
        known.net(torch.zeros(2, *known.shape))
    assert 2 * macs(known.recording.graph) == counter.get_total_flops() > 0


def test_layers_cost_what_hooks_on_their_modules_count(known):
    counted, calls = 0, 0

    def hook(module, args, output):
        nonlocal counted, calls
        calls += 1
        if isinstance(module, nn.Linear):
            counted += output.numel() * module.in_features
        elif isinstance(module, _ConvTransposeNd):
            counted += args[0].numel() * module.weight[0].numel()
        else:
            counted += output.numel() * module.weight[0].numel()

    handles = [
        part.register_forward_hook(hook) for part in known.net.modules() if isinstance(part, nn.Linear | _ConvNd)
    ]
    with torch.no_grad():
        known.net(torch.zeros(2, *known.shape))
    for handle in handles:
        handle.remove()
    graph, kinds = known.recording.graph, {"conv", "convtranspose", "linear"}
    rows = sum(op.kind in kinds for op in graph)
    assert (rows > calls) == (known.id in FUNCTIONAL)
    if known.id not in FUNCTIONAL:
        assert macs(graph, kinds) == counted


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_every_parameter_is_read_by_an_op_or_idle(known, mode):
    graph = (known.recording if mode == "eval" else known.training).graph
    read = {param.key: param.count for op in graph for param in op.params}
    idle = dict(graph.idle)
    assert read | idle == {key: p.numel() for key, p in known.net.named_parameters()}
    assert not read.keys() & idle.keys()
    assert graph.buffers == sum(b.numel() for key, b in known.net.named_buffers() if key in known.net.state_dict())
    if known.id in IDLE:
        assert bool(idle) == (mode == "eval")


def test_every_op_is_known_in_both_modes(known):
    assert known.recording.not_counted == ()
    assert known.training.not_counted == ()
    assert not known.recording.is_data_dependent


def test_the_program_equals_the_network_at_another_batch(known):
    torch.manual_seed(1)
    images = torch.randn(3, *known.shape)
    with torch.no_grad():
        expected = tree_leaves(known.net(images))
        found = tree_leaves(known.recording.program.run(known.net, images).outputs)
    assert known.recording.program.batch is None
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))
    assert all(b.isfinite().all() for b in expected)


def test_the_network_is_as_it_was(known):
    assert not any(part.training for part in known.net.modules())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in known.net.modules())
    assert all(parameter.grad is None for parameter in known.net.parameters())
