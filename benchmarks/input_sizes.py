"""Does it pay to choose an input side that is even, or a power of two? Time for each pixel, paired, on this machine.

Every round times every side once, in turn, so that what else the machine does falls on all alike. A side is held against its
two neighbours at one distance, together, so that what merely grows with the size falls out: 256 against 255 and 257 (odd), and
against 254 and 258 (even). Figures are medians over rounds, with the middle half of them. Run: make bench, or python
benchmarks/input_sizes.py
"""

import statistics
import time

import torch
from machine import heading

from striate.blueprint import Blueprint
from striate.nets import build

BASES = (224, 256)
APART = {"odd": 1, "even": 2}
ROUNDS = 15
BATCH = 2
STACKS = {
    "convolutions of stride 1": "(conv 3x3 32, relu) x3",
    "convolutions of stride 2": "conv 3x3 32 stride 2, relu; conv 3x3 64 stride 2, relu; conv 3x3 128 stride 2, relu",
    "convolutions and poolings": "conv 3x3 32, relu; maxpool 2; conv 3x3 64, relu; maxpool 2; conv 3x3 128, relu; maxpool 2",
}


def seconds(module, images) -> float:
    """Return the seconds of a forward and a backward pass."""
    began = time.perf_counter()
    module(images).sum().backward()
    return time.perf_counter() - began


def main() -> None:
    """Print how much longer neighbouring sides take for each pixel, by stack."""
    print(heading(f"Input sides, forward and backward, batch {BATCH}: time for each pixel beside the middle one"))
    columns = [f"{base - d}, {base + d} ({word}) / {base}" for base in BASES for word, d in APART.items()]
    print(f"{'':<28}" + "".join(f"{column:>26}" for column in columns))
    sides = [base + step for base in BASES for step in (-2, -1, 0, 1, 2)]
    for name, text in STACKS.items():
        module = build(Blueprint.from_text(f"input 3x224x224; {text}; globalavgpool; classes 10"))
        images = {side: torch.rand(BATCH, 3, side, side) for side in sides}
        for pictures in images.values():
            seconds(module, pictures)
        rounds = [{side: seconds(module, images[side]) / side**2 for side in sides} for _ in range(ROUNDS)]
        cells = []
        for base in BASES:
            for apart in APART.values():
                ratios = [(row[base - apart] + row[base + apart]) / (2 * row[base]) for row in rounds]
                low, middle, high = statistics.quantiles(ratios, n=4)
                cells.append(f"{middle:.2f} ({low:.2f} to {high:.2f})")
        print(f"{name:<28}" + "".join(f"{cell:>26}" for cell in cells))


if __name__ == "__main__":
    main()
