"""Networks that are known to be good get no warning; each note that they do get is listed, with its reason."""

import pytest

from striate.lint import lint
from striate.nets import load_network
from striate.trace import trace

# What is true of 24 published networks, and no fault.
NOTES = {
    # 61.8 % of the parameters in the first fully connected layer, 31 % of the work in the second convolution
    "torchvision:alexnet": {"fc-holds-most-parameters", "macs-in-one-layer", "optimizer-step-is-the-peak"},
    "torchvision:vgg16_bn": {"fc-holds-most-parameters", "conv-bias-before-batchnorm"},  # 13 biases before batchnorm
    "torchvision:resnet50": {"subsampling-shortcut"},  # 1×1 shortcuts with stride 2
    "torchvision:densenet121": set(),
    "torchvision:squeezenet1_1": {"border-never-read"},  # conv 3×3, stride 2, no padding on 224
    "torchvision:mobilenet_v3_small": set(),
    "torchvision:regnet_y_400mf": {"subsampling-shortcut", "narrow-groups"},  # groups of 8 channels
    "torchvision:efficientnet_b0": set(),
}
MORE_NOTES = {
    "torchvision:vgg16": {"fc-holds-most-parameters"},
    "torchvision:resnet18": {"subsampling-shortcut"},
    "torchvision:wide_resnet50_2": {"subsampling-shortcut"},
    "torchvision:resnext50_32x4d": {"subsampling-shortcut", "narrow-groups"},  # groups of 4 channels
    "torchvision:googlenet": set(),
    "torchvision:inception_v3": {"odd-input-side", "unaligned-padding"},  # 299 px; two convolutions without padding
    "torchvision:mobilenet_v2": set(),
    "torchvision:mobilenet_v3_large": set(),
    "torchvision:shufflenet_v2_x1_0": {"channels-off-the-grid"},  # 58 channels
    "torchvision:mnasnet1_0": set(),
    "torchvision:efficientnet_v2_s": set(),
    "torchvision:regnet_x_400mf": {"subsampling-shortcut"},
    "torchvision:convnext_tiny": set(),
    "timm:xception41": {"odd-input-side", "subsampling-shortcut", "double-activation"},  # 299 px; ReLU of a ReLU
    "timm:hrnet_w18_small": {"conv-bias-before-batchnorm", "width-jump"},  # 16 to 128 channels where scales meet
    "timm:nasnetalarge": {"odd-input-side"},  # 331 px
}
# Its authors could not train it from a random start either: known, and exempt by name.
EXEMPT = {"torchvision:vgg16": {"deep-without-normalisation"}}


def judged(reference):
    network = load_network(reference)
    return lint(graph=trace(network.module, (1, *network.input_shape)).graph)


@pytest.mark.slow
@pytest.mark.parametrize("reference", NOTES)
def test_a_good_network_gets_the_known_notes_and_no_warning(reference):
    assert {finding.name: finding.severity for finding in judged(reference).findings} == dict.fromkeys(
        NOTES[reference], "note"
    )


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:The default weight initialization:FutureWarning")
@pytest.mark.parametrize("reference", MORE_NOTES)
def test_the_rest_of_24_good_networks_get_the_known_notes_and_no_warning(reference):
    found = {finding.name: finding.severity for finding in judged(reference).findings}

    assert {name: found[name] for name in found.keys() - EXEMPT.get(reference, set())} == dict.fromkeys(
        MORE_NOTES[reference], "note"
    )
    assert EXEMPT.get(reference, set()) <= set(found)
