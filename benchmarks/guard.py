"""What a guard costs: the demo's network on digits, with and without, in pairs; and its own count of its time.

Run: make bench, or python benchmarks/guard.py [rounds]
"""

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

from machine import heading

from striate.blueprint import Blueprint
from striate.blueprint.starter import STARTER_TEXT
from striate.data import load_data
from striate.train import DIGITS_RECIPE, train

EPOCHS = 3


def trained(plan, digits, guard, seed):
    """Return the processor time of a training, and the rows of its epochs and of its guard."""
    recipe = replace(DIGITS_RECIPE, epochs=EPOCHS, guard=guard, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        began = time.process_time()
        curve = train(plan, digits, recipe, Path(folder) / "run").curve
        spent = time.process_time() - began
    return spent, curve.trained, [row for row in curve.guard if row.epoch]


def main(rounds: int) -> int:
    """Print the ratio of the processor time, pair by pair, and the share the guard counts as its own."""
    print(heading(f"guard watching beside none, starter network, {rounds} rounds of {EPOCHS} epochs"))
    digits, plan = load_data("digits"), Blueprint.from_text(STARTER_TEXT)
    ratios, shares = [], []
    for seed in range(rounds):
        # Which goes first alternates, so that a machine that slows down favours neither.
        ways = ("none", "watch") if seed % 2 else ("watch", "none")
        found = {way: trained(plan, digits, way, seed) for way in ways}
        ratios.append(found["watch"][0] / found["none"][0])
        _, epochs, guard = found["watch"]
        shares.append(sum(row.seconds for row in guard) / sum(row.seconds for row in epochs))
    print(f"processor time of the training: {median(ratios):.3f} × ({min(ratios):.3f} to {max(ratios):.3f})")
    print(
        f"its own count: {100 * median(shares):.1f} % of an epoch ({100 * min(shares):.1f} to {100 * max(shares):.1f})"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
