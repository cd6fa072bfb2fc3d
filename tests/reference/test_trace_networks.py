"""Known networks: totals equal torch's own counters, and the program equals the network."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from striate.kinds import kind_of
from striate.trace import trace

pytestmark = [pytest.mark.reference, pytest.mark.slow]

NETWORKS = [
    "torchvision:resnet18",
    "torchvision:mobilenet_v2",
    "torchvision:efficientnet_b0",
    "torchvision:densenet121",
    "torchvision:vgg11",
    "torchvision:googlenet",
    "torchvision:convnext_tiny",
    "torchvision:squeezenet1_1",
    "torchvision:shufflenet_v2_x0_5",
    "timm:resnetv2_50x1_bit",  # weights standardised by arithmetic
    "timm:edgenext_xx_small",  # positions made inside
]


@pytest.fixture(params=NETWORKS, scope="module")
def network(request):
    source, name = request.param.split(":")
    torch.manual_seed(0)
    if source == "timm":
        import timm

        net = timm.create_model(name, pretrained=False)
    else:
        from torchvision import models

        options = {"init_weights": False} if name == "googlenet" else {}
        net = getattr(models, name)(weights=None, **options)
    for part in net.modules():
        if isinstance(part, torch.nn.BatchNorm2d):  # else eval-mode statistics do nothing
            part.running_mean.normal_(std=0.1)
            part.running_var.uniform_(0.5, 1.5)
    net.eval()
    return net, trace(net, (2, 3, 64, 64))


def logits(outputs):
    return outputs if isinstance(outputs, torch.Tensor) else outputs.logits


def test_multiply_accumulates_are_half_of_torchs_count(network):
    net, recording = network
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net(torch.zeros(2, 3, 64, 64))
    graph = recording.graph
    macs = sum(kind_of(op.kind).macs(op, graph.input_shapes(op)) for op in graph)
    assert 2 * macs == counter.get_total_flops()


def test_every_parameter_is_read_by_an_op_or_idle(network):
    net, recording = network
    read = {param.key: param.count for op in recording.graph for param in op.params}
    idle = dict(recording.graph.idle)
    assert read | idle == {key: p.numel() for key, p in net.named_parameters()}
    assert not read.keys() & idle.keys()
    assert recording.graph.buffers == sum(buffer.numel() for buffer in net.buffers())


def test_every_op_is_known(network):
    assert network[1].not_counted == ()


def test_the_program_equals_the_network_at_another_batch_with_its_gradients(network):
    net, recording = network
    torch.manual_seed(1)
    images = torch.randn(3, 3, 64, 64, requires_grad=True)
    expected = logits(net(images.clone()))  # in-place networks may not write to a leaf
    (gradient,) = torch.autograd.grad(expected.square().sum(), images)
    found = logits(recording.program.run(net, images).outputs)
    (replayed,) = torch.autograd.grad(found.square().sum(), images)
    assert recording.program.batch is None
    assert torch.equal(found, expected)
    assert torch.equal(replayed, gradient)
    assert gradient.abs().max() > 0


def test_values_of_inner_modules_are_what_hooks_see(network):
    net, recording = network
    torch.manual_seed(2)
    images = torch.randn(2, 3, 64, 64)
    # Ops that are the only thing their module does, and do it once.
    names = [name for name, (path, turn) in recording.sites.items() if name == path and turn == 0][::4]
    seen = {}

    def keep(name):
        return lambda module, args, output: seen.setdefault(name, output.clone()) is None or None

    handles = [net.get_submodule(name).register_forward_hook(keep(name)) for name in names]
    with torch.no_grad():
        net(images)
        for handle in handles:
            handle.remove()
        taps = recording.program.run(net, images, taps=names).taps
    assert len(names) > 2
    assert all(torch.equal(taps[name], seen[name]) for name in names)


def test_training_mode_keeps_the_same_multiplications(network):
    net, recording = network
    if type(net).__name__ == "GoogLeNet":
        pytest.skip("its side heads run in training only")
    trained = trace(net, (2, 3, 64, 64), mode="train").graph
    macs = [sum(kind_of(op.kind).macs(op, g.input_shapes(op)) for op in g) for g in (recording.graph, trained)]
    assert macs[0] == macs[1]
    assert not net.training
