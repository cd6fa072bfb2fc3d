"""Striate's `adapt` on a folder of class folders, in a process of its own as its peers run; prints JSON.

Run: PYTHON striate_adapt.py TRAIN TEST --side 128 --budget 30 [--by-folder]
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import torch

from striate.data import batches, load_data
from striate.transfer import adapt

sys.path.insert(0, str(Path(__file__).parents[1]))

from lite import lite


def main() -> None:
    """Adapt, answer the test pictures, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--side", type=int, required=True)
    parser.add_argument("--budget", type=float, required=True)
    parser.add_argument("--by-folder", action="store_true")
    options = parser.parse_args()
    began = time.perf_counter()
    data = load_data(options.train)
    with tempfile.TemporaryDirectory() as place:
        made = adapt(lite(options.side), data, place, budget_s=options.budget, by_folder=options.by_folder)
    seconds = time.perf_counter() - began
    test = load_data(options.test)
    found = []
    with torch.inference_mode():
        for batch in batches(test, tuple(range(len(test))), made.network.preprocessing, batch_size=16):
            found += made.network.module(batch.images).argmax(1).tolist()
    print(json.dumps({
        "version": f"Striate {version('striate')}",
        "seconds": seconds,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "answers": {
            sample.place: made.network.output.names[answer] for sample, answer in zip(test.samples, found, strict=True)
        },
        "note": f"{made.adaptation.chosen}; {made.adaptation.seconds:.0f} s of the {options.budget:.0f} given, "
        f"{len(made.adaptation.candidates)} regimes",
    }))  # fmt: skip


if __name__ == "__main__":
    main()
