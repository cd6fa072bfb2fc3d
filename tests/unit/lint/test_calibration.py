"""Networks that are known to be good get no warning; each note that they do get is listed, with its reason."""

import pytest

from striate.lint import lint

# What is true of them, and no fault.
NOTES = {
    # 61.8 % of the parameters in the first fully connected layer, 31 % of the work in the second convolution
    "alexnet": {"fc-holds-most-parameters", "macs-in-one-layer", "optimizer-step-is-the-peak"},
    "vgg16_bn": {"fc-holds-most-parameters", "conv-bias-before-batchnorm"},  # 13 biases before batchnorm
    "resnet50": {"subsampling-shortcut"},  # 1×1 shortcuts with stride 2
    "densenet121": set(),
    "squeezenet1_1": {"border-never-read"},  # conv 3×3, stride 2, no padding on 224
    "mobilenet_v3_small": set(),
    "regnet_y_400mf": {"subsampling-shortcut", "narrow-groups"},  # groups of 8 channels
    "efficientnet_b0": set(),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTES)
def test_a_good_network_gets_the_known_notes_and_no_warning(name):
    import torch
    import torchvision

    from striate.trace import trace

    module = torchvision.models.get_model(name, weights=None).eval()
    findings = lint(graph=trace(module, torch.zeros(1, 3, 224, 224)).graph).findings
    assert {finding.name: finding.severity for finding in findings} == dict.fromkeys(NOTES[name], "note")
