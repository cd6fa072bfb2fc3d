"""Dense networks beside sliding windows at their best setting, on an image of 896 × 896; and tiles beside the whole.

The windows are the network on each position's crop, batched as was fastest, with the memory format that was fastest, in inference
mode. They are timed on a sample and extrapolated: every window costs the same. Both sides alternate in one run.
Run: make bench, or python benchmarks/dense.py [resnet50 …] for some of the networks alone.
"""

import statistics
import sys
import time
from math import prod

import torch
from machine import heading
from torch import nn

from striate.analyse import cost
from striate.nets.dense import DenseNetwork, dense, plan_tiles, reader_of, tiled_maps
from striate.trace import trace

SIDE, PAIRS = 896, 3
NETWORKS = ("resnet18", "resnet50", "vgg16")
BATCHES = (1, 4, 16)
FORMATS = {"plain": torch.contiguous_format, "channels last": torch.channels_last}


def timed(work) -> float:
    """Return the seconds one call takes."""
    began = time.perf_counter()
    with torch.inference_mode():
        work()
    return time.perf_counter() - began


def dense_macs(wide: DenseNetwork) -> int:
    """Return multiply-accumulates of the maps of one image: the trunk's by its table, the head's by its kernels."""
    recording = wide.trunk.recorded(wide.network, (3, SIDE, SIDE))
    table = cost(recording.graph)
    names = [op.name for op in recording.graph]
    trunk = (
        sum(table.ops[name].macs for name in names[: names.index(wide.trunk.op) + 1])
        // recording.graph.conditions.batch
    )
    positions = prod(wide.positions((SIDE, SIDE)))
    return trunk + positions * sum(p.weight.numel() for p in wide.head.modules() if isinstance(p, nn.Conv2d))


def best_windows(net: nn.Module, crops: torch.Tensor) -> tuple[float, int, str]:
    """Return the fastest seconds a window, its batch and its format."""
    found = []
    for name, layout in FORMATS.items():
        net.to(memory_format=layout)
        for batch in BATCHES:
            some = crops[:batch].contiguous(memory_format=layout)
            timed(lambda some=some: net(some))
            found.append((min(timed(lambda some=some: net(some)) for _ in range(2)) / batch, batch, name))
    net.to(memory_format=torch.contiguous_format)
    return min(found)


def best_maps(wide: DenseNetwork, image: torch.Tensor) -> str:
    """Return the format in which the maps are fastest."""
    found = {}
    for name, layout in FORMATS.items():
        wide.to(memory_format=layout)
        some = image.contiguous(memory_format=layout)
        timed(lambda some=some: wide.maps(some))
        found[name] = timed(lambda some=some: wide.maps(some))
    return min(found, key=found.__getitem__)


def measure(name: str) -> None:
    """Print one network's row."""
    import torchvision

    torch.manual_seed(0)
    net = getattr(torchvision.models, name)(weights=None).eval()
    wide = dense(net, (3, 224, 224))
    image = torch.randn(1, 3, SIDE, SIDE)
    positions = wide.positions((SIDE, SIDE))
    corners = [(32 * (n % positions[0]), 32 * (n * 7 % positions[1])) for n in range(max(BATCHES))]
    crops = torch.cat([image[:, :, top : top + 224, left : left + 224] for top, left in corners])
    _, batch, layout = best_windows(net, crops)
    own = best_maps(wide, image)
    wide.to(memory_format=FORMATS[own])
    image = image.contiguous(memory_format=FORMATS[own])
    net.to(memory_format=FORMATS[layout])
    some = crops[:batch].contiguous(memory_format=FORMATS[layout])
    turns = max(8 // batch, 1)

    def windows() -> None:
        for _ in range(turns):
            net(some)

    pairs = [
        (timed(windows) / (turns * batch) * prod(positions), timed(lambda: wide.maps(image))) for _ in range(PAIRS)
    ]
    ratios = sorted(theirs / ours for theirs, ours in pairs)
    windows_macs = cost(trace(net, (1, 3, 224, 224)).graph).total.macs * prod(positions)
    by_macs = windows_macs / dense_macs(wide)
    ratio = statistics.median(ratios)
    print(
        f"{name}: {prod(positions)} positions; windows {statistics.median(p[0] for p in pairs):.1f} s (batch {batch}, {layout}), "
        f"maps {statistics.median(p[1] for p in pairs):.2f} s ({own}): {ratio:.1f}× ({ratios[0]:.1f} to {ratios[-1]:.1f}); "
        f"MACs {by_macs:.1f}×; {ratio / by_macs:.0%} of it",
        flush=True,
    )


def measure_tiles() -> None:
    """Print what tiles cost beside the whole, and beside the arithmetic of their halo."""
    torch.manual_seed(0)
    wide = dense(_small(), (3, 64, 64))
    side = 2048
    image = torch.randn(1, 3, side, side)
    plan = plan_tiles(wide, (side, side), 512)

    def tiles() -> None:
        for _ in tiled_maps(wide, reader_of(image), plan):
            pass

    tiles()
    timed(lambda: wide.maps(image))
    ratios = sorted(timed(tiles) / timed(lambda: wide.maps(image)) for _ in range(PAIRS))
    ratio = statistics.median(ratios)
    print(
        f"tiles of 512 on {side}×{side}: {ratio:.2f} times the whole ({ratios[0]:.2f} to {ratios[-1]:.2f}), pixels read "
        f"{plan.overhead:.2f} times: {ratio / plan.overhead - 1:+.0%} beside the halo's arithmetic"
    )


def _small() -> nn.Module:
    """Return a VGG of four blocks, whose field is 76 pixels."""
    layers: list[nn.Module] = []
    channels = 3
    for width in (16, 32, 64, 64):
        layers += [nn.Conv2d(channels, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2)]
        channels = width
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * 16, 10)).eval()


def main() -> None:
    """Print all rows."""
    print(heading(f"Maps beside sliding windows, {SIDE}×{SIDE}, stride 32, windows of 224"))
    chosen = [name for name in NETWORKS if name in sys.argv]
    for name in chosen or NETWORKS:
        measure(name)
    if not chosen:
        measure_tiles()


if __name__ == "__main__":
    main()
