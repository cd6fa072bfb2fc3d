"""Growing images: steps a second and channel beside a loop as Lucent writes it, and for how many classes rank 1 is reached.

The peer runs the whole network with a hook at the layer, one image at a time, with the same waves, view and rate of Adam; it
is measured with all weights frozen and not, contiguous and channels last, and its fastest setting is what is compared. Runs
alternate. Ours takes steps with the trace up to the layer at hand: it is made once for all steps, before the timing. Coarse to
fine is ours at 3/7, 5/7 and the whole of the side, one step each, beside the loop at the whole side.
Run: make bench, or python benchmarks/class_images.py [speed | ranks]
"""

import statistics
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from machine import heading
from torch import Tensor

from striate.blueprint import Blueprint
from striate.data import load_data
from striate.events import Task
from striate.explain import ChannelTarget, Prior, UnitTarget, class_images
from striate.explain.growing.ascent import Ascent, climb
from striate.explain.growing.canvas import Waves
from striate.explain.growing.target import SiteRead, site_of, weights_of
from striate.explain.growing.views import random_views, seen
from striate.explain.saliency.scored import Scored
from striate.nets import Network, Origin
from striate.observe import wilson
from striate.records import Output, Preprocessing, Recipe

PAIRS, STEPS, CHANNELS = 3, 3, 8
ONE_VIEW = Prior(views=1)
COARSE = (3 / 7, 5 / 7, 1.0)
LAYERS = {
    "resnet18": ("layer1.0.conv2", "layer2.0.conv1", "layer3.0.conv1", "layer4.1.conv2"),
    "efficientnet_lite0": ("blocks.1.1.conv_pwl", "blocks.2.1.conv_pwl", "blocks.4.2.conv_pwl", "blocks.6.0.conv_pwl"),
}


def timed(work) -> float:
    """Return the seconds one call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def resnet() -> Network:
    """Return torchvision's ResNet-18 with random weights: its speed does not depend on them."""
    from torchvision.models import resnet18

    return Network(
        module=resnet18().eval(),
        preprocessing=Preprocessing(shape=(3, 224, 224), mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)),
        output=Output(kind="classes", names=tuple(map(str, range(1000)))),
        origin=Origin(kind="module", text="resnet18"),
    )


def lite(side: int) -> Network:
    """Return EfficientNet-Lite0 with its published weights."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from pretrained import lite as load

    return load(side)


class Loop:
    """The loop as Lucent writes it: a hook at the layer, the whole network, one channel after the other."""

    def __init__(self, network: Network, layer: str, *, is_mean: bool, is_frozen: bool, is_last: bool) -> None:
        self.network, self.is_mean = network, is_mean
        self.layout = torch.channels_last if is_last else torch.contiguous_format
        self.module = network.module.to(memory_format=self.layout).requires_grad_(not is_frozen)
        self.kept: list[Tensor] = []
        self.module.get_submodule(layer).register_forward_hook(lambda _m, _i, output: self.kept.append(output))

    def run(self, channels: int) -> None:
        """Take some steps for each channel."""
        how = self.network.preprocessing
        mean, std = (torch.tensor(row).view(1, 3, 1, 1) for row in (how.mean, how.std))
        for channel in range(channels):
            generator = torch.Generator().manual_seed(0)
            canvas = Waves(1, self.network.input_shape, how.mean, generator)
            canvas.values.requires_grad_()
            optimizer = torch.optim.Adam([canvas.values], lr=ONE_VIEW.rate)
            for _ in range(STEPS):
                self.kept.clear()
                optimizer.zero_grad()
                shown = seen(canvas.images(), random_views(generator, 1))
                self.module(((shown - mean) / std).contiguous(memory_format=self.layout))
                [value] = self.kept
                middle = value[:, channel, value.shape[2] // 2, value.shape[3] // 2]
                loss = -(value[:, channel].mean() if self.is_mean else middle.mean())
                loss.backward()
                optimizer.step()


def ours(
    network: Network, layer: str, *, is_mean: bool, sides: tuple[float, ...] = (1.0,)
) -> tuple[Callable[[], None], str]:
    """Return our work for the same channels and steps, and the side of its images."""
    scored = Scored(network, torch.zeros((1, *network.input_shape)))
    make = ChannelTarget if is_mean else UnitTarget
    targets = [make(layer=layer, channel=channel) for channel in range(CHANNELS)]
    site = site_of(scored, targets[0])
    goals = torch.stack([weights_of(target, site.channels) for target in targets])
    bare = replace(ONE_VIEW, total_variation=0.0, contrast=0.0, sides=sides)

    def work() -> None:
        task = Task("unit images", total=STEPS * CHANNELS, unit="step")
        ascent = Ascent(network=network, shape=site.shape, prior=bare, steps=STEPS, seed=0, task=task)
        climb(ascent, read, goals)

    read = SiteRead(scored, site)
    return work, f"{site.shape[1]} px"


def speed() -> None:
    """Print the ratio of steps a second and channel for layers of two networks."""
    import copy

    for name, network in (("resnet18", resnet()), ("efficientnet_lite0", lite(224))):
        for layer in LAYERS[name]:
            for is_mean in (False, True):
                settings = [(frozen, last) for frozen in (False, True) for last in (False, True)]
                loops = [
                    Loop(
                        replace(network, module=copy.deepcopy(network.module)),
                        layer,
                        is_mean=is_mean,
                        is_frozen=frozen,
                        is_last=last,
                    )
                    for frozen, last in settings
                ]
                for loop in loops:
                    loop.run(1)
                best = min(loops, key=lambda loop: min(timed(partial(loop.run, 1)) for _ in range(2)))
                work, side = ours(network, layer, is_mean=is_mean)
                what = "channel mean" if is_mean else f"unit ({side})"
                paired(f"{name} {layer}, {what}", work, best)
                if is_mean:
                    work, _ = ours(network, layer, is_mean=True, sides=COARSE)
                    paired(f"{name} {layer}, {what}, coarse to fine", work, best)


def paired(what: str, work: Callable[[], None], best: Loop) -> None:
    """Print steps a second and channel of our work beside the loop's, in turns."""
    work()
    pairs = [(timed(work) / CHANNELS, timed(partial(best.run, 2)) / 2) for _ in range(PAIRS)]
    mine, other = (statistics.median(column) / STEPS * 1e3 for column in zip(*pairs, strict=True))
    ratio = statistics.median(theirs / own for own, theirs in pairs)
    print(
        f"{what}: ours {mine:.1f} ms a step and channel, loop {other:.1f} ms, loop / ours {ratio:.1f}",
        flush=True,
    )


def ranked(name: str, network: Network, targets: list[int], **how: object) -> None:
    """Print for how many classes the image's class has rank 1, with its interval."""
    grown = class_images(network, targets=targets, twins=3 if len(targets) <= 10 else 0, **how)
    first = sum(rank == 1 for rank in grown.rank)
    low, high = wilson(first / len(targets), len(targets))
    print(
        f"{name}: rank 1 for {first} of {len(targets)} classes ({low:.1%} … {high:.1%}), {how['steps']} steps, "
        f"prior at full strength for {sum(rounds == 0 for rounds in grown.rounds)}, "
        f"probability {statistics.median(grown.probability.tolist()):.3f}, "
        f"fine detail {statistics.median(grown.detail.tolist()):.3f}"
        + (
            f", weights drawn anew {statistics.median(grown.twin_detail.tolist()):.3f}"
            if grown.twin is not None
            else ""
        ),
        flush=True,
    )


def ranks() -> None:
    """Print the share of classes with rank 1: a network of digits, and fifty ImageNet classes of EfficientNet-Lite0."""
    import tempfile

    from striate.nets import load_network
    from striate.train import train

    text = "input 1x28x28; conv 3x3 16, batchnorm, relu; maxpool 2; conv 3x3 32, batchnorm, relu; globalavgpool; classes 10"
    for seed in range(3):
        with tempfile.TemporaryDirectory() as folder:
            recipe = Recipe(optimizer="adamw", rate=0.004, epochs=3, batch=50, weight_decay=0.05, seed=seed)
            train(Blueprint.from_text(text), load_data("digits"), recipe, Path(folder) / "run")
            ranked(f"digits, seed {seed}", load_network(Path(folder) / "run"), list(range(10)), steps=150)
    ranked("efficientnet_lite0, 96 px", lite(96), list(range(0, 1000, 20)), steps=48, prior=Prior(views=1))


def main() -> int:
    """Print both parts, or the one named."""
    warnings.simplefilter("ignore")
    print(heading("Growing images, 224 × 224"))
    parts = {"speed": speed, "ranks": ranks}
    for name in sys.argv[1:] or parts:
        parts[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
