"""Occlusion of all classes beside Captum at its best setting, in paired alternating runs.

Captum answers for one class a call; it is timed for one class, the way that is kindest to it, with the batch that was fastest.
Run: make bench, or python benchmarks/occlusion.py
"""

import statistics
import time

import torch
from captum.attr import Occlusion
from machine import heading

from striate.blueprint import Blueprint
from striate.blueprint.starter import STARTER_TEXT
from striate.explain import occlusion
from striate.nets import load_network

PAIRS = 7
BATCHES = (16, 64, 256, 484)


def timed(work) -> float:
    """Return the seconds one call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """Print the median of the ratios."""
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


if __name__ == "__main__":
    main()
