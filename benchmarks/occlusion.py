"""Occlusion beside Captum at its best setting and beside the best whole passes, in paired alternating runs.

Ours answers for every class and is timed whole: trace, plan, trial, maps. Captum answers for one class a call and is timed for
one, with the batch that was fastest. The best whole passes are the quicker of the module's own and those through its recorded
calls, with batch normalisation folded and channels last in memory.
Run: make bench, or python benchmarks/occlusion.py [network …]
"""

import argparse
import statistics
import time

import torch
from captum.attr import LayerFeatureAblation, Occlusion
from machine import heading

from striate.blueprint import Blueprint
from striate.blueprint.starter import STARTER_TEXT
from striate.explain import feature_occlusion, occlusion, positions
from striate.explain.cover import starts_of
from striate.explain.occlusion.engine import MOST, Engine
from striate.explain.occlusion.local import local
from striate.explain.occlusion.routes import by_engine
from striate.explain.occlusion.scene import by_phase, scene_of
from striate.nets import Network, Origin, load_network
from striate.records import Output, Preprocessing
from striate.records.occlusion_plan import OcclusionPlan
from striate.trace import trace

PAIRS = 7
BATCHES = (16, 64, 256, 484)
SIDE = 224
# torchvision's name, and how many times quicker than Captum it should be.
TARGETS = {"vgg16": 5.0, "resnet18": 3.0, "resnet50": 2.0, "googlenet": 2.5, "mobilenet_v2": 1.7}
OTHERS = (
    "alexnet", "vgg11_bn", "squeezenet1_1", "densenet121", "inception_v3", "resnext50_32x4d", "wide_resnet50_2",
    "mobilenet_v3_large", "efficientnet_b0", "efficientnet_v2_s", "mnasnet1_0", "shufflenet_v2_x1_0", "regnet_x_400mf",
    "regnet_y_400mf", "convnext_tiny",
)  # fmt: skip
LEAST = 0.95
# Layers whose channels are switched off, early and late.
LAYERS = (("resnet18", "layer1"), ("resnet18", "layer3"), ("vgg16", "features.22"), ("mobilenet_v2", "features.6"))
SEARCHED = (1, 4, 8, 25)
SEARCH_WINDOW = 45
OPTIONS = {
    "googlenet": {"aux_logits": False, "init_weights": False},
    "inception_v3": {"aux_logits": False, "init_weights": False},
}


def timed(work) -> float:
    """Return the seconds one call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def digits() -> None:
    """Print the ratio for the demo's network, which is too small to be planned."""
    print(heading("Occlusion, 7 × 7 square, stride 1, one digit, 22 × 22 positions"))
    network = load_network(Blueprint.from_text(STARTER_TEXT))
    image = torch.rand(1, 1, 28, 28)
    peer = Occlusion(network.module)

    def theirs(batch: int) -> None:
        with torch.no_grad():
            peer.attribute(image, (1, 7, 7), strides=(1, 1, 1), target=0, perturbations_per_eval=batch)

    def ours() -> None:
        occlusion(network, image, window_px=7, stride_px=1)

    ours()
    best = min(BATCHES, key=lambda batch: statistics.median(timed(lambda: theirs(batch)) for _ in range(3)))
    pairs = [(timed(ours), timed(lambda: theirs(best))) for _ in range(PAIRS)]
    ratio = statistics.median(mine / other for mine, other in pairs)
    print(f"ours, 10 classes: {statistics.median(mine for mine, _ in pairs) * 1e3:.0f} ms")
    print(f"captum, 1 class, batch {best}: {statistics.median(other for _, other in pairs) * 1e3:.0f} ms")
    print(f"median ratio ours / captum: {ratio:.2f}")


def random_network(name: str) -> Network:
    """Return one of torchvision's networks with random weights."""
    import torchvision

    torch.manual_seed(0)
    shape = (3, SIDE, SIDE)
    return Network(
        module=getattr(torchvision.models, name)(**OPTIONS.get(name, {})).eval(),
        preprocessing=Preprocessing(shape=shape, mean=(0.5,) * 3, std=(0.25,) * 3),
        output=Output(kind="classes", names=tuple(map(str, range(1000)))),
        origin=Origin(kind="module", text=name),
    )


def beside_captum(name: str, *, window: int, pairs: int) -> None:
    """Print how many times quicker than Captum a network's occlusion is, and what share of what is possible."""
    network = random_network(name)
    image = torch.randn(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    peer = Occlusion(network.module)

    def theirs(batch: int, side: int = window) -> None:
        with torch.no_grad():
            square = (3, side, side)
            peer.attribute(image, square, strides=square, target=0, baselines=0, perturbations_per_eval=batch)

    # With 25 windows, so that the search takes no longer than what is measured.
    theirs(SEARCHED[-1], SEARCH_WINDOW)
    best = min(SEARCHED, key=lambda batch: timed(lambda: theirs(batch, SEARCH_WINDOW)))
    kept: list[OcclusionPlan] = []

    def ours() -> None:
        [seen] = occlusion(network, image, window_px=window, stride_px=window, fill="mean")
        kept[:] = [seen.plan]

    ratios = []
    for turn in range(pairs):
        if turn % 2 == 0:
            mine, other = timed(ours), timed(lambda: theirs(best))
        else:
            other, mine = timed(lambda: theirs(best)), timed(ours)
        ratios.append(other / mine)
    [plan] = kept
    target, ratio = TARGETS.get(name, LEAST), statistics.median(ratios)
    missed = "" if ratio >= target else ", MISSED"
    said = f"{name:20} {plan.route:12} {ratio:5.2f} × captum at batch {best} (target {target:g}{missed})"
    if plan.bound is not None and plan.route == "incremental":
        over = against_whole_passes(network, image, window, pairs)
        said += f"; {over:.2f} × the best whole passes, bound {plan.bound:.2f}: {100 * over / plan.bound:.0f} %"
    print(said, flush=True)


def against_whole_passes(network: Network, image: torch.Tensor, window: int, pairs: int) -> float:
    """Return how many times quicker a window is by boxes than by the quicker of whole passes of 16 with all that helps them."""
    counts = positions(network.input_shape, window, window)
    starts = starts_of(counts, (window, window))
    scene = scene_of(network, image[0], "mean", starts, (window, window))
    order = by_phase(starts)
    at = local(trace(network.module, (1, 3, SIDE, SIDE)).program, network.module, image)
    boxes, whole = (by_engine(network, scene, Engine(at, image, most=most)) for most in (MOST, 0.0))
    few, many = order[:16], order[:49]
    found = []
    with torch.no_grad():
        whole(few[:1]), boxes(many[:1])
        for _ in range(pairs):
            by_boxes, by_passes = timed(lambda: boxes(many)) / len(many), timed(lambda: whole(few)) / len(few)
            by_module = timed(lambda: network.module(scene.images(few))) / len(few)
            found.append(min(by_passes, by_module) / by_boxes)
    return statistics.median(found)


def channels_beside_captum(name: str, layer: str, *, pairs: int) -> None:
    """Print how many times quicker than Captum all channels of a layer are switched off, one after the other."""
    network = random_network(name)
    image = torch.randn(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    module = network.module.get_submodule(layer)
    peer = LayerFeatureAblation(network.module, module)
    shapes: list[torch.Size] = []
    hook = module.register_forward_hook(lambda _module, _inputs, output: shapes.append(output.shape))
    with torch.no_grad():
        network.module(image)
    hook.remove()
    [shape] = shapes
    mask = torch.arange(shape[1]).view(1, -1, *(1,) * (len(shape) - 2)).expand(1, *shape[1:])
    few = torch.where(mask < SEARCHED[-1], mask, SEARCHED[-1])

    def theirs(batch: int, parts: torch.Tensor = mask) -> None:
        with torch.no_grad():
            peer.attribute(image, target=0, layer_mask=parts, perturbations_per_eval=batch)

    def ours() -> None:
        feature_occlusion(network, image, layer=layer)

    ours()
    best = min(SEARCHED, key=lambda batch: timed(lambda: theirs(batch, few)))
    ratios = []
    for turn in range(pairs):
        mine, other = (
            (timed(ours), timed(lambda: theirs(best))) if turn % 2 == 0 else (0.0, timed(lambda: theirs(best)))
        )
        ratios.append(other / (mine or timed(ours)))
    print(
        f"{name:20} {layer:14} {shape[1]:4} channels {statistics.median(ratios):5.2f} × captum at batch {best}",
        flush=True,
    )


def main() -> None:
    """Print the medians of the ratios."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("networks", nargs="*", default=[*TARGETS, *OTHERS])
    asked.add_argument("--window", type=int, default=24, help="side of the window and its stride, px")
    asked.add_argument("--pairs", type=int, default=3)
    given = asked.parse_args()
    if len(given.networks) > 1:
        digits()
    count = -(-(SIDE - given.window) // given.window) + 1
    print(
        heading(
            f"Occlusion, {given.window} px windows side by side on {SIDE} px, {count} × {count} positions, random weights"
        )
    )
    for name in given.networks:
        beside_captum(name, window=given.window, pairs=given.pairs)
    print(heading("Channels of a layer switched off one after the other, all classes; Captum's for one"))
    for name, layer in LAYERS:
        if name in given.networks:
            channels_beside_captum(name, layer, pairs=given.pairs)


if __name__ == "__main__":
    main()
