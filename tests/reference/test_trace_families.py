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

from striate.kinds import kind_of
from striate.trace import trace
from striate.trace.state import whole_attention

pytestmark = [pytest.mark.reference, pytest.mark.slow]

# The smallest published member of each timm 1.0 family, at 64 pixels where it allows.
TIMM = {
    "convmixer_768_32": 64, "convnext_atto": 64, "cpubone_nano": 64, "cs3darknet_focus_s": 64, "cspnext_tiny": 64,
    "csatv2": 64, "densenet121": 64, "dla46_c": 64, "dpn48b": 64, "eca_botnext26ts_256": 256, "eca_nfnet_l0": 64,
    "edgenext_xx_small": 64, "efficientvit_b0": 64, "ese_vovnet19b_slim_dw": 64, "fasternet_t0": 64, "fastvit_t12": 64,
    "gernet_s": 64, "ghostnet_050": 64, "hardcorenas_b": 64, "hgnetv2_b0": 64, "hrnet_w18_small": 64,
    "inception_next_atto": 64, "inception_resnet_v2": 128, "inception_v3": 128, "inception_v4": 128,
    "lcnetv2_small": 64, "legacy_seresnet18": 64, "legacy_xception": 64, "mambaout_femto": 64, "mnasnet_small": 64,
    "mobilenetv3_small_050": 64, "mobilenetv5_base": 64, "nasnetalarge": 64, "pnasnet5large": 64, "poolformerv2_s12": 64,
    "rdnet_tiny": 64, "regnetx_002": 64, "repghostnet_050": 64, "repvit_m0_9": 64, "res2net50_14w_8s": 64,
    "resnest14d": 64, "resnet10t": 64, "resnetv2_18": 64, "rexnet_100": 64, "selecsls42b": 64, "skresnet18": 64,
    "starnet_s050": 64, "tresnet_m": 64, "vgg11": 64, "xception41p": 64,
}  # fmt: skip
HYBRIDS = {
    "coat_tiny": 224, "coatnet_nano_rw_224": 224, "davit_tiny": 64, "efficientformer_l1": 224,
    "efficientformerv2_s0": 224, "efficientvim_m1": 64, "efficientvit_m0": 224, "focalnet_tiny_srf": 64,
    "iformer_t": 64, "levit_128s": 224, "lowformer_b0": 64, "mobilevit_xxs": 64, "nextvit_small": 64, "pvt_v2_b0": 64,
    "shvit_s1": 64, "swiftformer_xs": 224, "tiny_vit_5m_224": 64, "visformer_tiny": 224, "vit_tiny_r_s16_p8_224": 224,
}  # fmt: skip
TORCHVISION = {
    "alexnet": 64, "convnext_tiny": 64, "densenet121": 64, "efficientnet_b0": 64, "efficientnet_v2_s": 64, "googlenet": 64,
    "inception_v3": 299, "maxvit_t": 224, "mnasnet0_5": 64, "mobilenet_v2": 64, "mobilenet_v3_small": 64,
    "regnet_y_400mf": 64, "resnet18": 64, "resnext50_32x4d": 64, "shufflenet_v2_x0_5": 64, "squeezenet1_1": 64,
    "swin_t": 64, "vgg11": 64, "vit_b_16": 224, "wide_resnet50_2": 64,
    "segmentation.deeplabv3_mobilenet_v3_large": 64, "segmentation.fcn_resnet50": 64,
    "segmentation.lraspp_mobilenet_v3_large": 64,
    "video.mc3_18": (8, 32, 32), "video.r2plus1d_18": (8, 32, 32), "video.r3d_18": (8, 32, 32),
}  # fmt: skip
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


def from_timm(name):
    import timm

    return timm.create_model(name, pretrained=False)


def from_torchvision(name):
    from torchvision import models

    where = models
    *folders, name = name.split(".")
    for folder in folders:
        where = getattr(where, folder)
    options = {"init_weights": False} if name in {"googlenet", "inception_v3"} else {}
    options |= {"weights_backbone": None} if folders == ["segmentation"] else {}
    return getattr(where, name)(weights=None, **options)


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
