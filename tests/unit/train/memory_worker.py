"""Trains with an address space that ends a little above what is in use, so that torch's own allocator refuses. Run by test_memory.

python memory_worker.py FOLDER
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import torch
from torch import nn

from striate.data import load_data
from striate.nets import Network, Origin
from striate.records import Output, Preprocessing, Recipe
from striate.train import read_curve, train

SIDE, WIDTH, BATCH = 64, 128, 32  # one map of a batch: 64 MiB


def main(folder):
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(5)
    images = torch.randint(0, 256, (96, SIDE, SIDE), generator=generator).to(torch.uint8)
    data = load_data((images, [index % 2 for index in range(96)]))
    module = nn.Sequential(
        nn.Conv2d(1, WIDTH, 1), nn.Sigmoid(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(WIDTH, 2)
    )
    network = Network(
        module=module,
        preprocessing=Preprocessing(shape=(1, SIDE, SIDE), mean=(0.5,), std=(0.3,)),
        output=Output(kind="classes", names=("0", "1")),
        origin=Origin(kind="module", text="wide"),
    )
    # Whatever loads and allocates once has done so after a training in small steps.
    train(network, data, Recipe(optimizer="sgd", rate=0.01, epochs=1, batch=2), folder + "-first", threads=1)
    with Path("/proc/self/statm").open() as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 120 * 2**20, resource.RLIM_INFINITY))
    made = train(network, data, Recipe(optimizer="sgd", rate=0.01, epochs=1, batch=BATCH), folder, threads=1)
    sys.stdout.write(" ".join(word for _, word in read_curve(made.run).events) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
