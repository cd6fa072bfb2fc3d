"""Saliency of several classes of one image beside Captum at its better setting, in paired alternating runs.

Captum answers for one class of each image: it is asked class by class, or once with as many copies of the image; what was
faster is compared. Ours includes the trace that Grad-CAM and guided backpropagation take, each time anew.
Run: make bench, or python benchmarks/saliency.py
"""

import statistics
import sys
import time
import warnings

import torch
from captum.attr import GuidedBackprop, LayerGradCam, Saliency
from machine import heading

from striate.explain import grad_cam, gradient, guided_backprop
from striate.nets import Network, Origin
from striate.records import Output, Preprocessing

PAIRS = 7
CLASSES = (1, 10)


def timed(work) -> float:
    """Return the seconds one call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def network() -> Network:
    """Return ResNet-18 with random weights, frozen: Captum then computes no gradients of weights either."""
    from torchvision.models import resnet18

    module = resnet18().eval().requires_grad_(requires_grad=False)
    for part in module.modules():
        if hasattr(part, "inplace"):
            part.inplace = False  # or Captum's guided backpropagation breaks
    return Network(
        module=module,
        preprocessing=Preprocessing(shape=(3, 224, 224), mean=(0.5,) * 3, std=(0.25,) * 3),
        output=Output(kind="classes", names=tuple(map(str, range(1000)))),
        origin=Origin(kind="module", text="resnet18"),
    )


def compared(ours, peer, image: torch.Tensor, count: int) -> str:
    """Return both medians and the median of the ratios, in words."""
    units = torch.arange(count)

    def in_turn() -> None:
        for unit in units.tolist():
            peer(image.clone().requires_grad_(), unit)

    def as_copies() -> None:
        peer(image.repeat(count, 1, 1, 1).requires_grad_(), units)

    ours(units[None])
    best = min((in_turn, as_copies), key=lambda way: statistics.median(timed(way) for _ in range(3)))
    pairs = [(timed(lambda: ours(units[None])), timed(best)) for _ in range(PAIRS)]
    mine, other = (statistics.median(column) * 1e3 for column in zip(*pairs, strict=True))
    ratio = statistics.median(theirs / own for own, theirs in pairs)
    return f"ours {mine:.0f} ms, captum ({best.__name__.replace('_', ' ')}) {other:.0f} ms, captum / ours {ratio:.2f}"


def main() -> int:
    """Print one line for each method and number of classes."""
    warnings.simplefilter("ignore")
    print(heading("Saliency of one image of 224 × 224, ResNet-18"))
    net, image = network(), torch.rand(1, 3, 224, 224)
    plain, guided, cam = Saliency(net.module), GuidedBackprop(net.module), LayerGradCam(net.module, net.module.layer4)
    for count in CLASSES:
        for name, ours, peer in (
            ("gradient", gradient, lambda x, t: plain.attribute(x, target=t, abs=False)),
            ("guided backpropagation", guided_backprop, lambda x, t: guided.attribute(x, target=t)),
            ("Grad-CAM", grad_cam, lambda x, t: cam.attribute(x, target=t)),
        ):
            said = compared(lambda units, ours=ours: ours(net, image, units), peer, image, count)
            print(f"{name}, {count} class{'es' if count > 1 else ''}: {said}", flush=True)
    every = timed(lambda: grad_cam(net, image, torch.arange(1000)[None]))
    print(f"Grad-CAM, all 1000 classes: ours {every * 1e3:.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
