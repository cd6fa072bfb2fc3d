"""The peak on paper is the peak of a step that is watched storage by storage.

The watched step runs on tensors without values. Autograd adds gradients in place only where nobody watches, so the
watched peak may be a map higher than that of a real step: the ledger follows the real one.
"""

import pytest
from torch.utils.checkpoint import checkpoint

from stepping import allocated_peak, network_of, watched_forward, watched_step
from striate.analyse import blocks, memory_ledger
from striate.trace import trace

pytestmark = [pytest.mark.reference, pytest.mark.slow]

# The formulas were written with these in view, and hold on the others, which were tried once and nothing changed for.
TUNED = [
    "torchvision:resnet50",
    "torchvision:efficientnet_b0",
    "timm:efficientnet_b0",
    "torchvision:vgg16",
    "torchvision:inception_v3",
    "torchvision:densenet121",
    "torchvision:convnext_tiny",
]
UNSEEN = [
    "torchvision:mobilenet_v3_large",
    "torchvision:shufflenet_v2_x1_0",
    "torchvision:regnet_y_400mf",
    "torchvision:mnasnet1_0",
    "torchvision:squeezenet1_1",
    "torchvision:googlenet",
    "timm:resnetv2_50",
    "timm:ghostnet_100",
    "timm:hrnet_w18_small",
]
SMALL = (8, 3, 96, 96)
LONG_TOO = ["torchvision:resnet18", pytest.param("torchvision:mobilenet_v3_small", marks=pytest.mark.long)]


def at_size(reference, batch=8):
    px = 299 if "inception" in reference else 224
    return (batch, 3, px, px)


@pytest.mark.long
@pytest.mark.parametrize("reference", TUNED + UNSEEN)
def test_an_adam_step_peaks_within_one_percent_of_the_watched_one(reference):
    shape = at_size(reference)
    ledger = memory_ledger(trace(network_of(reference), shape, mode="train").graph)

    watched = watched_step(network_of(reference), shape)

    assert ledger.when == watched.when
    assert ledger.peak_bytes == pytest.approx(watched.peak, rel=0.01)


@pytest.mark.long
@pytest.mark.parametrize("reference", TUNED + UNSEEN)
def test_an_adam_step_peaks_within_three_percent_of_the_allocators(reference):
    shape = at_size(reference)
    net = network_of(reference)
    ledger = memory_ledger(trace(net, shape, mode="train").graph)

    allocated = allocated_peak(net, shape)

    # What kernels take for themselves is not on paper: for HRNet's last convolution a copy of its weight's gradient.
    tolerance = 0.04 if "hrnet" in reference else 0.03
    assert ledger.peak_bytes == pytest.approx(allocated, rel=tolerance)
    assert ledger.peak_bytes <= allocated * 1.001


@pytest.mark.parametrize("reference", ["torchvision:mobilenet_v2", "torchvision:squeezenet1_1"])
def test_small_steps_peak_where_the_watched_ones_do(reference):
    ledger = memory_ledger(trace(network_of(reference), SMALL, mode="train").graph)

    watched = watched_step(network_of(reference), SMALL)

    assert ledger.when == watched.when
    assert ledger.peak_bytes == pytest.approx(watched.peak, rel=0.005)


@pytest.mark.parametrize("implementation", ["for-loop", "foreach"])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adamw", "rmsprop"])
def test_every_optimiser_peaks_where_the_watched_one_does(optimizer, implementation):
    ledger = memory_ledger(
        trace(network_of("torchvision:squeezenet1_1"), (2, 3, 64, 64), mode="train").graph,
        optimizer=optimizer,
        implementation=implementation,
    )

    watched = watched_step(
        network_of("torchvision:squeezenet1_1"), (2, 3, 64, 64), optimizer=optimizer, implementation=implementation
    )

    assert ledger.when == watched.when
    assert ledger.peak_bytes == pytest.approx(watched.peak, rel=0.001)


def test_a_fused_step_on_values_takes_nothing_for_itself():
    graph = trace(network_of("torchvision:squeezenet1_1"), (2, 3, 64, 64), mode="train").graph

    watched = watched_step(network_of("torchvision:squeezenet1_1"), (2, 3, 64, 64), implementation="fused", real=True)

    assert memory_ledger(graph, implementation="fused").peak_bytes == pytest.approx(watched.peak, rel=0.001)


@pytest.mark.parametrize("reference", LONG_TOO)
def test_mixed_precision_peaks_where_the_watched_step_does(reference):
    graph = trace(network_of(reference), SMALL, mode="train").graph

    watched = watched_step(network_of(reference), SMALL, mixed=True)

    assert memory_ledger(graph, precision="mixed").peak_bytes == pytest.approx(watched.peak, rel=0.005)


@pytest.mark.parametrize("reference", LONG_TOO)
def test_checkpointed_blocks_peak_where_the_watched_step_does(reference):
    graph = trace(network_of(reference), SMALL, mode="train").graph
    net = network_of(reference)
    paths = blocks(graph)
    for path in paths:
        _checkpoint(net.get_submodule(path))

    watched = watched_step(net, SMALL)

    assert len(paths) > 7
    assert memory_ledger(graph, checkpoint="blocks").peak_bytes == pytest.approx(watched.peak, rel=0.005)


@pytest.mark.parametrize("reference", ["torchvision:resnet18", "torchvision:squeezenet1_1"])
def test_a_forward_pass_without_gradients_peaks_where_the_watched_one_does(reference):
    graph = trace(network_of(reference), SMALL).graph

    watched = watched_forward(network_of(reference), SMALL)

    assert memory_ledger(graph, training=False).peak_bytes == pytest.approx(watched.peak, rel=0.001)


def _checkpoint(part):
    forward = part.forward
    part.forward = lambda *args: checkpoint(forward, *args, use_reentrant=False)
