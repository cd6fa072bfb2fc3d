"""Rare classes: no balance against a weighted loss and balanced sampling, digits with 10 : 1, paired by seed.

Five classes keep 200 training images, five keep 20; which five alternates with the seed. Held out are 50 images of every
class, so that accuracy there is the mean over classes.

Run: make bench, or python benchmarks/imbalance.py [seeds]
"""

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from machine import heading

from striate.blueprint import Blueprint
from striate.blueprint.starter import STARTER_TEXT
from striate.data import batches, load_data
from striate.records import Recipe
from striate.train import DIGITS_RECIPE, train
from striate.train.paired import mean_interval, paired_difference

COMMON, RARE, HELD_OUT = 200, 20, 50
WAYS = ("none", "loss", "sampling")
# The training itself keeps 30 % aside (validation and test).
SHARE = 0.7


def drawn(digits, seed):
    """Return arrays to train on, 10 : 1, and the indices held out."""
    order = np.random.default_rng(seed)
    targets = digits.targets().numpy()
    train_on, held_out = [], []
    for number in range(10):
        own = order.permutation(np.flatnonzero(targets == number))
        size = round((COMMON if number % 2 == seed % 2 else RARE) / SHARE)
        held_out += own[:HELD_OUT].tolist()
        train_on += own[HELD_OUT : HELD_OUT + size].tolist()
    images = np.stack([digits.read(index).numpy() for index in train_on])
    return load_data((images, targets[train_on])), held_out


def right(network, digits, indices):
    """Return for each held-out digit whether it is answered right."""
    with torch.no_grad():
        found = [
            network.module(batch.images).argmax(1) == batch.targets
            for batch in batches(digits, tuple(indices), network.preprocessing, batch_size=250)
        ]
    return torch.cat(found).numpy()


def main(seeds: int) -> int:
    """Print accuracy over all classes and over the rare ones, and the paired difference of each way."""
    print(heading(f"digits, five classes with {COMMON} training images and five with {RARE}, {seeds} seeds"))
    digits = load_data("digits")
    plan = Blueprint.from_text(STARTER_TEXT)
    scores = {way: ([], []) for way in WAYS}
    for seed in range(seeds):
        data, held_out = drawn(digits, seed)
        rare = digits.targets().numpy()[held_out] % 2 != seed % 2
        for way in WAYS:
            recipe: Recipe = replace(DIGITS_RECIPE, balance=way, seed=seed)
            with tempfile.TemporaryDirectory() as folder:
                hits = right(train(plan, data, recipe, Path(folder) / "run").network, digits, held_out)
            scores[way][0].append(100 * hits.mean())
            scores[way][1].append(100 * hits[rare].mean())
    for place, title in enumerate(("all classes", "rare classes")):
        print(title)
        for way in WAYS:
            mean, _ = mean_interval(scores[way][place])
            told = f"  {way:<9} {mean:.1f} %"
            if way != "none":
                by, (low, high) = paired_difference(scores[way][place], scores["none"][place])
                told += f", against none {by:+.2f} points (95 % interval {low:+.2f} to {high:+.2f})"
            print(told, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
