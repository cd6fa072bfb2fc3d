"""Saliency methods against zennit and torchcam: two more implementations that share no code with Captum."""

import pytest
import torch
from torchcam.methods import GradCAM
from zennit.attribution import Gradient, IntegratedGradients
from zennit.composites import DeconvNet, GuidedBackprop

from striate.explain import deconvolution, grad_cam, gradient, guided_backprop, integrated_gradients
from striate.nets import Network, Origin
from striate.records import Output, Preprocessing

# Both warn of what they do with hooks.
pytestmark = [pytest.mark.reference, pytest.mark.filterwarnings("ignore::UserWarning")]
TARGETS = [3, 7]


@pytest.fixture(scope="module")
def network():
    import torchvision

    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = torchvision.models.resnet18(num_classes=10).eval()
    return Network(
        module=module,
        preprocessing=Preprocessing(shape=(3, 96, 96), mean=(0.0,) * 3, std=(1.0,) * 3),
        output=Output(kind="classes", names=tuple("abcdefghij")),
        origin=Origin(kind="module", text="ResNet"),
    )


@pytest.fixture(scope="module")
def images():
    return torch.randn(2, 3, 96, 96, generator=torch.Generator().manual_seed(1))


def zennits(attributor, network, images):
    """What zennit gives for the targets, one image each."""
    with attributor as attribute:
        _, found = attribute(images.clone(), torch.eye(10)[TARGETS])
    return found.detach()


def ours(method, network, images):
    records = method(network, images, torch.tensor(TARGETS)[:, None])
    return torch.stack([torch.as_tensor(record.maps[0]) for record in records])


def close(found, expected):
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5 * float(expected.abs().max()))


@pytest.mark.parametrize(
    ("method", "composite"),
    [(gradient, None), (guided_backprop, GuidedBackprop), (deconvolution, DeconvNet)],
    ids=["gradient", "guided_backprop", "deconvolution"],
)
def test_a_pass_back_is_zennits(network, images, method, composite):
    made = None if composite is None else composite()

    close(ours(method, network, images), zennits(Gradient(model=network.module, composite=made), network, images))


@pytest.mark.long
def test_integrated_gradients_are_zennits(network, images):
    found = ours(lambda *given: integrated_gradients(*given, baseline=0.0, steps=200), network, images)
    theirs = zennits(
        IntegratedGradients(model=network.module, n_iter=200, baseline_fn=torch.zeros_like), network, images
    )

    # The rules of summation differ: ours is Gauss and Legendre's, theirs the right ends of equal steps.
    torch.testing.assert_close(found, theirs, rtol=0, atol=0.05 * float(theirs.abs().max()))


@pytest.mark.parametrize("layer", ["layer4", "layer3"])
def test_grad_cam_is_torchcams(network, images, layer):
    for row, target in enumerate(TARGETS):
        with GradCAM(network.module, target_layer=layer) as extractor:
            image = images[row : row + 1].clone().requires_grad_()
            [expected] = extractor(target, network.module(image), normalized=False)
        [record] = grad_cam(network, images[row : row + 1], torch.tensor([[target]]), layer=layer)
        # torchcam leaves out what lies below zero.
        found = torch.as_tensor(record.maps[0]).relu()

        close(found, expected.detach())
